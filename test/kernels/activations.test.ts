// Contracts of the kernels that are not multiply-add: normalisation, pooling, quantisation, pixels, softmax.
import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { KERNEL_BUILDS, KernelBench } from '../support/kernel-builds.ts';

function randomFloats(count: number, high: number, seed: number): Float32Array {
  const next = randomNumbers(seed);
  return Float32Array.from({ length: count }, () => (next() < 0.3 ? 0 : next() * high));
}

describe.each(KERNEL_BUILDS)('activations, %s build', (build) => {
  const bench = new KernelBench(build);
  const { kernels } = bench;

  test.each([
    [1, 4, 1],
    [1, 8, 2],
    [3, 96, 1],
    [7, 256, 2],
  ])('lrn: %i positions, %i channels, k = %i', (positions, channels, k) => {
    const x = randomFloats(positions * channels, 300, channels);
    const at = bench.put(x);
    const max = bench.put(new Float32Array(4));
    const alpha = 1e-4;
    kernels.lrn(at, max, positions, channels, Math.fround(alpha / 5), k);
    const y = bench.floats(at, x.length);
    for (let p = 0; p < positions; p++)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let n = Math.max(0, c - 2); n <= Math.min(channels - 1, c + 2); n++)
          sum += (x[p * channels + n] ?? 0) ** 2;
        const expected = (x[p * channels + c] ?? 0) * (k + (alpha / 5) * sum) ** -0.75;
        expect(y[p * channels + c]).toBeCloseTo(expected, 4);
        expect(Math.abs((y[p * channels + c] ?? 0) - expected)).toBeLessThanOrEqual(expected * 1e-6);
      }
    expect(Math.max(...bench.floats(max, 4))).toBe(Math.max(...y));
    expect(bench.damagedGuards()).toEqual([]);
  });

  test.each([
    { width: 3, channels: 4, kernel: 3, stride: 2, rows: 3, outWidth: 1 },
    { width: 13, channels: 16, kernel: 3, stride: 2, rows: 3, outWidth: 6 },
    { width: 14, channels: 8, kernel: 3, stride: 2, rows: 2, outWidth: 7 },
    { width: 8, channels: 4, kernel: 2, stride: 2, rows: 1, outWidth: 4 },
  ])('maxpool row: $width wide, kernel $kernel, $rows rows', (shape) => {
    const { width, channels, kernel, stride, rows, outWidth } = shape;
    const x = randomFloats(width * rows * channels, 9, width);
    const target = bench.region(outWidth * channels * 4);
    const max = bench.put(new Float32Array(4));
    kernels.maxpoolRow(target, bench.put(x), max, outWidth, width, channels, rows, kernel, stride);
    const expected = Float32Array.from({ length: outWidth * channels }, (_, i) => {
      const left = Math.floor(i / channels) * stride;
      let best = -Infinity;
      for (let y = 0; y < rows; y++)
        for (let xx = left; xx < Math.min(width, left + kernel); xx++)
          best = Math.max(best, x[(y * width + xx) * channels + (i % channels)] ?? 0);
      return best;
    });
    expect(bench.floats(target, outWidth * channels)).toEqual(expected);
    expect(Math.max(...bench.floats(max, 4))).toBe(Math.max(...expected));
    expect(bench.damagedGuards()).toEqual([]);
  });

  test.each([4, 12, 16, 20, 1000])('quantize: %i values, round half to even, top is 127', (count) => {
    const x = randomFloats(count, 6, count);
    const largest = Math.max(...x) || 1;
    const inverse = Math.fround(127 / largest);
    const target = bench.region(count);
    kernels.quantize(target, bench.put(x), count, inverse);
    const expected = Uint8Array.from(x, (value) => {
      const scaled = Math.fround(value * inverse);
      const floor = Math.floor(scaled);
      const rest = scaled - floor;
      return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
    });
    expect(bench.bytes(target, count)).toEqual(expected);
    expect(Math.max(...expected)).toBe(127);
    expect(bench.damagedGuards()).toEqual([]);
  });

  test('quantize: ties go to the even number', () => {
    const target = bench.region(4);
    kernels.quantize(target, bench.put(Float32Array.of(0.5, 1.5, 2.5, 126.5)), 4, 1);
    expect([...bench.bytes(target, 4)]).toEqual([0, 2, 2, 126]);
    expect(bench.damagedGuards()).toEqual([]);
  });

  test.each([1, 2])('quantizeRow: %i groups go to their planes', (groups) => {
    const width = 3;
    const groupChannels = 4;
    const plane = 64;
    const x = Float32Array.from({ length: width * groupChannels * groups }, (_, i) => i);
    const target = bench.put(new Uint8Array(plane * groups));
    kernels.quantizeRow(target, bench.put(x), width, groupChannels, groups, plane, 1);
    const expected = new Uint8Array(plane * groups);
    for (let i = 0; i < x.length; i++) {
      const pixel = Math.floor(i / (groupChannels * groups));
      const channel = i % (groupChannels * groups);
      const group = Math.floor(channel / groupChannels);
      expected[group * plane + pixel * groupChannels + (channel % groupChannels)] = i;
    }
    expect(bench.bytes(target, plane * groups)).toEqual(expected);
    expect(bench.damagedGuards()).toEqual([]);
  });

  test.each([1, 15, 16, 17, 300])('pixels: %i bytes', (count) => {
    const x = Uint8Array.from({ length: count }, (_, i) => (i * 37) % 256);
    const target = bench.region(count);
    kernels.pixels(target, bench.put(x), count);
    expect(bench.bytes(target, count)).toEqual(x.map((value) => Math.min(127, (value + 1) >> 1)));
    expect(bench.damagedGuards()).toEqual([]);
  });

  test.each([
    ['one class', [3]],
    ['ten classes', [1, -2, 0.5, 9, 9, -30, 2, 2, 2, 4]],
    ['large logits', [1000, 999, -1000]],
  ])('softmax: %s', (_, logits) => {
    const target = bench.region(logits.length * 4);
    kernels.softmax(target, bench.put(Float32Array.from(logits)), logits.length);
    const top = Math.max(...logits);
    const exps = logits.map((logit) => Math.exp(logit - top));
    const sum = exps.reduce((a, b) => a + b);
    bench.floats(target, logits.length).forEach((value, i) => {
      expect(value).toBeCloseTo((exps[i] ?? 0) / sum, 6);
    });
    expect(bench.damagedGuards()).toEqual([]);
  });

  test('the module imports nothing and the probe knows its instruction', () => {
    const known = build.startsWith('simd128') ? [0] : [129_540, -508, 65_534];
    expect(known).toContain(kernels.dotProbe());
  });
});
