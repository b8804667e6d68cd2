// A convolution of the plan: quantise the input into padded planes, then one kernel call per block of output
// channels. Calls stay short (at most about 10 M multiply-adds), because V8 changes to optimised code only
// between calls.
import type { ConvLayer, Shape } from '../network/layer.ts';
import type { LayerShapes } from '../network/shapes.ts';
import { type Activations, PaddedPlanes } from './activations.ts';
import { convTile } from './conv-tile.ts';
import { type Kernels, tilesOf } from './kernels.ts';
import type { LinearMemory } from './linear-memory.ts';
import type { LayerWeights } from './weights.ts';

export interface ConvRun {
  planes: PaddedPlanes;
  /** Runs the convolution over the filled planes; leaves f32 [height][width][out] at `target`. */
  run(inputScale: number, target: number): Activations;
}

/** Bytes of one kernel row of weights or inputs, padded to the dot product's step. */
export function runBytes(kernel: number, groupChannels: number, kStep: number): number {
  return Math.ceil((kernel * groupChannels) / kStep) * kStep;
}

export function planConv(
  kernels: Kernels,
  memory: LinearMemory,
  shapes: LayerShapes,
  layer: ConvLayer,
  weights: LayerWeights,
): ConvRun {
  const { convBlock, kStep } = tilesOf(kernels);
  const { input, output }: { input: Shape; output: Shape } = shapes;
  const groupChannels = input.channels / layer.groups;
  const planes = new PaddedPlanes(memory, input, layer.groups, layer.pad);
  const max = memory.reserve(16);
  const conv = convTile(kernels);
  const run = runBytes(layer.kernel, groupChannels, kStep);
  const blockBytes = layer.kernel * run * convBlock;
  const blocks = layer.out / convBlock;
  const blocksPerGroup = blocks / layer.groups;
  const floor = layer.relu ? 0 : -Infinity;
  return {
    planes,
    run(inputScale, target) {
      memory.floats(max, 4).fill(0);
      for (let block = 0; block < blocks; block++) {
        const group = Math.floor(block / blocksPerGroup);
        conv(
          target + block * convBlock * 4,
          planes.address + group * planes.planeBytes,
          weights.weight + block * blockBytes,
          weights.scale + block * convBlock * 4,
          weights.bias + block * convBlock * 4,
          max,
          output.width,
          output.height,
          layer.out,
          layer.kernel,
          run,
          planes.rowBytes,
          layer.stride * groupChannels,
          layer.stride * planes.rowBytes,
          inputScale,
          floor,
        );
      }
      return { address: target, max: memory.largest(max) };
    },
  };
}
