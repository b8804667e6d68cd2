// Deviation, entropy and mutual information against the textbook's formulas with Math.log; the change of light against
// plain arithmetic over Box and Muller's numbers of the reference generator; both against what they must be.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colorShift, shifted } from '../../src/classify/relight.ts';
import { spreadOf } from '../../src/classify/spread.ts';
import { IMAGENET_COLORS, PHOTO_COLORS } from '../../src/network/colors.ts';
import { colorCovariance, eigen } from '../../tools/weights/colors.ts';
import { seededReference } from '../reference/xoshiro.ts';

function shares(values: readonly number[]): Float32Array {
  const sum = values.reduce((a, b) => a + b, 0);
  return Float32Array.from(values, (value) => value / sum);
}

describe('spreadOf', () => {
  test('is what the formulas say', () => {
    const sample = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 20 }), (drawn) => {
        const samples = drawn.map(shares);
        const means = [0, 1, 2, 3].map(
          (c) => samples.reduce((sum, p) => sum + (p[c] ?? 0), 0) / samples.length,
        );
        const entropy = (p: ArrayLike<number>) =>
          Array.from(p).reduce((sum, x) => sum - (x === 0 ? 0 : x * Math.log(x)), 0);
        const inner = samples.reduce((sum, p) => sum + entropy(p), 0) / samples.length;
        const spread = spreadOf(samples);
        expect(spread.samples).toBe(samples.length);
        expect(spread.entropy).toBeCloseTo(entropy(means), 9);
        expect(spread.mutualInformation).toBeCloseTo(entropy(means) - inner, 9);
        means.forEach((mean, c) => {
          const variance = samples.reduce((sum, p) => sum + ((p[c] ?? 0) - mean) ** 2, 0) / samples.length;
          expect(spread.deviation[c]).toBeCloseTo(Math.sqrt(variance), 6);
        });
      }),
    );
  });

  test('answers that agree disagree about nothing; those that are sure of different things, about everything', () => {
    const same = spreadOf([Float32Array.of(0.5, 0.5), Float32Array.of(0.5, 0.5)]);
    expect(same.entropy).toBeCloseTo(Math.log(2), 12);
    expect(same.mutualInformation).toBeCloseTo(0, 12);
    const opposite = spreadOf([Float32Array.of(1, 0), Float32Array.of(0, 1)]);
    expect(opposite.mutualInformation).toBeCloseTo(Math.log(2), 12);
    expect(Array.from(opposite.deviation)).toEqual([0.5, 0.5]);
  });
});

describe('relight', () => {
  /** Marsaglia's polar method by angle and radius, with the library's logarithm. */
  function normalsReference(seed: number, stream: number): number[] {
    const random = seededReference(seed, stream);
    const found: number[] = [];
    while (found.length < 3) {
      const x = (random.next().value as number) / 2 ** 31 - 1;
      const y = (random.next().value as number) / 2 ** 31 - 1;
      const radius = Math.hypot(x, y);
      if (radius >= 1 || radius === 0) continue;
      const length = Math.sqrt(-4 * Math.log(radius));
      found.push(length * (x / radius), length * (y / radius));
    }
    return found;
  }

  test.each([PHOTO_COLORS, IMAGENET_COLORS])('shifts are P (a * l) of the seed', (colors) => {
    for (let copy = 0; copy < 20; copy++) {
      const a = normalsReference(7, 65_536 + copy);
      const expected = colors.vectors.map(
        (row) => 255 * row.reduce((sum, p, k) => sum + p * 0.1 * (a[k] ?? 0) * (colors.values[k] ?? 0), 0),
      );
      colorShift(colors, 7, copy).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 9);
      });
    }
  });

  test('shifts vary as the eigenvalues say', () => {
    const along = Array.from({ length: 4000 }, (_, copy) => {
      const shift = colorShift(PHOTO_COLORS, 1, copy);
      return shift.reduce((sum, value, i) => sum + value * (PHOTO_COLORS.vectors[i]?.[0] ?? 0), 0);
    });
    const deviation = Math.sqrt(along.reduce((sum, x) => sum + x * x, 0) / along.length);
    expect(deviation / (255 * 0.1 * PHOTO_COLORS.values[0])).toBeCloseTo(1, 1);
  });

  test('pixels are moved by whole levels and cut', () => {
    const pixels = Uint8Array.of(0, 100, 250, 255, 3, 5);
    expect(Array.from(shifted(pixels, [2.4, -3.5, 7]))).toEqual([2, 97, 255, 255, 0, 12]);
    expect(Array.from(shifted(pixels, [0, 0, 0]))).toEqual(Array.from(pixels));
  });

  test('eigenvectors are those of the covariance', () => {
    const next = seededReference(3, 3);
    const picture = Uint8Array.from({ length: 3000 }, (_, i) => {
      const level = (next.next().value as number) % 200;
      return i % 3 === 0 ? level : level / 2 + ((next.next().value as number) % 50);
    });
    const covariance = colorCovariance([picture]);
    const { values, vectors } = eigen(covariance);
    for (let k = 0; k < 3; k++)
      covariance.forEach((row, i) => {
        const product = row.reduce((sum, x, j) => sum + x * (vectors[j]?.[k] ?? 0), 0);
        expect(product).toBeCloseTo((values[k] ?? 0) * (vectors[i]?.[k] ?? 0), 12);
      });
    expect(values).toEqual([...values].sort((a, b) => b - a));
  });
});
