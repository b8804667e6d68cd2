// 4-bit quantization: a codebook of 16 signed bytes a layer, f32 scale an output, w = codebook[code] * scale.
// The codebook is the best of one dimension, by dynamic programming over a histogram of the weights, each divided by the
// root mean square of its output (Wang and Song 2011, "Ckmeans.1d.dp"); it is rounded to bytes by the step, searched,
// that errs least; then each output's scale is fitted again by least squares. Layers that are pruned keep an exact 0.
// Layers that hold at most 16 values, as Deep Compression's files do (Han et al. 2016), keep those values as codebook.
import { OperatorError } from './operator-error.ts';

export interface Codes {
  /** 0..15, same order as the input. */
  codes: Uint8Array;
  /** i8 [16], ascending. */
  codebook: Int8Array;
  /** f32, one per row. */
  scales: Float32Array;
}

const ENTRIES = 16;
const LEVELS = 127;
const BINS = 2048;
const ROUNDS = 2;
const STEPS = 160;
/** Largest entry of the codebook that the search tries, from this share of LEVELS up. */
const LEAST_SHARE = 0.6;
/** Share of zeros from which a layer counts as pruned. */
const PRUNED = 0.02;

/** The values of a layer that has at most 16 of them, ascending. */
export function fewValues(values: Float32Array): Float64Array | undefined {
  const found = new Set<number>();
  for (const value of values) {
    found.add(value);
    if (found.size > ENTRIES) return undefined;
  }
  return Float64Array.from(found).sort();
}

interface Weighted {
  center: Float64Array;
  count: Float64Array;
}

function histogram(values: Float32Array, scales: Float64Array, skipZeros: boolean): Weighted {
  const columns = values.length / scales.length;
  let top = 0;
  values.forEach((value, i) => {
    top = Math.max(top, Math.abs(value) / (scales[Math.floor(i / columns)] as number));
  });
  const count = new Float64Array(BINS);
  const sum = new Float64Array(BINS);
  for (let row = 0; row < scales.length; row++)
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const value = (values[i] as number) / (scales[row] as number);
      if (value === 0 && skipZeros) continue;
      const bin = Math.min(BINS - 1, Math.floor(((value / top + 1) / 2) * BINS));
      count[bin] = (count[bin] as number) + 1;
      sum[bin] = (sum[bin] as number) + value;
    }
  const used = [...count.keys()].filter((bin) => count[bin] !== 0);
  return {
    count: Float64Array.from(used, (bin) => count[bin] as number),
    center: Float64Array.from(used, (bin) => (sum[bin] as number) / (count[bin] as number)),
  };
}

function running(values: Float64Array): Float64Array {
  let sum = 0;
  return Float64Array.from([0, ...values], (value) => {
    sum += value;
    return sum;
  });
}

/** The `clusters` centers with the least squared error, ascending, and how many values each stands for. */
export function bestCenters({ center, count }: Weighted, clusters: number): Weighted {
  const size = center.length;
  const n = running(count);
  const s = running(center.map((value, i) => value * (count[i] as number)));
  const q = running(center.map((value, i) => value * value * (count[i] as number)));
  const between = (sums: Float64Array, from: number, to: number) =>
    (sums[to] as number) - (sums[from] as number);
  const cost = (from: number, to: number) =>
    between(q, from, to) - between(s, from, to) ** 2 / Math.max(between(n, from, to), Number.MIN_VALUE);
  let least = Float64Array.from({ length: size + 1 }, (_, to) => (to === 0 ? 0 : cost(0, to)));
  const cuts: Int32Array[] = [];
  for (let cluster = 1; cluster < Math.min(clusters, size); cluster++) {
    const next = new Float64Array(size + 1).fill(Infinity);
    const cut = new Int32Array(size + 1);
    for (let to = cluster + 1; to <= size; to++)
      for (let from = cluster; from < to; from++) {
        const total = (least[from] as number) + cost(from, to);
        if (total < (next[to] as number)) {
          next[to] = total;
          cut[to] = from;
        }
      }
    least = next;
    cuts.push(cut);
  }
  let end = size;
  const ends = [size];
  for (const cut of cuts.reverse()) {
    end = cut[end] as number;
    ends.unshift(end);
  }
  return {
    center: Float64Array.from(
      ends,
      (to, i) => between(s, ends[i - 1] ?? 0, to) / between(n, ends[i - 1] ?? 0, to),
    ),
    count: Float64Array.from(ends, (to, i) => between(n, ends[i - 1] ?? 0, to)),
  };
}

