// Contract of the convolution kernels, through the plan step that feeds them (padded planes, blocks, groups), against
// the definition: integers exactly equal, and the running maximum.
import { describe, expect, test } from 'vitest';
import { planConv } from '../../src/engine/conv-step.ts';
import { instantiateKernels, tilesOf } from '../../src/engine/kernels.ts';
import { LinearMemory } from '../../src/engine/linear-memory.ts';
import { inferShapes } from '../../src/network/shapes.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { convLayout } from '../../weights/layout.ts';
import { type ConvCase, convSums } from '../reference/conv.ts';
import { KERNEL_BUILDS, kernelsModule } from '../support/kernel-builds.ts';

const base: ConvCase = {
  height: 5,
  width: 5,
  channels: 8,
  kernel: 3,
  stride: 1,
  pad: 1,
  groups: 1,
  out: 8,
};
// Positions 1, tile - 1, tile, tile + 1 for both tiles; runs that are no multiple of 4; strides; groups; real layers.
const CASES: ConvCase[] = [
  { ...base, height: 3, width: 3, pad: 0 },
  { ...base, height: 3, width: 5, pad: 0 },
  { ...base, height: 3, width: 6, pad: 0 },
  { ...base, height: 3, width: 7, pad: 0 },
  { ...base, height: 3, width: 8, pad: 0 },
  { ...base, height: 3, width: 9, pad: 0 },
  { ...base, height: 1, width: 1, kernel: 1, pad: 0 },
  { ...base, channels: 3, kernel: 5, height: 9, width: 8, pad: 2, out: 16 },
  { ...base, channels: 16, groups: 2, out: 32, stride: 2, height: 7, width: 9 },
  { ...base, channels: 3, kernel: 11, stride: 4, pad: 0, height: 31, width: 35, out: 16 },
  { ...base, channels: 96, groups: 2, kernel: 5, pad: 2, height: 7, width: 7, out: 16 },
  { ...base, channels: 256, out: 16, height: 6, width: 6 },
  { ...base, channels: 24, height: 6, width: 7, out: 16 },
];

const FILLS = {
  random: (next: () => number) => ({
    x: () => Math.floor(next() * 128),
    w: () => Math.floor(next() * 255) - 127,
  }),
  // Small enough for plain windows of four.
  small: (next: () => number) => ({
    x: () => Math.floor(next() * 128),
    w: () => Math.floor(next() * 65) - 32,
  }),
  zero: () => ({ x: () => 0, w: () => 127 }),
  highest: () => ({ x: () => 127, w: () => 127 }),
  lowest: () => ({ x: () => 127, w: () => -127 }),
};

/** Runs one case through planConv; returns f32 outputs, the maximum, and bytes changed outside the output. */
function run(
  build: string,
  tile: 'conv6x8' | 'windows',
  shape: ConvCase,
  x: number[],
  w: Int8Array,
  relu: boolean,
) {
  const kernels = { ...instantiateKernels(kernelsModule(build)) };
  // Both kinds of kernel run on every machine, whatever the probe says.
  const chosen = { ...kernels, dotProbe: () => (tile === 'conv6x8' ? 129_540 : 65_534) };
  const memory = new LinearMemory(kernels.memory, kernels.heapBase());
  const { height, width, channels, kernel, stride, pad, groups, out } = shape;
  const layer = { type: 'conv' as const, name: 'c', kernel, stride, pad, groups, out, relu };
  const input = { height, width, channels };
  const outHeight = Math.floor((height + 2 * pad - kernel) / stride) + 1;
  const outWidth = Math.floor((width + 2 * pad - kernel) / stride) + 1;
  const output = { height: outHeight, width: outWidth, channels: out };
  const packed = convLayout(w, out, channels / groups, kernel, tilesOf(kernels));
  const weight = memory.reserve(packed.length);
  const scale = memory.reserve(out * 4);
  const bias = memory.reserve(out * 4);
  const conv = planConv(chosen, memory, { layer, input, output, macs: 0, parameters: 0 }, layer, {
    weight,
    codebook: 0,
    map: 0,
    scale,
    bias,
  });
  const source = memory.reserve(x.length * 4);
  const before = memory.reserve(64);
  const target = memory.reserve(outHeight * outWidth * out * 4);
  const after = memory.reserve(64);
  memory.commit();
  memory.bytes(weight, packed.length).set(new Uint8Array(packed.buffer));
  memory.floats(scale, out).fill(1);
  memory.bytes(before, 64).fill(0xa5);
  memory.bytes(after, 64).fill(0xa5);
  // With the maximum 127 the quantisation factor is 1: the u7 values are the numbers themselves.
  memory.floats(source, x.length).set(x);
  if (channels % 4 === 0) conv.planes.fill(kernels, { address: source, max: 127 });
  else {
    // Pixels: u8 values whose u7 form is the number.
    memory.bytes(source, x.length).set(x.map((value) => value * 2));
    conv.planes.fillPixels(kernels, source);
  }
  conv.prove();
  const { max } = conv.run(1, target);
  const guards = [...memory.bytes(before, 64), ...memory.bytes(after, 64)].filter((byte) => byte !== 0xa5);
  return { values: [...memory.floats(target, outHeight * outWidth * out)], max, guards: guards.length };
}

