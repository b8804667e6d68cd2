// Contract of the Hamming kernel against counting bits one by one: any number of rows, all bits and none.
import { describe, expect, test } from 'vitest';
import { CodeScanner } from '../../src/engine/hamming.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { KERNEL_BUILDS, KernelBench, kernelsModule } from '../support/kernel-builds.ts';

const BYTES = 32;

function differing(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let i = 0; i < BYTES; i++)
    for (const bit of ((a[i] ?? 0) ^ (b[i] ?? 0)).toString(2)) if (bit === '1') bits++;
  return bits;
}

const VALUES = {
  random: (next: () => number) => Math.floor(next() * 256),
  'all bits': () => 255,
  'no bits': () => 0,
};

describe.each(KERNEL_BUILDS)('hammingRow, %s build', (build) => {
  const bench = new KernelBench(build);

  test.each([1, 2, 3, 17, 1000])('%i rows', (rows) => {
    for (const [name, value] of Object.entries(VALUES)) {
      const next = randomNumbers(rows);
      const code = Uint8Array.from({ length: BYTES }, () => Math.floor(next() * 256));
      const codes = Uint8Array.from({ length: rows * BYTES }, () => value(next));
      const target = bench.region(rows * 4);
      bench.kernels.hammingRow(target, bench.put(code), bench.put(codes), rows);
      const expected = Int32Array.from({ length: rows }, (_, row) =>
        differing(code, codes.subarray(row * BYTES, (row + 1) * BYTES)),
      );
      expect(bench.integers(target, rows), name).toEqual(expected);
      expect(bench.damagedGuards(), name).toEqual([]);
    }
  });

  test('the largest distance', () => {
    const target = bench.region(4);
    const code = bench.put(new Uint8Array(BYTES));
    bench.kernels.hammingRow(target, code, bench.put(new Uint8Array(BYTES).fill(255)), 1);
    expect(bench.integers(target, 1)[0]).toBe(256);
    expect(bench.damagedGuards()).toEqual([]);
  });
});

test('CodeScanner: a call after another, and what it refuses', () => {
  const scanner = new CodeScanner(kernelsModule('relaxed'));
  const code = new Uint8Array(BYTES).fill(1);
  expect(Array.from(scanner.distances(code, new Uint8Array(3 * BYTES)))).toEqual([32, 32, 32]);
  expect(Array.from(scanner.distances(code, code))).toEqual([0]);
  expect(Array.from(scanner.distances(code, new Uint8Array(0)))).toEqual([]);
  expect(() => scanner.distances(code, new Uint8Array(33))).toThrow(/32 bytes/);
  expect(() => scanner.distances(code, new Uint8Array(10_001 * BYTES))).toThrow(/10000 at most/);
});
