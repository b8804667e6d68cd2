// Ridge regression in dual form with exact leave-one-out (Rasmussen and Williams 2006, equations 5.10 to 5.12).
//
//   K = G + lambda W^-1,  alpha = K^-1 Y,  f(x) = sum of alpha_i g(x, x_i)
//   what f would say of i, had i been left out: y_i - alpha_i / (K^-1)_ii
//
// W are weights of the examples. Examples of one group (views of one photo) are left out together: then the fraction
// becomes the inverse of the group's block of K^-1, times its alphas. f64, in one fixed order: the same bytes everywhere.
// Done in steps, so that others get their turns in between.
import { Pieces } from './steps.ts';

export interface Ridge {
  /** f64 [examples][outputs] */
  alpha: Float64Array;
  /** f64 [groups][outputs]: of each group's first example, with the group left out. */
  leftOut: Float64Array;
}

/** Row i of the Cholesky factor L, K = L L^T, in the place of K's; the rows above are done. */
function factoriseRow(k: Float64Array, n: number, i: number): void {
  const row = i * n;
  for (let j = 0; j <= i; j++) {
    const other = j * n;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let t = 0;
    for (; t + 4 <= j; t += 4) {
      s0 += (k[row + t] as number) * (k[other + t] as number);
      s1 += (k[row + t + 1] as number) * (k[other + t + 1] as number);
      s2 += (k[row + t + 2] as number) * (k[other + t + 2] as number);
      s3 += (k[row + t + 3] as number) * (k[other + t + 3] as number);
    }
    for (; t < j; t++) s0 += (k[row + t] as number) * (k[other + t] as number);
    const rest = (k[row + j] as number) - (s0 + s1 + (s2 + s3));
    k[row + j] = i === j ? Math.sqrt(rest) : rest / (k[other + j] as number);
  }
}

/** Row i of a triangle's inverse in the place of its own; the rows above are done. @param sums f64 [n], overwritten */
function invertRow(l: Float64Array, n: number, i: number, sums: Float64Array): void {
  const row = i * n;
  sums.fill(0, 0, i);
  for (let k = 0; k < i; k++) {
    const factor = l[row + k] as number;
    const other = k * n;
    for (let j = 0; j <= k; j++) sums[j] = (sums[j] as number) + factor * (l[other + j] as number);
  }
  const inverse = 1 / (l[row + i] as number);
  for (let j = 0; j < i; j++) l[row + j] = -(sums[j] as number) * inverse;
  l[row + i] = inverse;
}

/** Column o of K^-1 Y = M^T (M Y), M the inverse triangle. */
function solveColumn(
  m: Float64Array,
  n: number,
  y: Float64Array,
  outputs: number,
  o: number,
  alpha: Float64Array,
) {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let z = 0;
    for (let j = 0; j <= i; j++) z += (m[row + j] as number) * (y[j * outputs + o] as number);
    for (let j = 0; j <= i; j++)
      alpha[j * outputs + o] = (alpha[j * outputs + o] as number) + (m[row + j] as number) * z;
  }
}

/** (K^-1)_ab for the pairs (i, i) and (i, i + step) of every i. */
function inverseEntries(m: Float64Array, n: number, step: number): Float64Array {
  const entries = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const row = k * n;
    for (let i = 0; i + step <= k; i++)
      entries[i] = (entries[i] as number) + (m[row + i] as number) * (m[row + i + step] as number);
  }
  return entries;
}

/**
 * @param gram f64 [n][n], overwritten; the lower triangle is read
 * @param weights f64 [n], above 0
 * @param y f64 [n][outputs]
 * @param views examples of a group, 1 or 2; groups lie one after the other
 * Yields as steps.ts says.
 */
export function* ridgeSteps(
  gram: Float64Array,
  weights: Float64Array,
  y: Float64Array,
  outputs: number,
  lambda: number,
  views: 1 | 2,
): Generator<number, Ridge, void> {
  const n = weights.length;
  const pieces = new Pieces();
  for (let i = 0; i < n; i++) gram[i * n + i] = (gram[i * n + i] as number) + lambda / (weights[i] as number);
  for (let i = 0; i < n; i++) {
    factoriseRow(gram, n, i);
    yield* pieces.add((i * i) / 2);
  }
  const sums = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    invertRow(gram, n, i, sums);
    yield* pieces.add((i * i) / 2);
  }
  const alpha = new Float64Array(n * outputs);
  for (let o = 0; o < outputs; o++) {
    solveColumn(gram, n, y, outputs, o, alpha);
    yield* pieces.add(n * n);
  }
  const diagonal = inverseEntries(gram, n, 0);
  const pairs = views === 2 ? inverseEntries(gram, n, 1) : undefined;
  const leftOut = new Float64Array((n / views) * outputs);
  for (let group = 0; group < n / views; group++) {
    const i = group * views;
    const a = diagonal[i] as number;
    for (let o = 0; o < outputs; o++) {
      const first = alpha[i * outputs + o] as number;
      let error = first / a;
      if (pairs) {
        const b = pairs[i] as number;
        const d = diagonal[i + 1] as number;
        error = (d * first - b * (alpha[(i + 1) * outputs + o] as number)) / (a * d - b * b);
      }
      leftOut[group * outputs + o] = (y[i * outputs + o] as number) - error;
    }
  }
  return { alpha, leftOut };
}
