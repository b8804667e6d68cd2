// One forward pass of ours taken apart: every layer, with the time that its multiply-add kernel took, and what all
// kernels together took by name. A layer's time includes the quantisation of its input.
import type { Engine } from '../../../src/engine/engine.ts';
import type { LayerInfo } from '../../../src/network/shapes.ts';
import { median, timingOf } from '../statistics.ts';
import { timedEngine } from './timed-kernels.ts';

/** Kernels that multiply and add; each also scales its sums back, adds the bias and applies ReLU. */
const MULTIPLY_ADD = /^(conv|denseAccumulate|denseCodes)/;

export interface LayerRow {
  name: string;
  /** Minimum and median of the whole layer. */
  ms: number;
  median_ms: number;
  macs: number;
  /** All of its multiply-adds / ms; more than the peak is possible where zero inputs are skipped. */
  gmacs: number;
  /** Minimum of the time within its multiply-add kernel, and the rate there. */
  kernel_ms: number;
  kernel_gmacs: number;
}

export interface Breakdown {
  layers: LayerRow[];
  /** Medians. */
  kernels: { name: string; ms: number }[];
  total_ms: number;
  /** Share of a pass outside of the multiply-add kernels: the median. */
  other_share: number;
  /** Bytes of weights that one pass reads, and of all weights. */
  read_bytes: number;
  weight_bytes: number;
}

/** Milliseconds per layer of one pass, in order. */
function layerTimes(engine: Engine, picture: Uint8Array, after: (layer: LayerInfo) => void): number[] {
  const times: number[] = [];
  let last = performance.now();
  engine.run([picture], (layer) => {
    const now = performance.now();
    times.push(now - last);
    after(layer);
    last = performance.now();
  });
  return times;
}

function column(rows: readonly number[][], index: number): number[] {
  return rows.map((row) => row[index] ?? 0);
}

/** A function that measures one more pass, to be interleaved with other measurements; then the result. */
export async function openBreakdown(engine: Engine, picture: Uint8Array) {
  const { engine: copy, times } = await timedEngine(engine);
  const whole: number[][] = [];
  const kernel: number[][] = [];
  const totals: number[] = [];
  const byName: Map<string, number>[] = [];
  let readBytes = 0;
  const multiplyAdd = () =>
    [...times.ms].reduce((sum, [name, ms]) => (MULTIPLY_ADD.test(name) ? sum + ms : sum), 0);
  const measure = () => {
    whole.push(layerTimes(engine, picture, () => {}));
    times.clear();
    const perLayer: number[] = [];
    let before = 0;
    const start = performance.now();
    layerTimes(copy, picture, () => {
      const now = multiplyAdd();
      perLayer.push(now - before);
      before = now;
    });
    totals.push(performance.now() - start);
    kernel.push(perLayer);
    byName.push(new Map(times.ms));
    readBytes = times.denseBytes;
  };
  for (let i = 0; i < 20; i++) measure();
  for (const samples of [whole, kernel, totals, byName]) samples.length = 0;
  const result = (): Breakdown => {
    const layers = engine.layers.map((shapes, index): LayerRow => {
      const { min: ms, median: median_ms } = timingOf(column(whole, index));
      const kernel_ms = Math.min(...column(kernel, index));
      return {
        name: shapes.layer.name,
        ms,
        median_ms,
        macs: shapes.macs,
        gmacs: shapes.macs / ms / 1e6,
        kernel_ms,
        kernel_gmacs: kernel_ms > 0 ? shapes.macs / kernel_ms / 1e6 : 0,
      };
    });
    const names = [...new Set(byName.flatMap((times) => [...times.keys()]))];
    const others = totals.map((total, i) => 1 - (kernel[i] ?? []).reduce((sum, ms) => sum + ms, 0) / total);
    const convBytes = engine.layers.reduce(
      (sum, { layer, parameters }) => (layer.type === 'conv' ? sum + parameters : sum),
      0,
    );
    return {
      layers,
      kernels: names
        .map((name) => ({ name, ms: median(byName.map((times) => times.get(name) ?? 0)) }))
        .sort((a, b) => b.ms - a.ms),
      total_ms: median(totals),
      other_share: median(others),
      read_bytes: readBytes + convBytes,
      weight_bytes: engine.weightBytes,
    };
  };
  return { measure, result };
}
