// A tensor as a file holds it: name, shape, number type, the order of its axes, and its bytes (views of the file, or
// what it takes to get them), which are read in ranges so that no second copy of a large tensor is made. Readers of every form end in these; `canonical.ts` turns them into the packer's layout.
import { OperatorError } from '../operator-error.ts';
import { ELEMENT_BYTES, type ElementType } from './element-type.ts';

/**
 * The bytes from `start` to before `end` of a tensor's elements, valid until the next range is asked for. Ranges are asked
 * in ascending order, and those of a tensor without gaps do not overlap.
 */
export type ReadRange = (start: number, end: number) => Uint8Array;

export interface StoredTensor {
  name: string;
  shape: number[];
  type: ElementType;
  /** Distance in elements between neighbours along each axis. */
  strides: number[];
  /** Begins to read the bytes of all elements, from the one of index zero on. */
  open: () => ReadRange;
}

/** Number of elements of a shape. Throws OperatorError for a size that is no count. */
export function elementCount(name: string, shape: number[]): number {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new OperatorError(`${name}: expected a shape of counts, found ${shapeText(shape)}`);
    count *= size;
  }
  return count;
}

export function shapeText(shape: number[]): string {
  return shape.length === 0 ? 'a scalar' : shape.slice(0, 8).join('x');
}

/** Strides of a shape whose last index runs fastest. */
export function rowMajor(shape: number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}

/** Strides of a shape whose first index runs fastest (NumPy's fortran_order, MATLAB). */
export function columnMajor(shape: number[]): number[] {
  return shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
}

/** A tensor whose values fill `bytes` in one piece. Throws OperatorError for another length. */
export function tensorOf(
  name: string,
  shape: number[],
  type: ElementType,
  bytes: Uint8Array,
  strides: number[] = rowMajor(shape),
): StoredTensor {
  return tensorOfLength(name, shape, type, bytes.length, () => rangesOf(bytes), strides);
}

/** Ranges of bytes that are in memory. */
export function rangesOf(bytes: Uint8Array): ReadRange {
  return (start, end) => bytes.subarray(start, end);
}

/** The same for bytes that are made when they are asked for; `byteLength` is the length that the file declares. */
export function tensorOfLength(
  name: string,
  shape: number[],
  type: ElementType,
  byteLength: number,
  open: () => ReadRange,
  strides: number[] = rowMajor(shape),
): StoredTensor {
  const expected = elementCount(name, shape) * ELEMENT_BYTES[type];
  if (expected !== byteLength)
    throw new OperatorError(
      `${name}: expected ${expected} bytes for ${shapeText(shape)} ${type}, found ${byteLength}`,
    );
  return { name, shape, type, strides, open };
}
