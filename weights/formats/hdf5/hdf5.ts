// HDF5 by jsfive: all datasets of floats by their path, and the texts that the root group carries. The values are not
// taken through the library, which makes an array of numbers of them (fc6 would be 300 MB, and slow), but from where
// its headers say that they lie. Source: HDF5 File Format Specification 3.0, IV.A.2.i (data layout message).
// Refuses chunked and compressed datasets, which Keras does not write.
/// <reference path="./jsfive.d.ts" />
import { Dataset, File, type Group } from 'jsfive';
import { inWords, OperatorError } from '../../operator-error.ts';
import { Cursor } from '../cursor.ts';
import type { ElementType } from '../element-type.ts';
import { type StoredTensor, tensorOf } from '../stored-tensor.ts';

/** An AlexNet has 16 tensors, its optimizer twice as many more. */
const MOST_OBJECTS = 2000;
const DEEPEST = 12;
const DATA_LAYOUT = 0x0008;
const ELEMENTS: Record<string, ElementType> = { '<f4': 'F32', '<f2': 'F16', '<f8': 'F64' };

export interface Hdf5 {
  /** Floats, by their path without a leading slash; other datasets are left out. */
  tensors: StoredTensor[];
  /** Texts among the root's attributes. */
  attributes: Record<string, string>;
}

export function isHdf5(bytes: Buffer): boolean {
  return bytes.subarray(0, 8).toString('latin1') === '\x89HDF\r\n\x1a\n';
}

/** Datasets whose path `wanted` accepts. Throws OperatorError. */
export function readHdf5(bytes: Buffer<ArrayBuffer>, wanted: (path: string) => boolean): Hdf5 {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  // jsfive reads an ArrayBuffer from its start.
  const buffer = whole ? bytes.buffer : new Uint8Array(bytes).buffer;
  const file = library('its root group', () => new File(buffer, ''));
  const tensors: StoredTensor[] = [];
  walk(file, '', new Set(), (path, dataset) => {
    const tensor = wanted(path) ? tensorAt(path, dataset, bytes) : undefined;
    if (tensor) tensors.push(tensor);
  });
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(library('its attributes', () => file.attrs)))
    if (typeof value === 'string') attributes[name] = value;
  return { tensors, attributes };
}

function walk(
  group: Group,
  prefix: string,
  seen: Set<number>,
  visit: (path: string, dataset: Dataset) => void,
): void {
  for (const key of library('a group', () => group.keys)) {
    const path = prefix + key;
    const found = library(path, () => group.get(key));
    if (!found) continue;
    const { offset } = found._dataobjects;
    if (seen.has(offset)) continue;
    seen.add(offset);
    if (seen.size > MOST_OBJECTS || path.split('/').length > DEEPEST)
      throw new OperatorError(`HDF5: expected at most ${MOST_OBJECTS} objects, ${DEEPEST} deep, found more`);
    if (found instanceof Dataset) visit(path, found);
    else walk(found, `${path}/`, seen, visit);
  }
}

function tensorAt(path: string, dataset: Dataset, bytes: Buffer): StoredTensor | undefined {
  const { dtype, shape, layout } = library(path, () => ({
    dtype: dataset.dtype,
    shape: [...dataset.shape],
    layout: dataset._dataobjects.find_msg_type(DATA_LAYOUT)[0]?.get('offset_to_message'),
  }));
  const type = ELEMENTS[String(dtype)];
  if (!type || layout === undefined) {
    if (/f\d/.test(String(dtype)))
      throw new OperatorError(`${path}: expected little-endian floats, found ${inWords(dtype)}`);
    return undefined;
  }
  const cursor = new Cursor(bytes, path, layout);
  const version = cursor.u8();
  const kind = cursor.u8();
  if (version < 3 || version > 4 || kind > 1)
    throw new OperatorError(
      `${path}: expected data in one piece, found chunked or compressed data: h5repack -l CONTI -f NONE FILE OUT`,
    );
  if (kind === 0) return tensorOf(path, shape, type, cursor.take(cursor.u16()));
  const address = cursor.u64();
  return tensorOf(path, shape, type, new Cursor(bytes, path, address).take(cursor.u64()));
}

/** What the library does, its complaints as one line. */
function library<T>(what: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    const said = String(error instanceof Error ? error.message : error).split('\n')[0];
    throw new OperatorError(`HDF5: expected to read ${what.slice(0, 64)}, found ${inWords(said)}`);
  }
}
