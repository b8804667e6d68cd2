// Contract of the dense kernels over 4-bit codes against the definition: integers exactly equal, for codebooks at
// their extremes, one picture and a batch, whole instruction and steps. The layout comes from the packer.
import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { codeLayout } from '../../weights/layout.ts';
import { KERNEL_BUILDS, KernelBench } from '../support/kernel-builds.ts';

const BOOKS = {
  spread: [-127, -96, -71, -52, -38, -27, -15, 0, 15, 26, 37, 51, 69, 93, 119, 127],
  highest: new Array(16).fill(127),
  lowest: new Array(16).fill(-127),
};
// Fewer than a tile, a tile, and a tile and a line of inputs.
const SIZES = [
  [8, 16],
  [24, 48],
  [128, 16],
  [136, 32],
  [1024, 64],
] as const;
const PICTURES = [1, 2, 5, 16];

describe.each(KERNEL_BUILDS)('dense codes, %s build', (build) => {
  const bench = new KernelBench(build);
  const { kernels } = bench;

  test.each(SIZES)('%i inputs, %i outputs', (inputs, outputs) => {
    const next = randomNumbers(inputs + outputs);
    const codes = Uint8Array.from({ length: inputs * outputs }, () => Math.floor(next() * 16));
    for (const [name, book] of Object.entries(BOOKS))
      for (const pictures of PICTURES) {
        const x = Uint8Array.from({ length: pictures * inputs }, () =>
          name === 'spread' ? (next() < 0.3 ? 0 : Math.floor(next() * 128)) : 127,
        );
        const expected = new Int32Array(pictures * outputs);
        for (let p = 0; p < pictures; p++)
          for (let o = 0; o < outputs; o++) {
            let sum = 0;
            for (let k = 0; k < inputs; k++)
              sum += (x[p * inputs + k] ?? 0) * book[codes[o * inputs + k] ?? 0];
            expected[p * outputs + o] = sum;
          }
        for (const kernel of ['denseCodes', 'denseCodesInSteps'] as const) {
          const sums = bench.region(pictures * outputs * 4);
          kernels[kernel](
            sums,
            bench.put(x),
            bench.put(codeLayout(codes, outputs, inputs, 1, 1)),
            bench.put(Int8Array.from(book)),
            inputs,
            outputs,
            bench.region(2048),
            pictures,
            outputs,
          );
          const label = `${kernel}, ${name}, ${pictures} pictures`;
          expect(bench.integers(sums, pictures * outputs), label).toEqual(expected);
          expect(bench.damagedGuards(), label).toEqual([]);
        }
      }
  });
});
