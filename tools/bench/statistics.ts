// Repeated timings: by the wall clock and by the thread's own time, minimum and median. On an idle machine all four
// agree; on a busy one the wall clock counts the others too.

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

/** Milliseconds that this thread has computed so far: unlike the wall clock, it stands still while others compute. */
export function cpuNow(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
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
