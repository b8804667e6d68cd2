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
/** Milliseconds of 1000 classes' dense layers in 4 bits, by the share of inputs that are not zero. */
const DENSE_MS = {
  single: [
    [1, 1.6],
    [0.35, 1.2],
  ],
  several: [
    [1, 2],
    [0.35, 1.5],
  ],
} as const;
const COLD_MS = 80;
/** What a request may take beside its pass: this share of it, and these milliseconds. */
const REQUEST_FACTOR = 1.15;
const REQUEST_MS = 2;
/** The allowance of Workers Free. */
const FREE_PLAN_MS = 10;

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
  // The peak is that of the whole dot product: where it is three instructions, windows are beyond it.
  for (const { name, kernel_gmacs } of report.layers)
    if (kind === 'single' && UNIT_STRIDE.test(name))
      add(`${name}: share of the peak`, (100 * kernel_gmacs) / report.peak_gmacs, ' %', 75, true);
  add('forward pass / (all MACs / peak)', ours / report.ideal_ms, ' x', 1.7, false);
  add('outside of multiply-add', 100 * report.breakdown.other_share, ' %', 15, false);
  add('batch of 8 / one picture', report.batch.ratio, ' x', 7, false);
  for (const [share, bar] of DENSE_MS[kind]) {
    const row = report.dense.find((found) => found.bits === 4 && found.share === share);
    if (row) add(`dense, 1000 classes, 4 bits, ${100 * share} % not zero`, row.ms, ' ms', bar, false);
  }
  add('first pass of a fresh process / steady', report.fresh.ratio, ' x', 2, false);
  if (report.workerd)
    add('ours-workerd / ours-node', report.workerd.ratio, ' x', WORKERD_FACTOR[kind], false);
  if (report.cold) add('first answer of a fresh Worker', report.cold.wall.min, ' ms', COLD_MS, false);
  if (report.request) {
    const { request, pass } = report.request;
    const allowed = REQUEST_FACTOR * pass.median + REQUEST_MS;
    add('computing time of a request, median', request.median, ' ms', Number(allowed.toFixed(2)), false);
    if (kind === 'single')
      add('computing time of a request, Workers Free', request.median, ' ms', FREE_PLAN_MS, false);
  }
  if (report.service) {
    add('POST /v1/classify, 500 x 375 JPEG, median', report.service.classify.median, ' ms', 40, false);
    if (report.isolate_bytes !== undefined)
      add("isolate's memory, wasm + heap", report.isolate_bytes / 1e6, ' MB', 48, false);
  }
  return bars;
}
