// The dense layers at the network's end, for a batch of pictures at once: each weight is read once for all of
// them, and the weights of inputs that are zero in every picture are not read at all.
import type { DenseLayer } from '../network/layer.ts';
import { elements, type LayerShapes } from '../network/shapes.ts';
import { type Activations, quantizedScale, quantizingFactor } from './activations.ts';
import type { Kernels } from './kernels.ts';
import type { LinearMemory } from './linear-memory.ts';
import type { LayerWeights } from './weights.ts';

/** Weight rows of one kernel call: about a quarter of a millisecond at most, so that V8 can change tiers between. */
const ROWS_PER_CALL = 512;
/** denseInputs pads its list to a multiple of eight. */
const LIST_PAD = 7;

export interface DenseRun {
  layer: DenseLayer;
  shapes: LayerShapes;
  /** f32 outputs of one picture. */
  output(picture: number): number;
  /** Takes one picture's input, f32 [inputs] in height, width, channel order. */
  load(picture: number, input: Activations): void;
  /** Computes `pictures` loaded pictures; returns the largest output of each. */
  run(pictures: number): number[];
}

export function planDense(
  kernels: Kernels,
  memory: LinearMemory,
  shapes: LayerShapes,
  layer: DenseLayer,
  weights: LayerWeights,
  paddedOutputs: number,
  batch: number,
): DenseRun {
  const inputs = elements(shapes.input);
  const x = memory.reserve(batch * inputs);
  const list = memory.reserve((inputs + LIST_PAD) * 4);
  const gathered = memory.reserve(batch * 8);
  const sums = memory.reserve(batch * paddedOutputs * 4);
  const outputs = memory.reserve(batch * paddedOutputs * 4);
  const scales = new Float32Array(batch);
  const output = (picture: number) => outputs + picture * paddedOutputs * 4;
  return {
    layer,
    shapes,
    output,
    load(picture, input) {
      kernels.quantize(x + picture * inputs, input.address, inputs, quantizingFactor(input.max));
      scales[picture] = quantizedScale(input.max);
    },
    run(pictures) {
      const count = kernels.denseInputs(list, x, inputs, pictures);
      memory.bytes(sums, pictures * paddedOutputs * 4).fill(0);
      for (let from = 0; from < count; from += ROWS_PER_CALL)
        kernels.denseAccumulate(
          sums,
          x,
          list + from * 4,
          Math.min(ROWS_PER_CALL, count - from),
          gathered,
          weights.weight,
          inputs,
          paddedOutputs,
          pictures,
        );
      const floor = layer.relu ? 0 : -Infinity;
      return Array.from({ length: pictures }, (_, picture) =>
        kernels.denseFinish(
          output(picture),
          sums + picture * paddedOutputs * 4,
          weights.scale,
          weights.bias,
          paddedOutputs,
          scales[picture] ?? 0,
          floor,
        ),
      );
    },
  };
}
