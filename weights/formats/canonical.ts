// From a file's layout to the canonical one of FloatModel, while reading and in bounded memory:
//   convolution  OIHW (Caffe, ONNX, PyTorch, Paddle)      -> as it is
//                HWIO (TensorFlow, the npy dictionaries)  -> (out, in/groups, kh, kw)
//   dense        (out, in)                                -> as it is
//                (in, out)                                -> transposed
//                in = H,W,C                               -> in = C,H,W
//   first convolution trained on BGR                      -> its input channels swapped

import type { Shape } from '../../src/network/layer.ts';
import type { FloatTensor } from '../float-model.ts';
import { OperatorError } from '../operator-error.ts';
import { requireFinite } from './element-type.ts';
import { elementCount, type StoredTensor, shapeText } from './stored-tensor.ts';

/** Columns that one step of the transposition reads: 64 rows of the file, 256 contiguous bytes written. */
const BLOCK_COLUMNS = 64;

/** The stored values in the order of `axes`: axis i of the result is axis axes[i] of the file. Finite. */
export function permuted(stored: StoredTensor, axes: number[]): FloatTensor {
  requireRank(stored, axes.length);
  const shape = axes.map((axis) => stored.shape[axis] as number);
  const strides = fileStrides(stored);
  const steps = axes.map((axis) => strides[axis] as number);
  return tensor(stored.name, shape, () => {
    const count = elementCount(stored.name, shape);
    const values = stored.elements(0, count);
    return isRowMajor(shape, steps) ? values : gather(values, shape, steps);
  });
}

/** The stored values under another shape of as many elements: legacy dimensions, biases with leading ones. */
export function reshaped(stored: StoredTensor, shape: number[]): StoredTensor {
  if (elementCount(stored.name, shape) !== elementCount(stored.name, stored.shape))
    throw new OperatorError(`${stored.name}: expected ${shapeText(shape)}, found ${shapeText(stored.shape)}`);
  return { ...stored, shape };
}

/**
 * A dense layer's weights as (out, in). `order` is the file's order of the two axes; `flattened`, when
 * given, says that the file's inputs are a flattened H,W,C activation, which become C,H,W.
 */
export function denseWeight(
  stored: StoredTensor,
  order: 'out-in' | 'in-out',
  flattened?: Shape,
): FloatTensor {
  requireRank(stored, 2);
  const [outputs, inputs] = (order === 'out-in' ? stored.shape : stored.shape.toReversed()) as [
    number,
    number,
  ];
  if (flattened && flattened.height * flattened.width * flattened.channels !== inputs)
    throw new OperatorError(
      `${stored.name}: expected ${flattened.height}x${flattened.width}x${flattened.channels} inputs, found ${inputs}`,
    );
  const fileColumn = flattened ? hwcIndex(flattened) : (column: number) => column;
  const rowsInFile = (order === 'out-in') !== stored.fortran;
  return tensor(stored.name, [outputs, inputs], () => {
    if (!rowsInFile) return transposed(stored, outputs, inputs, fileColumn);
    const values = stored.elements(0, outputs * inputs);
    if (flattened) permuteRows(values, inputs, fileColumn);
    return values;
  });
}

/** Weights of a first convolution (out, 3, kh, kw) with the input channels in reverse order. */
export function swapInputChannels(weight: FloatTensor): FloatTensor {
  const [outputs, channels, height, width] = weight.shape as [number, number, number, number];
  const plane = height * width;
  return {
    shape: weight.shape,
    read: async () => {
      const values = await weight.read();
      for (let out = 0; out < outputs; out++) {
        const first = out * channels * plane;
        const last = first + (channels - 1) * plane;
        const saved = values.slice(first, first + plane);
        values.copyWithin(first, last, last + plane);
        values.set(saved, last);
      }
      return values;
    },
  };
}

/** Every value times `factor`. */
export function scaled(weight: FloatTensor, factor: number): FloatTensor {
  return {
    shape: weight.shape,
    read: async () => {
      const values = await weight.read();
      for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * factor;
      return values;
    },
  };
}

/** A bias of zeros, for layers that have none. */
export function zeros(count: number): FloatTensor {
  return { shape: [count], read: async () => new Float32Array(count) };
}

function tensor(name: string, shape: number[], values: () => Float32Array): FloatTensor {
  return {
    shape,
    read: async () => {
      const read = values();
      requireFinite(read, name);
      return read;
    },
  };
}

function requireRank(stored: StoredTensor, rank: number): void {
  if (stored.shape.length !== rank)
    throw new OperatorError(`${stored.name}: expected ${rank} dimensions, found ${shapeText(stored.shape)}`);
}

/** Distance in the file between neighbours along each axis. */
function fileStrides(stored: StoredTensor): number[] {
  const strides: number[] = new Array(stored.shape.length);
  const axes = [...stored.shape.keys()];
  let stride = 1;
  for (const axis of stored.fortran ? axes : axes.reverse()) {
    strides[axis] = stride;
    stride *= stored.shape[axis] as number;
  }
  return strides;
}

function isRowMajor(shape: number[], steps: number[]): boolean {
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (steps[axis] !== stride && shape[axis] !== 1) return false;
    stride *= shape[axis] as number;
  }
  return true;
}

function gather(values: Float32Array, shape: number[], steps: number[]): Float32Array {
  const out = new Float32Array(values.length);
  let at = 0;
  const walk = (axis: number, from: number): void => {
    const step = steps[axis] as number;
    const size = shape[axis] as number;
    if (axis === shape.length - 1)
      for (let i = 0; i < size; i++) out[at++] = values[from + i * step] as number;
    else for (let i = 0; i < size; i++) walk(axis + 1, from + i * step);
  };
  walk(0, 0);
  return out;
}

/** Index in an H,W,C activation of element `column` of the same activation as C,H,W. */
function hwcIndex({ height, width, channels }: Shape): (column: number) => number {
  const plane = height * width;
  return (column) => (column % plane) * channels + Math.floor(column / plane);
}

function permuteRows(values: Float32Array, inputs: number, fileColumn: (column: number) => number): void {
  const columns = Uint32Array.from({ length: inputs }, (_, column) => fileColumn(column));
  const saved = new Float32Array(inputs);
  for (let row = 0; row < values.length; row += inputs) {
    saved.set(values.subarray(row, row + inputs));
    for (let i = 0; i < inputs; i++) values[row + i] = saved[columns[i] as number] as number;
  }
}

/** (in, out) in the file to (out, in) in memory, a block of columns at a time: no second copy. */
function transposed(
  stored: StoredTensor,
  outputs: number,
  inputs: number,
  fileColumn: (column: number) => number,
): Float32Array {
  const values = new Float32Array(outputs * inputs);
  for (let start = 0; start < inputs; start += BLOCK_COLUMNS) {
    const width = Math.min(BLOCK_COLUMNS, inputs - start);
    const rows = Array.from({ length: width }, (_, i) =>
      stored.elements(fileColumn(start + i) * outputs, outputs),
    );
    for (let out = 0; out < outputs; out++) {
      const at = out * inputs + start;
      for (let i = 0; i < width; i++) values[at + i] = (rows[i] as Float32Array)[out] as number;
    }
  }
  return values;
}
