// Windows of 16-bit sums at their bound: weights whose lanes stand exactly where the proof still holds, with the inputs
// that drive each lane to its largest and its smallest sum; and one above it, where the engine must take the next
// smaller window. The reference adds plain integers.
import { describe, expect, test } from 'vitest';
import { convKernel } from '../../src/engine/conv-kernel.ts';
import type { ConvWindow, Kernels } from '../../src/engine/kernels.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { KERNEL_BUILDS, KernelBench } from '../support/kernel-builds.ts';

const ROW_STEPS = 24;
const ROWS = 2;
const STEPS = ROW_STEPS * ROWS;
const LANES = 16;
const PLAIN_BOUND = 258;
const POSITIONS = 5;

const KINDS = [
  { name: 'conv5x8Plain4', window: 4, started: false },
  { name: 'conv5x8Plain3', window: 3, started: false },
  { name: 'conv5x8Started4', window: 4, started: true },
  { name: 'conv5x8Started3', window: 3, started: true },
  { name: 'conv5x8Started2', window: 2, started: true },
] as const;

/** The 2 * window weights of one lane of one window, as indices into a block. */
function laneOf(window: number, number: number, lane: number): number[] {
  return Array.from({ length: 2 * window }, (_, i) => (number * window + (i >> 1)) * 32 + lane * 2 + (i & 1));
}

/** Fills places with weights of one sign that sum up to `total`, large ones first. */
function spread(block: Int8Array, places: number[], total: number, sign: number): void {
  let rest = total;
  for (const place of places) {
    const value = Math.min(127, rest);
    block[place] = sign * value;
    rest -= value;
  }
  if (rest > 0) throw new Error(`expected room for ${total}, ${rest} are left`);
}

/** Every lane of every window exactly at its bound, mixed signs. */
function atTheBound(window: number, started: boolean, next: () => number): Int8Array {
  const block = new Int8Array(STEPS * 32);
  for (let number = 0; number < STEPS / window; number++)
    for (let lane = 0; lane < LANES; lane++) {
      const places = laneOf(window, number, lane).sort(() => next() - 0.5);
      // A weight holds 127 at most: a started window of two steps ends at 4 * 127.
      const total = Math.min(2 * PLAIN_BOUND, 2 * window * 127);
      const positives = started ? Math.floor(next() * 4) : window >= 4 ? 3 : next() < 0.5 ? 3 : 0;
      if (!started) {
        if (window === 4 || positives > 0) spread(block, places.slice(0, 3), PLAIN_BOUND, 1);
        if (window === 4 || positives === 0) spread(block, places.slice(3), PLAIN_BOUND, -1);
        continue;
      }
      const room = positives * 127;
      spread(block, places.slice(0, positives), room, 1);
      spread(block, places.slice(positives), Math.min(total - room, (places.length - positives) * 127), -1);
    }
  return block;
}

/** What the definition says: [plain, started] for windows of this length. */
function slowProof(block: Int8Array, window: number): [boolean, boolean] {
  let plain = true;
  let started = true;
  for (let number = 0; number < STEPS / window; number++)
    for (let lane = 0; lane < LANES; lane++) {
      const weights = laneOf(window, number, lane).map((place) => block[place] ?? 0);
      const high = 127 * weights.reduce((sum, w) => sum + Math.max(0, w), 0);
      const low = 127 * weights.reduce((sum, w) => sum + Math.min(0, w), 0);
      if (high > 32_767 || low < -32_768) plain = false;
      if (high - low > 2 * 127 * PLAIN_BOUND) started = false;
    }
  return [plain, started];
}

/** Inputs that drive: each channel to its largest and smallest sums; all high; random. u7 [ROWS][ROW_STEPS * 4]. */
function* worstInputs(block: Int8Array, next: () => number): Generator<Uint8Array> {
  const inputs = (value: (k: number) => number) => Uint8Array.from({ length: STEPS * 4 }, (_, k) => value(k));
  const weight = (k: number, channel: number) => block[(k >> 2) * 32 + channel * 4 + (k & 3)] ?? 0;
  for (let channel = 0; channel < 8; channel++)
    for (const sign of [1, -1]) yield inputs((k) => (weight(k, channel) * sign > 0 ? 127 : 0));
  yield inputs(() => 127);
  yield inputs(() => Math.floor(next() * 128));
}

