// One run's figures, as JSON and as text.
import { table } from '../table.ts';
import { barsOf } from './bars.ts';
import type { Machine } from './machine/machine.ts';
import type { ColdFigures, RequestCpu } from './measure/cold.ts';
import type { DecodeRow } from './measure/decode.ts';
import type { DenseRow } from './measure/dense.ts';
import type { Breakdown, LayerRow } from './measure/layers.ts';
import type { FreshRow } from './measure/processes.ts';
import type { ServiceFigures } from './measure/service.ts';
import type { TimingRow } from './race.ts';

export interface TimedRow extends TimingRow {
  detail: string;
  /** Smallest cosine of the logits to ours-node's. */
  cosine: number;
}

export interface Report {
  machine: Machine;
  pictures: string;
  rounds: number;
  peak_gmacs: number;
  /** GB/s of reading as many bytes as the weights have, in order, by a loop that does nothing else. */
  peak_gbytes: number;
  /** All multiply-adds of one picture at the peak. */
  ideal_ms: number;
  rows: TimedRow[];
  layers: LayerRow[];
  breakdown: Omit<Breakdown, 'layers'>;
  batch: { pictures: number; ms: number; one_ms: number; ratio: number };
  /** Dense layers of 1000 classes alone. */
  dense: DenseRow[];
  neighbours?: { threads: number; gbytes: number };
  fresh: FreshRow;
  /** Bytes of the engine's linear memory. */
  engine_bytes: number;
  workerd?: { node_ms: number; workerd_ms: number; ratio: number };
  service?: ServiceFigures;
  /** First answers of fresh Workers. */
  cold?: ColdFigures;
  /** Computing time of a warm request of a 500 x 375 JPEG. */
  request?: RequestCpu;
  /** Linear memories of engine and decoder, heap and buffers. */
  isolate_bytes?: number;
  decode?: DecodeRow[];
}

const KINDS = { single: 'of processors with AVX-VNNI', several: 'of processors without AVX-VNNI' };

const ms = (value: number) => value.toFixed(2);
const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function forwardTable({ rows }: Report): string {
  const [ours] = rows;
  return table(
    ['forward pass', 'min ms', 'median ms', 'x ours, min', 'cpu median', 'x ours, cpu', 'cosine', 'what'],
    rows.map((row) => [
      row.name,
      ms(row.min_ms),
      ms(row.median_ms),
      (row.min_ms / (ours?.min_ms ?? Number.NaN)).toFixed(2),
      ms(row.cpu_median_ms),
      (row.cpu_median_ms / (ours?.cpu_median_ms ?? Number.NaN)).toFixed(2),
      row.cosine.toFixed(5),
      row.detail,
    ]),
  );
}

function layerTable(report: Report): string {
  const { layers, peak_gmacs, ideal_ms, rows, breakdown } = report;
  const lines = layers.map((layer) => [
    layer.name,
    ms(layer.ms),
    ms(layer.median_ms),
    ...(layer.macs === 0
      ? ['', '', '', '', '']
      : [
          layer.gmacs.toFixed(1),
          percent(layer.gmacs / peak_gmacs),
          ms(layer.kernel_ms),
          layer.kernel_gmacs.toFixed(1),
          percent(layer.kernel_gmacs / peak_gmacs),
        ]),
  ]);
  const header = ['layer', 'min ms', 'median', 'GMAC/s', 'of peak', 'kernel ms', 'GMAC/s', 'of peak'];
  const total = rows[0]?.min_ms ?? Number.NaN;
  return (
    `${table(header, lines)}peak ${peak_gmacs.toFixed(1)} GMAC/s; all multiply-adds at the peak ${ms(ideal_ms)} ms; ` +
    `forward pass ${(total / ideal_ms).toFixed(2)} x that\n` +
    `outside of the multiply-add kernels: ${percent(breakdown.other_share)} of a pass (median)\n` +
    `weights read by one pass: ${mb(breakdown.read_bytes)} of ${mb(breakdown.weight_bytes)}, at ` +
    `${report.peak_gbytes.toFixed(1)} GB/s, the measured peak of reading, ${ms(breakdown.read_bytes / report.peak_gbytes / 1e6)} ms\n`
  );
}

