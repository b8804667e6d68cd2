// The layers before the first dense one: each takes the f32 tensor that the step before left and leaves its own,
// alternating between two buffers. Convolutions quantise their input first and may write over it; normalisation
// works in place; pooling needs the other buffer.
import type { LrnLayer, MaxpoolLayer } from '../network/layer.ts';
import { elements, type LayerInfo, NetworkError } from '../network/shapes.ts';
import type { Activations } from './activations.ts';
import { planConv } from './conv-step.ts';
import type { Kernels } from './kernels.ts';
import type { LinearMemory } from './linear-memory.ts';
import type { LayerWeights } from './weights.ts';

export interface SpatialStep {
  shapes: LayerInfo;
  /** Called whenever the weights have changed. */
  prove?(): void;
  run(input: Activations, buffers: readonly [number, number]): Activations;
}

/** A convolution that reads the step before. */
export function planConvStep(
  kernels: Kernels,
  memory: LinearMemory,
  shapes: LayerInfo,
  weights: LayerWeights,
): SpatialStep {
  if (shapes.layer.type !== 'conv')
    throw new NetworkError(`layer ${shapes.layer.name}: expected a convolution`);
  const conv = planConv(kernels, memory, shapes, shapes.layer, weights);
  return {
    shapes,
    prove: () => conv.prove(),
    run: (input, buffers) => conv.run(conv.planes.fill(kernels, input), buffers[0]),
  };
}

export function planLrnStep(
  kernels: Kernels,
  memory: LinearMemory,
  shapes: LayerInfo,
  layer: LrnLayer,
): SpatialStep {
  if (layer.size !== 5 || layer.beta !== 0.75)
    throw new NetworkError(
      `layer ${layer.name}: expected size 5 and beta 0.75, got ${layer.size} and ${layer.beta}`,
    );
  const { height, width, channels } = shapes.input;
  const alphaOverSize = Math.fround(layer.alpha / layer.size);
  const max = memory.reserve(16);
  return {
    shapes,
    run(input) {
      memory.floats(max, 4).fill(0);
      for (let row = 0; row < height; row++)
        kernels.lrn(input.address + row * width * channels * 4, max, width, channels, alphaOverSize, layer.k);
      return { address: input.address, max: memory.maxOfLanes(max) };
    },
  };
}

export function planMaxpoolStep(
  kernels: Kernels,
  memory: LinearMemory,
  shapes: LayerInfo,
  layer: MaxpoolLayer,
): SpatialStep {
  const { input, output } = shapes;
  const max = memory.reserve(16);
  const sourceRowBytes = input.width * input.channels * 4;
  const targetRowBytes = output.width * output.channels * 4;
  return {
    shapes,
    run(source, buffers) {
      const target = source.address === buffers[0] ? buffers[1] : buffers[0];
      memory.floats(max, 4).fill(0);
      for (let row = 0; row < output.height; row++) {
        const top = row * layer.stride;
        kernels.maxpoolRow(
          target + row * targetRowBytes,
          source.address + top * sourceRowBytes,
          max,
          output.width,
          input.width,
          input.channels,
          Math.min(layer.kernel, input.height - top),
          layer.kernel,
          layer.stride,
        );
      }
      return { address: target, max: memory.maxOfLanes(max) };
    },
  };
}

/** Bytes that one of the two activation buffers needs. */
export function bufferBytes(layers: LayerInfo[]): number {
  return Math.max(...layers.map((shapes) => elements(shapes.output) * 4));
}