function expectedSums(block: Int8Array, x: Uint8Array): number[] {
  return Array.from({ length: 8 }, (_, channel) => {
    let sum = 0;
    for (let k = 0; k < STEPS * 4; k++)
      sum += (x[k] ?? 0) * (block[(k >> 2) * 32 + channel * 4 + (k & 3)] ?? 0);
    return Math.fround(sum);
  });
}

function runKernel(bench: KernelBench, conv: ConvWindow, block: Int8Array, window: number, x: Uint8Array) {
  const weights = bench.put(block);
  const starts = bench.region(32 + (STEPS / window) * 32);
  bench.kernels.windowProof(starts, weights, STEPS, window);
  const scale = bench.put(new Float32Array(8).fill(1));
  const target = bench.region(POSITIONS * 8 * 4);
  // All five positions read the same inputs.
  conv(
    target,
    bench.put(x),
    weights,
    scale,
    bench.put(new Float32Array(8)),
    bench.put(new Float32Array(4)),
    POSITIONS,
    1,
    8,
    ROWS,
    ROW_STEPS * 4,
    ROW_STEPS * 4,
    0,
    0,
    1,
    -Infinity,
    bench.region(POSITIONS * 32),
    starts,
  );
  const values = [...bench.floats(target, POSITIONS * 8)];
  return { values, guards: bench.damagedGuards() };
}

function chosen(bench: KernelBench, block: Int8Array): string | undefined {
  const starts = bench.region(32 + (STEPS / 2) * 32);
  const kernels: Kernels = bench.kernels;
  const kernel = convKernel(kernels, bench.put(block), STEPS, ROW_STEPS, starts);
  expect(bench.damagedGuards()).toEqual([]);
  return Object.entries(kernels).find(([, value]) => value === kernel)?.[0];
}

describe.each(KERNEL_BUILDS)('windows, %s build', (build) => {
  const bench = new KernelBench(build);

  test.each(KINDS)('$name: exact at the bound, for the worst inputs', ({ name, window, started }) => {
    const next = randomNumbers(window);
    for (let round = 0; round < 4; round++) {
      const block = atTheBound(window, started, next);
      expect(slowProof(block, window)[started ? 1 : 0]).toBe(true);
      for (const x of worstInputs(block, next)) {
        const { values, guards } = runKernel(bench, bench.kernels[name], block, window, x);
        const sums = expectedSums(block, x);
        expect(values).toEqual(Array.from({ length: POSITIONS }, () => sums).flat());
        expect(guards).toEqual([]);
      }
    }
  });

  test('the proof is the definition, for weights of every size', () => {
    const next = randomNumbers(99);
    const seen = new Set<number>();
    for (let size = 8; size <= 127; size += 7)
      for (const window of [2, 3, 4]) {
        const block = Int8Array.from({ length: STEPS * 32 }, () => Math.round((2 * next() - 1) * size));
        const starts = bench.region(32 + (STEPS / window) * 32);
        const found = bench.kernels.windowProof(starts, bench.put(block), STEPS, window);
        const [plain, started] = slowProof(block, window);
        expect(found).toBe((plain ? 1 : 0) | (started ? 2 : 0));
        seen.add(found);
        expect(bench.damagedGuards()).toEqual([]);
      }
    expect([...seen].sort()).toEqual([0, 2, 3]);
  });

  test('one above the bound the next smaller window is taken', () => {
    const next = randomNumbers(5);
    const plain = atTheBound(4, false, next);
    expect(chosen(bench, plain)).toBe('conv5x8Plain4');
    const [place = 0] = laneOf(4, 5, 9).filter((i) => (plain[i] ?? 0) > 0 && (plain[i] ?? 0) < 127);
    plain[place] = (plain[place] ?? 0) + 1;
    expect(slowProof(plain, 4)).toEqual([false, false]);
    expect(chosen(bench, plain)).not.toMatch(/4$/);

    const started = atTheBound(4, true, next);
    expect(chosen(bench, started)).toBe('conv5x8Started4');
    const [other = 0] = laneOf(4, 11, 15).filter((i) => Math.abs(started[i] ?? 0) < 127);
    started[other] = (started[other] ?? 0) + ((started[other] ?? 0) < 0 ? -1 : 1);
    expect(slowProof(started, 4)[1]).toBe(false);
    expect(chosen(bench, started)).toMatch(/[23]$/);

    expect(chosen(bench, new Int8Array(STEPS * 32).fill(127))).toBe('conv5x8Started2');
  });
});
