// Scales that the packer nudges, against the engine's own proof of windows (a kernel, which shares no code with it):
// what is packed allows started windows of the longest length that divides a kernel row, only channels that broke them
// have another scale, and by no more than was needed.
import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { convLayout } from '../../weights/layout.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { quantizeRows } from '../../weights/quantize.ts';
import { quantizeConv } from '../../weights/windows.ts';
import { KernelBench } from '../support/kernel-builds.ts';

const TILES = { convBlock: 8, denseBlock: 16, kStep: 4 };
const OUT = 16;
const STARTED = 2;
const GROWTH = 1.005;

/** Kernel rows of steps that four divides, and that only three does. */
const SHAPES = [
  { name: 'conv3 of a small network', channels: 16, kernel: 3, window: 4 },
  { name: 'conv1: padded rows of nine steps', channels: 3, kernel: 11, window: 3 },
] as const;

const bench = new KernelBench('relaxed');

/** Whether every block allows started windows. */
function started(values: Int8Array, channels: number, kernel: number, window: number): boolean {
  const packed = convLayout(values, OUT, channels, kernel, TILES);
  const steps = packed.length / OUT / TILES.kStep;
  const blocks = Array.from({ length: OUT / TILES.convBlock }, (_, block) => {
    const bytes = steps * TILES.convBlock * TILES.kStep;
    const weights = bench.put(packed.slice(block * bytes, (block + 1) * bytes));
    const starts = bench.region(32 + (steps / window) * 32);
    return bench.kernels.windowProof(starts, weights, steps, window);
  });
  expect(bench.damagedGuards()).toEqual([]);
  return blocks.every((proof) => (proof & STARTED) !== 0);
}

function quantizedBy(values: Float32Array, scales: Float32Array): Int8Array {
  const columns = values.length / OUT;
  return Int8Array.from(values, (value, i) => Math.round(value / (scales[Math.floor(i / columns)] ?? 0)));
}

/** Small weights, and those of some outputs all nearly as large as their largest. */
function weightsOf(channels: number, kernel: number, crowded: readonly number[]): Float32Array {
  const next = randomNumbers(channels);
  const columns = channels * kernel * kernel;
  return Float32Array.from({ length: OUT * columns }, (_, i) => {
    const sign = next() < 0.5 ? -1 : 1;
    const size = crowded.includes(Math.floor(i / columns)) ? 0.7 + 0.3 * next() : next() ** 6;
    return sign * (i % columns === 0 ? 1 : size);
  });
}

describe.each(SHAPES)('$name', ({ channels, kernel, window }) => {
  const crowded = [3, 12];
  const weights = weightsOf(channels, kernel, crowded);
  const plain = quantizeRows(weights, OUT, 'w');
  const nudged = quantizeConv(weights, OUT, channels, kernel, 'w');

  test('what is packed allows the windows, which plain rounding does not', () => {
    expect(started(plain.values, channels, kernel, window)).toBe(false);
    expect(started(nudged.values, channels, kernel, window)).toBe(true);
  });

  test('only channels that broke them are changed', () => {
    const changed = Array.from(nudged.scales.keys()).filter((o) => nudged.scales[o] !== plain.scales[o]);
    expect(changed).toEqual(crowded);
  });

  test('weights are rounded by the scale that is written', () => {
    expect(nudged.values).toEqual(quantizedBy(weights, nudged.scales));
  });

  test.each(crowded)('one step less of the scale of output %i breaks them', (o) => {
    const scales = nudged.scales.slice();
    scales[o] = (scales[o] ?? 0) / GROWTH;
    expect(started(quantizedBy(weights, scales), channels, kernel, window)).toBe(false);
  });
});

test('rows that no window divides are rounded as ever', () => {
  const [channels, kernel] = [4, 5];
  const weights = weightsOf(channels, kernel, [0, 1, 2]);
  expect(quantizeConv(weights, OUT, channels, kernel, 'w')).toEqual(quantizeRows(weights, OUT, 'w'));
});

test('outputs of zeros alone keep their scale', () => {
  const weights = new Float32Array(OUT * 16 * 9);
  expect(quantizeConv(weights, OUT, 16, 3, 'w')).toEqual(quantizeRows(weights, OUT, 'w'));
});

test('what is not finite is refused, with its place', () => {
  const weights = weightsOf(16, 3, []);
  weights[7] = Number.NaN;
  expect(() => quantizeConv(weights, OUT, 16, 3, 'conv2.weight')).toThrow(OperatorError);
  expect(() => quantizeConv(weights, OUT, 16, 3, 'conv2.weight')).toThrow(/conv2\.weight.*NaN at 7/);
});
