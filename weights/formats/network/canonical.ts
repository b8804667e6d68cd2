// From a file's layout to the canonical one of FloatModel, while reading:
//   convolution  OIHW (Caffe, ONNX, PyTorch, Paddle)      -> as it is
//                HWIO (TensorFlow, the npy dictionaries)  -> (out, in/groups, kh, kw)
//   dense        (out, in)                                -> as it is
//                (in, out)                                -> transposed
//                in = H,W,C                               -> in = C,H,W
//   first convolution trained on BGR                      -> its input channels swapped
// All of them are one walk over a tensor with its axes in another order.
import type { Shape } from '../../../src/network/layer.ts';
import type { FloatTensor } from '../../float-model.ts';
import { OperatorError } from '../../operator-error.ts';
import { ELEMENT_BYTES, requireFinite, widen } from '../element-type.ts';
import { elementCount, rowMajor, type StoredTensor, shapeText } from '../stored-tensor.ts';

/** Elements that the walk takes at once along the file's fastest axis: a cache line. */
const TILE = 16;
/** Elements that are read at once; what a tensor takes is its result and one such block. */
const BLOCK = 1 << 20;

/** The stored values in the order of `axes`: axis i of the result is axis axes[i] of the file. Finite. */
export function permuted(stored: StoredTensor, axes: number[]): FloatTensor {
  requireRank(stored, axes.length);
  const shape = axes.map((axis) => stored.shape[axis] as number);
  const strides = axes.map((axis) => stored.strides[axis] as number);
  return {
    shape,
    read: async () => {
      const values = new Float32Array(elementCount(stored.name, shape));
      const read = valuesOf(stored);
      if (isRowMajor(shape, strides))
        for (let at = 0; at < values.length; at += BLOCK) read(at, values.subarray(at, at + BLOCK));
      else gather(read, values, shape, strides);
      requireFinite(values, stored.name);
      return values;
    },
  };
}

/** The stored values under another shape of as many elements: legacy dimensions, biases with leading ones. */
export function reshaped(stored: StoredTensor, shape: number[]): StoredTensor {
  const wrong = new OperatorError(
    `${stored.name}: expected ${shapeText(shape)}, found ${shapeText(stored.shape)}`,
  );
  if (elementCount(stored.name, shape) !== elementCount(stored.name, stored.shape)) throw wrong;
  if (isRowMajor(stored.shape, stored.strides)) return { ...stored, shape, strides: rowMajor(shape) };
  // Axes of one element come and go in any order of the others.
  const axes = [...stored.shape.keys()].filter((axis) => stored.shape[axis] !== 1);
  const long = shape.filter((size) => size !== 1);
  if (long.join() !== axes.map((axis) => stored.shape[axis]).join()) throw wrong;
  const strides = shape.map((size) => (size === 1 ? 0 : (stored.strides[axes.shift() as number] as number)));
  return { ...stored, shape, strides };
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
  const [out, input] = order === 'out-in' ? ([0, 1] as const) : ([1, 0] as const);
  if (!flattened) return permuted(stored, [out, input]);
  const { height, width, channels } = flattened;
  const outputs = stored.shape[out] as number;
  const inputs = stored.shape[input] as number;
  if (height * width * channels !== inputs)
    throw new OperatorError(
      `${stored.name}: expected ${height}x${width}x${channels} inputs, found ${inputs}`,
    );
  const step = stored.strides[input] as number;
  const split: StoredTensor = {
    ...stored,
    shape: [outputs, height, width, channels],
    strides: [stored.strides[out] as number, width * channels * step, channels * step, step],
  };
  return { ...permuted(split, [0, 3, 1, 2]), shape: [outputs, inputs] };
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

function requireRank(stored: StoredTensor, rank: number): void {
  if (stored.shape.length !== rank)
    throw new OperatorError(`${stored.name}: expected ${rank} dimensions, found ${shapeText(stored.shape)}`);
}

/** Whether neighbours in the file are neighbours in row-major order; axes of one element do not matter. */
export function isRowMajor(shape: number[], strides: number[]): boolean {
  const wanted = rowMajor(shape);
  return strides.every((stride, axis) => stride === wanted[axis] || shape[axis] === 1);
}

/** Reads stored values from the element `from` on, in ascending order, until `into` is full. */
type ReadValues = (from: number, into: Float32Array) => void;

function valuesOf({ open, type }: StoredTensor): ReadValues {
  const size = ELEMENT_BYTES[type];
  const range = open();
  return (from, into) => widen(range(from * size, (from + into.length) * size), type, into);
}

/**
 * Fills `out` with the values in row-major order of `shape`. Reads in blocks along the axis that is slowest in the file,
 * and walks each in tiles along the one that is fastest, so that each line of the cache is fetched once: fc6 of
 * (in, out) is otherwise 38 million misses.
 */
function gather(read: ReadValues, out: Float32Array, shape: number[], strides: number[]): void {
  if (out.length === 0) return;
  const steps = rowMajor(shape);
  const long = [...shape.keys()]
    .filter((axis) => shape[axis] !== 1)
    .sort((a, b) => at(strides, a) - at(strides, b));
  const fast = long[0] ?? 0;
  const slow = long.at(-1) ?? 0;
  const others = long.slice(1);
  const reach = (sizes: number[]) =>
    sizes.reduce((sum, size, axis) => sum + (size - 1) * at(strides, axis), 1);
  const rows = Math.min(at(shape, slow), Math.max(1, Math.floor(BLOCK / Math.max(1, at(strides, slow)))));
  const block = new Float32Array(reach(shape.with(slow, rows)));
  for (let first = 0; first < at(shape, slow); first += rows) {
    const sizes = shape.with(slow, Math.min(rows, at(shape, slow) - first));
    const values = block.subarray(0, reach(sizes));
    read(first * at(strides, slow), values);
    const walk = (depth: number, source: number, target: number, count: number): void => {
      const axis = others[depth];
      if (axis === undefined) {
        for (let i = 0; i < count; i++)
          out[target + i * at(steps, fast)] = values[source + i * at(strides, fast)] as number;
        return;
      }
      for (let i = 0; i < at(sizes, axis); i++)
        walk(depth + 1, source + i * at(strides, axis), target + i * at(steps, axis), count);
    };
    for (let start = 0; start < at(sizes, fast); start += TILE)
      walk(
        0,
        start * at(strides, fast),
        first * at(steps, slow) + start * at(steps, fast),
        Math.min(TILE, at(sizes, fast) - start),
      );
  }
}

function at(values: number[], index: number): number {
  return values[index] as number;
}
