// What the project demands of its own speed, held against one run. Forward passes are compared by their minimum.
import type { Report } from './report.ts';

export interface Bar {
  name: string;
  value: string;
  bar: string;
  met: boolean;
}

/** How many times faster than each peer, by how many instructions the dot product takes. */
const PEER_FACTORS = {
  single: [
    ['ort-web-f32', 7],
    ['ort-web-int8', 5.5],
    ['ort-node-f32', 3.2],
    ['ort-node-int8', 2.2],
  ],
  several: [
    ['ort-web-f32', 4.6],
    ['ort-web-int8', 3.9],
    ['ort-node-f32', 2.5],
    ['ort-node-int8', 1.6],
  ],
} as const;
const WORKERD_FACTOR = { single: 1.1, several: 1.15 };

const UNIT_STRIDE = /^conv[2-5]$/;

export function barsOf(report: Report): Bar[] {
  const bars: Bar[] = [];
  const { kind } = report.machine;
  const add = (name: string, value: number, unit: string, bar: number, least: boolean) =>
    bars.push({
      name,
      value: `${value.toFixed(2)}${unit}`,
      bar: `${least ? 'at least' : 'at most'} ${bar}${unit}`,
      met: least ? value >= bar : value <= bar,
    });
  const min = (name: string) => report.rows.find((row) => row.name === name)?.min_ms;
  const ours = min('ours-node') ?? Number.NaN;
  for (const [peer, factor] of PEER_FACTORS[kind]) {
    const theirs = min(peer);
    if (theirs !== undefined) add(`${peer} / ours-node`, theirs / ours, ' x', factor, true);
  }
  for (const { name, kernel_gmacs } of report.layers)
    if (UNIT_STRIDE.test(name))
      add(`${name}: share of the peak`, (100 * kernel_gmacs) / report.peak_gmacs, ' %', 75, true);
  add('forward pass / (all MACs / peak)', ours / report.ideal_ms, ' x', 1.7, false);
  add('outside of multiply-add', 100 * report.breakdown.other_share, ' %', 15, false);
  add('batch of 8 / one picture', report.batch.ratio, ' x', 7, false);
  add('first pass of a fresh process / steady', report.fresh.ratio, ' x', 2, false);
  if (report.workerd)
    add('ours-workerd / ours-node', report.workerd.ratio, ' x', WORKERD_FACTOR[kind], false);
  if (report.flagged) {
    const flagged = (name: string) => report.flagged?.rows.find((row) => row.name === name)?.min_ms;
    const peer = flagged('ort-web-f32');
    if (peer !== undefined)
      add(
        `${report.flagged.flag}: ort-web-f32 / ours-node`,
        peer / (flagged('ours-node') ?? 0),
        ' x',
        4.6,
        true,
      );
  }
  if (report.service) {
    add('POST /v1/classify, 500 x 375 JPEG, median', report.service.classify.median, ' ms', 40, false);
    if (report.isolate_bytes !== undefined)
      add("isolate's memory, wasm + heap", report.isolate_bytes / 1e6, ' MB', 48, false);
  }
  return bars;
}
