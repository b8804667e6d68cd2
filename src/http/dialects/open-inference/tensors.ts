// Tensors of the Open Inference Protocol v2 in both of its forms: JSON `data`, flat or nested, and Triton's binary
// extension, where the bytes follow the JSON and `binary_data_size` says how many belong to each tensor.
// Source: Open Inference Protocol v2 (KServe), Triton "Binary Tensor Data Extension".
import { badParameter, type ServiceError } from '../../../errors.ts';

const LENGTH_BYTES = 4;
/** Sizes of a shape, and depth of nested `data`. */
export const MAX_RANK = 8;

/** The refusal of one input of a request. */
export function badInput(name: string, expected: string, got: string): ServiceError {
  return badParameter(name, expected, { got, subject: `inputs ${name}` });
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Arrays within more than MAX_RANK others stay, and are refused as elements. */
function flatten(data: readonly unknown[]): unknown[] {
  return data.some(Array.isArray) ? data.flat(MAX_RANK) : [...data];
}

/** BYTES in JSON: strings. Throws ServiceError bad-parameter. */
export function readStrings(name: string, data: readonly unknown[], count: number): string[] {
  const values = flatten(data).map((value) => {
    if (typeof value !== 'string') throw badInput(name, 'base64 strings', typeof value);
    return value;
  });
  if (values.length !== count) throw badInput(name, `${count} elements by its shape`, String(values.length));
  return values;
}

/** FP32 in JSON: numbers. Throws ServiceError bad-parameter. */
export function readFloats(name: string, data: readonly unknown[], count: number): Float32Array {
  const values = flatten(data);
  if (values.length !== count) throw badInput(name, `${count} elements by its shape`, String(values.length));
  return Float32Array.from(values, (value) => {
    if (typeof value !== 'number') throw badInput(name, 'numbers', typeof value);
    return value;
  });
}

/** BYTES in binary: each element is its length (u32 little-endian) and its bytes. Throws ServiceError bad-parameter. */
export function readByteElements(name: string, bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    if (elements.length === count) throw badInput(name, `${count} elements by its shape`, 'more');
    const length = at + LENGTH_BYTES <= bytes.byteLength ? view.getUint32(at, true) : undefined;
    if (length === undefined || at + LENGTH_BYTES + length > bytes.byteLength)
      throw badInput(name, 'a length and that many bytes for each element', `${bytes.byteLength - at} bytes`);
    elements.push(bytes.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length));
    at += LENGTH_BYTES + length;
  }
  if (elements.length !== count)
    throw badInput(name, `${count} elements by its shape`, String(elements.length));
  return elements;
}

/** FP32 in binary: f32 little-endian. Throws ServiceError bad-parameter. */
export function readBinaryFloats(name: string, bytes: Uint8Array, count: number): Float32Array {
  if (bytes.byteLength !== count * 4)
    throw badInput(name, `${count * 4} bytes by its shape`, String(bytes.byteLength));
  return new Float32Array(bytes.slice().buffer);
}

/** The binary form of strings. */
export function writeByteElements(values: readonly string[]): Uint8Array {
  const encoded = values.map((value) => new TextEncoder().encode(value));
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const value of encoded) {
    view.setUint32(at, value.length, true);
    bytes.set(value, at + LENGTH_BYTES);
    at += LENGTH_BYTES + value.length;
  }
  return bytes;
}