describe.each(KERNEL_BUILDS)('convolution, %s build', (build) => {
  describe.each(['conv6x8', 'windows'] as const)('%s', (tile) => {
    test.each(CASES)(
      '$height x $width x $channels, kernel $kernel, stride $stride, groups $groups',
      (shape) => {
        for (const [name, fill] of Object.entries(FILLS)) {
          const { x: nextX, w: nextW } = fill(randomNumbers(7));
          const x = Array.from({ length: shape.height * shape.width * shape.channels }, nextX);
          const w = Int8Array.from(
            { length: (shape.out * shape.channels * shape.kernel ** 2) / shape.groups },
            nextW,
          );
          const sums = convSums(x, w, shape).map(Math.fround);
          const relu = name !== 'lowest';
          const result = run(build, tile, shape, x, w, relu);
          expect(result.values, name).toEqual(relu ? sums.map((sum) => Math.max(0, sum)) : sums);
          expect(result.max, name).toBe(Math.max(0, ...sums));
          expect(result.guards, name).toBe(0);
        }
      },
    );
  });
});

test('a kernel output is max(floor, sum * (scale * inputScale) + bias) in f32', () => {
  const network = {
    input: { size: 4, channels: 3 as const },
    layers: [
      { type: 'conv' as const, name: 'c', kernel: 1, stride: 1, pad: 0, groups: 1, out: 8, relu: false },
    ],
  };
  const [shapes] = inferShapes(network);
  if (shapes?.layer.type !== 'conv') throw new Error('expected a convolution');
  const kernels = instantiateKernels(kernelsModule('relaxed'));
  const memory = new LinearMemory(kernels.memory, kernels.heapBase());
  const places = {
    weight: memory.reserve(64),
    codebook: 0,
    map: 0,
    scale: memory.reserve(64),
    bias: memory.reserve(64),
  };
  const conv = planConv(kernels, memory, shapes, shapes.layer, places);
  const picture = memory.reserve(48);
  const target = memory.reserve(16 * 8 * 4);
  memory.commit();
  const packed = convLayout(
    Int8Array.from({ length: 24 }, (_, i) => i * 5 - 60),
    8,
    3,
    1,
    tilesOf(kernels),
  );
  memory.bytes(places.weight, packed.length).set(new Uint8Array(packed.buffer));
  const scales = Float32Array.from({ length: 8 }, (_, i) => 0.001 * (i + 1));
  const biases = Float32Array.from({ length: 8 }, (_, i) => i - 3.7);
  memory.floats(places.scale, 8).set(scales);
  memory.floats(places.bias, 8).set(biases);
  memory.bytes(picture, 48).set(Array.from({ length: 48 }, (_, i) => i * 5));
  conv.planes.fillPixels(kernels, picture);
  conv.run(2, target);
  const inputScale = 2;
  for (let p = 0; p < 16; p++)
    for (let o = 0; o < 8; o++) {
      let sum = 0;
      for (let c = 0; c < 3; c++) sum += Math.min(127, ((p * 3 + c) * 5 + 1) >> 1) * ((o * 3 + c) * 5 - 60);
      const scale = Math.fround((scales[o] ?? 0) * inputScale);
      const expected = Math.fround(Math.fround(sum * scale) + (biases[o] ?? 0));
      expect(memory.floats(target, 128)[p * 8 + o]).toBe(expected);
    }
});
