// A row of weights as signed 8 bits: scale = max |w| / 127 in f32, q = floor(w / scale + 1/2).

const LEVELS = 127;

/** Writes i8 [weights.length] at `from`; returns the f32 scale. */
export function quantizeRow(weights: Float64Array, target: Int8Array, from: number): number {
  let max = 0;
  for (const weight of weights) max = Math.max(max, Math.abs(weight));
  const scale = Math.fround(max > 0 ? max / LEVELS : 1);
  for (let i = 0; i < weights.length; i++)
    target[from + i] = Math.max(-LEVELS, Math.min(LEVELS, Math.floor((weights[i] as number) / scale + 0.5)));
  return scale;
}
