// Contract of the dense kernels against the definition: integers exactly equal, for any share of zeros and any
// number of pictures.
import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { KERNEL_BUILDS, KernelBench } from '../support/kernel-builds.ts';

const SIZES = [
  [1, 16],
  [7, 16],
  [8, 32],
  [9, 48],
  [100, 4096],
  [1024, 64],
] as const;
const PICTURES = [1, 2, 16];
const ZEROS = { none: 0, half: 0.5, most: 0.95, all: 1 };

describe.each(KERNEL_BUILDS)('dense, %s build', (build) => {
  const bench = new KernelBench(build);
  const { kernels } = bench;

  test.each(SIZES)('%i inputs, %i outputs', (inputs, outputs) => {
    const next = randomNumbers(inputs * 31 + outputs);
    for (const pictures of PICTURES)
      for (const [share, zeros] of Object.entries(ZEROS)) {
        const label = `${pictures} pictures, zeros: ${share}`;
        const x = Uint8Array.from({ length: pictures * inputs }, () =>
          next() < zeros ? 0 : 1 + Math.floor(next() * 127),
        );
        const w = Int8Array.from({ length: inputs * outputs }, () => Math.floor(next() * 255) - 127);
        const expected = new Int32Array(pictures * outputs);
        for (let p = 0; p < pictures; p++)
          for (let k = 0; k < inputs; k++)
            for (let o = 0; o < outputs; o++)
              expected[p * outputs + o] =
                (expected[p * outputs + o] ?? 0) + (x[p * inputs + k] ?? 0) * (w[k * outputs + o] ?? 0);
        const xAt = bench.put(x);
        const wAt = bench.put(w);
        const list = bench.region((inputs + 7) * 4);
        const gathered = bench.region(pictures * 8);
        const sums = bench.put(new Int32Array(pictures * outputs));
        const count = kernels.denseInputs(list, xAt, inputs, pictures);
        const used = new Set<number>();
        x.forEach((value, i) => {
          if (value !== 0) used.add(i % inputs);
        });
        expect(count, label).toBe(Math.ceil(used.size / 8) * 8);
        kernels.denseAccumulate(sums, xAt, list, count, gathered, wAt, inputs, outputs, pictures);
        expect(bench.integers(sums, pictures * outputs), label).toEqual(expected);
        expect(bench.damagedGuards(), label).toEqual([]);
      }
  });

  test('denseFinish scales back in f32, cuts at the floor and returns the maximum', () => {
    const sums = Int32Array.from({ length: 32 }, (_, i) => (i - 16) * 1_234_567);
    const scale = Float32Array.from({ length: 32 }, (_, i) => 0.0001 * (i + 1));
    const bias = Float32Array.from({ length: 32 }, (_, i) => 3 - i);
    for (const floor of [0, -Infinity]) {
      const target = bench.region(128);
      const max = kernels.denseFinish(
        target,
        bench.put(sums),
        bench.put(scale),
        bench.put(bias),
        32,
        Math.fround(0.37),
        floor,
      );
      const expected = Float32Array.from(sums, (sum, i) => {
        const factor = Math.fround((scale[i] ?? 0) * Math.fround(0.37));
        return Math.max(floor, Math.fround(Math.fround(Math.fround(sum) * factor) + (bias[i] ?? 0)));
      });
      expect(bench.floats(target, 32)).toEqual(expected);
      expect(max).toBe(Math.max(0, ...expected));
      expect(bench.damagedGuards()).toEqual([]);
    }
  });
});
