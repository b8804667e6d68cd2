// A convolution of the plan: quantise the input into padded planes, then one kernel call per block of output
// channels. Calls stay short (at most about 10 M multiply-adds), because V8 changes to optimised code only
// between calls.
import type { ConvLayer, Shape } from '../network/layer.ts';
import { type LayerInfo, NetworkError } from '../network/shapes.ts';
import { type Activations, PaddedPlanes } from './activations.ts';
import { convKernel, prefersSteps, SUMS_BYTES, startsBytes } from './conv-kernel.ts';
import { type Conv, type ConvWindow, type Kernels, tilesOf } from './kernels.ts';
import type { LinearMemory } from './linear-memory.ts';
import type { LayerWeights } from './weights.ts';

export interface ConvRun {
  planes: PaddedPlanes;
  /** Chooses each block's kernel by its weights: to be called whenever they have changed. */
  prove(): void;
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
  shapes: LayerInfo,
  layer: ConvLayer,
  weights: LayerWeights,
): ConvRun {
  const { convBlock, kStep } = tilesOf(kernels);
  const { input, output }: { input: Shape; output: Shape } = shapes;
  const groupChannels = input.channels / layer.groups;
  const planes = new PaddedPlanes(memory, input, layer.groups, layer.pad);
  const max = memory.reserve(16);
  const run = runBytes(layer.kernel, groupChannels, kStep);
  const blockBytes = layer.kernel * run * convBlock;
  const blocks = layer.out / convBlock;
  const blocksPerGroup = blocks / layer.groups;
  // With a mean map, ReLU comes after its subtraction.
  const floor = layer.relu && !layer.meanMap ? 0 : -Infinity;
  if (layer.meanMap && (!layer.relu || layer.pad > 0))
    throw new NetworkError(`layer ${layer.name}: expected a ReLU and no padding with a mean map`);
  const windows = prefersSteps(kernels);
  const rowSteps = run / kStep;
  const steps = layer.kernel * rowSteps;
  const sums = memory.reserve(SUMS_BYTES);
  const blockStarts = windows ? startsBytes(steps) : 0;
  const starts = memory.reserve(blocks * blockStarts);
  const chosen: (Conv | ConvWindow)[] = Array.from({ length: blocks }, () => kernels.conv6x8);
  return {
    planes,
    prove() {
      if (!windows) return;
      for (let block = 0; block < blocks; block++)
        chosen[block] = convKernel(
          kernels,
          weights.weight + block * blockBytes,
          steps,
          rowSteps,
          starts + block * blockStarts,
        );
    },
    run(inputScale, target) {
      memory.floats(max, 4).fill(0);
      for (let block = 0; block < blocks; block++) {
        const group = Math.floor(block / blocksPerGroup);
        const conv: ConvWindow = chosen[block] ?? kernels.conv6x8;
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
          sums,
          starts + block * blockStarts,
        );
      }
      if (layer.meanMap) {
        memory.floats(max, 4).fill(0);
        const row = output.width * layer.out;
        for (let at = 0; at < output.height * row; at += row)
          kernels.subtractMap(target + at * 4, weights.map + at * 4, max, row);
      }
      return { address: target, max: memory.maxOfLanes(max) };
    },
  };
}
