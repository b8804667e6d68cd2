// Minimum and median of repeated timings. The minimum is what the code needs, the median what a busy machine gave.

export interface Timing {
  min: number;
  median: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

export function timingOf(values: readonly number[]): Timing {
  return { min: Math.min(...values), median: median(values) };
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((value, i) => {
    const other = b[i] ?? Number.NaN;
    dot += value * other;
    aa += value * value;
    bb += other * other;
  });
  return dot / Math.sqrt(aa * bb);
}

export function argmax(values: Float32Array): number {
  return values.indexOf(values.reduce((best, value) => Math.max(best, value), -Infinity));
}
