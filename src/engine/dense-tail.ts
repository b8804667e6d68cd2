// The dense layers at the network's end, for a batch of pictures at once: each weight is read once for all of
// them. Of int8 rows, those of inputs that are zero in every picture are not read at all; 4-bit codes are half the bytes.
import type { DenseLayer } from '../network/layer.ts';
import { elements, type LayerInfo } from '../network/shapes.ts';
import { type Activations, quantizedScale, quantizingFactor } from './activations.ts';
import { prefersSteps } from './conv-kernel.ts';
import type { Kernels } from './kernels.ts';
import type { LinearMemory } from './linear-memory.ts';
import { CODE_LINE, type LayerWeights } from './weights.ts';

/** Weight rows of one kernel call: about a quarter of a millisecond at most, so that V8 can change tiers between. */
const ROWS_PER_CALL = 512;
/** Outputs of one call of the layers of 4 bits. */
const CODE_OUTPUTS_PER_CALL = 128;
/** Scratch that denseCodes asks for. */
const CODE_TILE_BYTES = 2048;
/** denseInputs pads its list to a multiple of eight. */
const LIST_PAD = 7;

export interface DenseRun {
  layer: DenseLayer;
  shapes: LayerInfo;
  /** f32 outputs of one picture. */
  output(picture: number): number;
  /** Takes one picture's input, f32 [inputs] in height, width, channel order. */
  load(picture: number, input: Activations): void;
  /** Computes `pictures` loaded pictures; returns the largest output of each. */
  run(pictures: number): number[];
}

interface DenseSums {
  /** u7 [batch][inputs]; `sums` i32 [batch][outputs]. */
  x: number;
  sums: number;
  inputs: number;
  outputs: number;
  weights: LayerWeights;
  batch: number;
}

/** Sums of int8 rows. Inputs that are zero in every picture are skipped. */
function planRows(
  kernels: Kernels,
  memory: LinearMemory,
  { x, sums, inputs, outputs, weights, batch }: DenseSums,
) {
  const list = memory.reserve((inputs + LIST_PAD) * 4);
  const gathered = memory.reserve(batch * 8);
  return (pictures: number) => {
    const count = kernels.denseInputs(list, x, inputs, pictures);
    memory.bytes(sums, pictures * outputs * 4).fill(0);
    for (let from = 0; from < count; from += ROWS_PER_CALL)
      kernels.denseAccumulate(
        sums,
        x,
        list + from * 4,
        Math.min(ROWS_PER_CALL, count - from),
        gathered,
        weights.weight,
        inputs,
        outputs,
        pictures,
      );
  };
}

/** Sums of 4-bit codes: every weight is read, and looked up once for all pictures. */
function planCodes(kernels: Kernels, memory: LinearMemory, { x, sums, inputs, outputs, weights }: DenseSums) {
  const tile = memory.reserve(CODE_TILE_BYTES);
  const sumUp = prefersSteps(kernels) ? kernels.denseCodesInSteps : kernels.denseCodes;
  return (pictures: number) => {
    for (let from = 0; from < outputs; from += CODE_OUTPUTS_PER_CALL)
      sumUp(
        sums + from * 4,
        x,
        weights.weight + (from * inputs) / 2,
        weights.codebook,
        inputs,
        Math.min(CODE_OUTPUTS_PER_CALL, outputs - from),
        tile,
        pictures,
        outputs,
      );
  };
}

export function planDense(
  kernels: Kernels,
  memory: LinearMemory,
  shapes: LayerInfo,
  layer: DenseLayer,
  weights: LayerWeights,
  paddedOutputs: number,
  batch: number,
): DenseRun {
  const inputs = elements(shapes.input);
  const codes = layer.bits === 4;
  const rowInputs = codes ? Math.ceil(inputs / CODE_LINE.inputs) * CODE_LINE.inputs : inputs;
  const x = memory.reserve(batch * rowInputs);
  const sums = memory.reserve(batch * paddedOutputs * 4);
  const sumUp = (codes ? planCodes : planRows)(kernels, memory, {
    x,
    sums,
    inputs: rowInputs,
    outputs: paddedOutputs,
    weights,
    batch,
  });
  const outputs = memory.reserve(batch * paddedOutputs * 4);
  const scales = new Float32Array(batch);
  const output = (picture: number) => outputs + picture * paddedOutputs * 4;
  return {
    layer,
    shapes,
    output,
    load(picture, input) {
      kernels.quantize(x + picture * rowInputs, input.address, inputs, quantizingFactor(input.max));
      scales[picture] = quantizedScale(input.max);
    },
    run(pictures) {
      sumUp(pictures);
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
