// A linear unit on activations of length 1: w . x / |x| * scale + bias, in f64 and in order, so that it is the same
// number everywhere.

/** 1 / |x|; 0 for zeros. Summed in order, in f64. */
export function inverseLength(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] as number) * (x[i] as number);
  return sum > 0 ? 1 / Math.sqrt(sum) : 0;
}

/** w . x / |x| * scale + bias; zeros of x cost nothing but their test. */
export function linear(
  weight: Int8Array,
  row: number,
  x: Float32Array,
  inverse: number,
  scale: number,
  bias: number,
): number {
  const from = row * x.length;
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const value = x[i] as number;
    if (value !== 0) sum += value * (weight[from + i] as number);
  }
  return sum * inverse * scale + bias;
}
