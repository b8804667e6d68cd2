// softmax: p[i] = exp(x[i] - max) / sum of exp(x[j] - max). exp is computed in f64 by wasm instructions alone, so
// the probabilities are the same bits on every machine.

/**
 * @param target f32 [count]
 * @param x f32 [count], count >= 1
 */
export function softmax(target: usize, x: usize, count: i32): void {
  let max = load<f32>(x);
  for (let i = 1; i < count; i++) max = Mathf.max(max, load<f32>(x + ((<usize>i) << 2)));
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) {
    const e = NativeMath.exp(<f64>(load<f32>(x + ((<usize>i) << 2)) - max));
    sum += e;
    store<f32>(target + ((<usize>i) << 2), <f32>e);
  }
  for (let i = 0; i < count; i++) {
    const at = target + ((<usize>i) << 2);
    store<f32>(at, <f32>(<f64>load<f32>(at) / sum));
  }
}
