// A tensor as a file holds it: name, shape, number type and where its values lie. Readers of every form
// end in these; `canonical.ts` turns them into the layout that the packer reads.
import { OperatorError } from '../operator-error.ts';
import { ELEMENT_BYTES, type ElementType, readElements } from './element-type.ts';
import type { SourceFile } from './source-file.ts';

export interface StoredTensor {
  name: string;
  shape: number[];
  type: ElementType;
  /** True when the first index runs fastest (NumPy's fortran_order). */
  fortran: boolean;
  /** `count` values from element `start` on, in the order of the file. */
  elements(start: number, count: number): Float32Array;
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
  return shape.length === 0 ? 'a scalar' : shape.join('x');
}

/** A tensor whose values lie in one piece at `position`; `bytes` is the length that the file declares. */
export function tensorAt(
  source: SourceFile,
  name: string,
  shape: number[],
  type: ElementType,
  position: number,
  bytes: number,
  fortran = false,
): StoredTensor {
  const count = elementCount(name, shape);
  if (count * ELEMENT_BYTES[type] !== bytes)
    throw new OperatorError(
      `${name}: expected ${count * ELEMENT_BYTES[type]} bytes for ${shapeText(shape)} ${type}, found ${bytes}`,
    );
  source.require(position, bytes, name);
  return {
    name,
    shape,
    type,
    fortran,
    elements: (start, length) =>
      readElements(source, position + start * ELEMENT_BYTES[type], type, length, name),
  };
}