/** Centers as signed bytes times a step, which is searched for the least squared error. */
function roundToBytes({ center, count }: Weighted): { bytes: Int8Array<ArrayBuffer>; step: number } {
  const top = center.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (top === 0) return { bytes: new Int8Array(ENTRIES), step: 1 };
  let best = { error: Infinity, step: 1 };
  for (let i = 0; i < STEPS; i++) {
    const step = top / (LEVELS * (LEAST_SHARE + ((1 - LEAST_SHARE) * i) / (STEPS - 1)));
    const error = center.reduce(
      (sum, value, at) => sum + (count[at] as number) * (Math.round(value / step) * step - value) ** 2,
      0,
    );
    if (error < best.error) best = { error, step };
  }
  const bytes = new Int8Array(ENTRIES).fill(Math.round((center.at(-1) ?? 0) / best.step));
  bytes.set(Array.from(center, (value) => Math.round(value / best.step)));
  return { bytes, step: best.step };
}

/** Code of the nearest entry, by halving: four comparisons. */
function assign(
  codes: Uint8Array,
  values: Float32Array,
  codebook: Int8Array,
  scales: ArrayLike<number>,
): void {
  const columns = values.length / scales.length;
  const middles = Float64Array.from(
    { length: ENTRIES - 1 },
    (_, i) => ((codebook[i] as number) + (codebook[i + 1] as number)) / 2,
  );
  for (let row = 0; row < scales.length; row++) {
    const scale = scales[row] as number;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const value = (values[i] as number) / scale;
      let code = value > (middles[7] as number) ? 8 : 0;
      if (value > (middles[code + 3] as number)) code += 4;
      if (value > (middles[code + 1] as number)) code += 2;
      if (value > (middles[code] as number)) code += 1;
      codes[i] = code;
    }
  }
}

/** The scale of each row with the least squared error for its codes. */
function fittedScales(
  codes: Uint8Array,
  values: Float32Array,
  codebook: Int8Array,
  before: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  const columns = values.length / before.length;
  return before.map((scale, row) => {
    let product = 0;
    let square = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const entry = codebook[codes[i] as number] as number;
      product += (values[i] as number) * entry;
      square += entry * entry;
    }
    return product > 0 ? product / square : scale;
  });
}

/**
 * @param values f32 [rows][columns]
 * @param name for the message when a value is not finite
 */
export function quantizeCodes(values: Float32Array, rows: number, name: string): Codes {
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0)
    throw new OperatorError(`tensor ${name}: expected finite values, found ${values[broken]} at ${broken}`);
  const columns = values.length / rows;
  const codes = new Uint8Array(values.length);
  const few = fewValues(values);
  if (few) {
    const { bytes, step } = roundToBytes({ center: few, count: new Float64Array(few.length).fill(1) });
    const scales = new Float32Array(rows).fill(step);
    assign(codes, values, bytes, scales);
    return { codes, codebook: bytes, scales };
  }
  const zeros = values.reduce((sum, value) => sum + (value === 0 ? 1 : 0), 0);
  const pruned = zeros > PRUNED * values.length;
  let scales = Float64Array.from({ length: rows }, (_, row) => {
    let square = 0;
    let count = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      square += (values[i] as number) ** 2;
      count += values[i] === 0 ? 0 : 1;
    }
    return square > 0 ? Math.sqrt(square / count) : 1;
  });
  let codebook = new Int8Array(ENTRIES);
  for (let round = 0; round < ROUNDS; round++) {
    const found = bestCenters(histogram(values, scales, pruned), pruned ? ENTRIES - 1 : ENTRIES);
    const centers = pruned ? withZero(found, zeros) : found;
    const { bytes, step } = roundToBytes(centers);
    codebook = bytes;
    const stepped = scales.map((scale) => scale * step);
    assign(codes, values, codebook, stepped);
    scales = fittedScales(codes, values, codebook, stepped);
    if (round + 1 < ROUNDS) scales = scales.map((scale) => scale / step);
  }
  return { codes, codebook, scales: Float32Array.from(scales) };
}

function withZero({ center, count }: Weighted, zeros: number): Weighted {
  const at = [...center, Infinity].findIndex((value) => value > 0);
  return {
    center: Float64Array.of(...center.subarray(0, at), 0, ...center.subarray(at)),
    count: Float64Array.of(...count.subarray(0, at), zeros, ...count.subarray(at)),
  };
}