function otherLines(report: Report): string {
  const { batch, fresh, service, workerd, cold, request } = report;
  const lines = [
    `batch of ${batch.pictures}: ${ms(batch.ms)} ms, ${batch.ratio.toFixed(2)} x one picture`,
    `first pass of a fresh process: ${ms(fresh.first_cpu_ms)} ms of computing, ${fresh.ratio.toFixed(2)} x the steady ` +
      `${ms(fresh.steady_cpu_ms)} ms; by the wall clock ${ms(fresh.first_ms)} and ${ms(fresh.steady_ms)} ms ` +
      `(medians of ${fresh.processes} processes)`,
  ];
  if (workerd)
    lines.push(
      `workerd against Node, ten passes each, computing time: ${ms(workerd.workerd_ms)} and ${ms(workerd.node_ms)} ms a pass, ` +
        `${workerd.ratio.toFixed(2)} x`,
    );
  if (service) {
    const { width, height, median, min } = service.classify;
    lines.push(
      `POST /v1/classify, ${width} x ${height} JPEG, warm, workerd: median ${ms(median)}, min ${ms(min)} ms`,
    );
  }
  if (cold)
    lines.push(
      `first answer of a fresh Worker: min ${ms(cold.wall.min)}, median ${ms(cold.wall.median)} ms; computing ` +
        `${ms(cold.cpu.min)} ms; the first touches of the model's pages alone ${ms(cold.touch_ms)} ms`,
    );
  if (request)
    lines.push(
      `computing time of a warm request, plain workerd: min ${ms(request.request.min)}, median ` +
        `${ms(request.request.median)} ms; of a pass in turn with it: min ${ms(request.pass.min)}, median ` +
        `${ms(request.pass.median)} ms`,
    );
  if (service?.memory && report.isolate_bytes !== undefined) {
    const { heap_bytes, rss_bytes, empty_rss_bytes } = service.memory;
    lines.push(
      `memory of the isolate: ${mb(report.isolate_bytes)} (engine ${mb(report.engine_bytes)}, heap ${mb(heap_bytes)})`,
      `resident memory of workerd: ${mb(rss_bytes)}, with an empty Worker ${mb(empty_rss_bytes)} ` +
        '(the local R2 simulator lives in it too)',
    );
  }
  return `${lines.join('\n')}\n`;
}

function denseTable(rows: readonly DenseRow[]): string {
  return table(
    ['dense, 1000 classes', 'inputs not zero', 'fc6', 'fc7', 'fc8', 'sum, min ms'],
    rows.map(({ bits, share, layers, ms: sum }) => [
      `${bits} bits`,
      percent(share),
      ...layers.map((layer) => ms(layer)),
      ms(sum),
    ]),
  );
}

function decodeTable(rows: readonly DecodeRow[]): string {
  return table(
    ['decode to 227 x 227', 'ours ms', 'sharp ms', 'ratio', 'allowed'],
    rows.map((row) => [
      row.name,
      ms(row.oursMs),
      ms(row.sharpMs),
      row.ratio.toFixed(2),
      row.allowed.toFixed(2),
    ]),
  );
}

export function reportText(report: Report): string {
  const { machine } = report;
  const kernels = table(
    ['kernel', 'median ms'],
    report.breakdown.kernels.map(({ name, ms: time }) => [name, ms(time)]),
  );
  const bars = table(
    ['bar', 'value', 'wanted', ''],
    barsOf(report).map(({ name, value, bar, met }) => [name, value, bar, met ? 'met' : 'MISSED']),
  );
  const beside = report.neighbours
    ? `, ${report.neighbours.threads} neighbours that read ${report.neighbours.gbytes.toFixed(1)} GB/s`
    : '';
  const flags = machine.flags.length > 0 ? `, flags ${machine.flags.join(' ')}` : '';
  return [
    `${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)}${beside}; Node ${machine.node}, V8 ${machine.v8}${flags}\n` +
      `dot product: ${machine.dot}, bars ${KINDS[machine.kind]}; one thread; ${report.rounds} interleaved rounds; ${report.pictures}\n`,
    forwardTable(report),
    layerTable(report),
    kernels,
    denseTable(report.dense),
    otherLines(report),
    ...(report.decode ? [decodeTable(report.decode)] : []),
    bars,
  ].join('\n');
}
