// The k best classes: highest score first, ties by lower index.

/** Indices of the `k` largest scores (all of them for k = 0). */
export function topK(scores: Float32Array, k: number): number[] {
  const order = Array.from(scores.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  return k === 0 ? order : order.slice(0, k);
}
