// The generator against published numbers and against the same algorithm in 64-bit whole numbers.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Xoshiro128 } from '../../src/random/xoshiro.ts';
import { seededReference, xoshiroReference } from '../reference/xoshiro.ts';

function first(count: number, numbers: Iterator<number>): number[] {
  return Array.from({ length: count }, () => numbers.next().value);
}

test.each([
  ['small words', [1, 2, 3, 4], [11520, 0, 5927040, 70819200]],
  [
    'words of which every bit counts',
    [0x964d4a0c, 0xd40ab895, 0xad7fdecb, 0x3006f0f0],
    [0xf1391922, 0x6fe53806, 0xa5be2840, 0xf510ee70],
  ],
])('published numbers: %s', (_, state, expected) => {
  const random = new Xoshiro128(Uint32Array.from(state));
  expect(expected.map(() => random.next())).toEqual(expected);
  expect(first(expected.length, xoshiroReference(state.map(BigInt)))).toEqual(expected);
});

test('any seed and stream', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (seed, stream) => {
      const random = Xoshiro128.seeded(seed, stream);
      const expected = first(40, seededReference(seed, stream));
      expect(expected.map(() => random.next())).toEqual(expected);
    }),
  );
});

test('fractions lie evenly in 0..1', () => {
  const random = Xoshiro128.seeded(2012);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const tenth = Math.floor(random.fraction() * 10);
    counts[tenth] = (counts[tenth] ?? Number.NaN) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});
