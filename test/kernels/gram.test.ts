// Contract of the Gram kernel against the definition: integers exactly equal, any number of rows, extreme values.
import { describe, expect, test } from 'vitest';
import { dotProducts } from '../../src/engine/gram.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { KERNEL_BUILDS, KernelBench, kernelsModule } from '../support/kernel-builds.ts';

function product(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (const [k, value] of a.entries()) sum += value * (b[k] ?? 0);
  return sum;
}

const VALUES = {
  random: (next: () => number) => Math.floor(next() * 128),
  sparse: (next: () => number) => (next() < 0.9 ? 0 : Math.floor(next() * 128)),
  largest: () => 127,
  zero: () => 0,
};

describe.each(KERNEL_BUILDS)('gramRow, %s build', (build) => {
  const bench = new KernelBench(build);

  test.each([
    [1, 16],
    [3, 32],
    [4, 48],
    [5, 64],
    [9, 4096],
    [7, 131_072],
  ])('%i rows of %i', (rows, bytes) => {
    for (const [name, value] of Object.entries(VALUES)) {
      const next = randomNumbers(rows * 7 + bytes);
      const a = Uint8Array.from({ length: bytes }, () => value(next));
      const b = Array.from({ length: rows }, () => Uint8Array.from({ length: bytes }, () => value(next)));
      const joined = new Uint8Array(rows * bytes);
      b.forEach((row, i) => {
        joined.set(row, i * bytes);
      });
      const target = bench.region(rows * 4);
      bench.kernels.gramRow(target, bench.put(a), bench.put(joined), rows, bytes);
      expect(bench.integers(target, rows), name).toEqual(Int32Array.from(b, (row) => product(a, row)));
      expect(bench.damagedGuards(), name).toEqual([]);
    }
  });
});

test('dotProducts: every pair of two lists', () => {
  const next = randomNumbers(5);
  const list = (count: number) =>
    Array.from({ length: count }, () => Uint8Array.from({ length: 4096 }, () => Math.floor(next() * 128)));
  const [left, right] = [list(3), list(1001)];
  expect(dotProducts(kernelsModule('relaxed'), left, right)).toEqual(
    Int32Array.from(left.flatMap((a) => right.map((b) => product(a, b)))),
  );
});
