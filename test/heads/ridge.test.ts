// Leave-one-out against brute force: the same regression solved again without each photo, by Gaussian elimination.
import { describe, expect, test } from 'vitest';
import { ridgeSteps } from '../../src/heads/ridge.ts';
import { finish } from '../../src/heads/steps.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';

/** x with A x = b, by Gaussian elimination with pivoting. */
function solveDense(a: number[][], b: number[]): number[] {
  const n = b.length;
  const m = a.map((row, i) => [...row, b[i] as number]);
  for (let column = 0; column < n; column++) {
    const pivot = m
      .slice(column)
      .reduce(
        (best, row, i) =>
          Math.abs(row[column] as number) > Math.abs(m[best]?.[column] as number) ? column + i : best,
        column,
      );
    [m[column], m[pivot]] = [m[pivot] as number[], m[column] as number[]];
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = (m[row]?.[column] as number) / (m[column]?.[column] as number);
      for (let k = column; k <= n; k++)
        (m[row] as number[])[k] = (m[row]?.[k] as number) - factor * (m[column]?.[k] as number);
    }
  }
  return m.map((row, i) => (row[n] as number) / (row[i] as number));
}

describe.each([1, 2] as const)('%i views a photo', (views) => {
  test('left-out scores are those of retraining without the photo', () => {
    const next = randomNumbers(views);
    const photos = 12;
    const n = photos * views;
    const x = Array.from({ length: n }, () => Array.from({ length: 8 }, () => next()));
    const g = x.map((a) => x.map((b) => a.reduce((sum, value, k) => sum + value * (b[k] as number), 1)));
    const weights = Float64Array.from({ length: n }, () => 0.5 + next());
    const y = Float64Array.from({ length: n * 2 }, () => (next() < 0.5 ? -1 : 1));
    const lambda = 0.3;
    const { alpha, leftOut } = finish(ridgeSteps(Float64Array.from(g.flat()), weights, y, 2, lambda, views));
    for (let o = 0; o < 2; o++) {
      const alphaOf = (kept: number[]) =>
        solveDense(
          kept.map((i) =>
            kept.map((j) => (g[i]?.[j] as number) + (i === j ? lambda / (weights[i] as number) : 0)),
          ),
          kept.map((i) => y[i * 2 + o] as number),
        );
      const all = Array.from({ length: n }, (_, i) => i);
      alphaOf(all).forEach((value, i) => {
        expect(alpha[i * 2 + o]).toBeCloseTo(value, 9);
      });
      for (let photo = 0; photo < photos; photo++) {
        const kept = all.filter((i) => Math.floor(i / views) !== photo);
        const a = alphaOf(kept);
        const expected = kept.reduce(
          (sum, i, k) => sum + (g[photo * views]?.[i] as number) * (a[k] as number),
          0,
        );
        expect(leftOut[photo * 2 + o]).toBeCloseTo(expected, 8);
      }
    }
  });
});
