// MATLAB's MAT-file of version 5 (and 7: the same, each variable deflated): numeric arrays, texts, cells, structs.
// Arrays are column-major; numbers may be stored in a smaller type than the array's. Source: MathWorks, MAT-File
// Format, chapter 1. Refuses objects, sparse arrays, functions and big-endian files. What a variable's
// tag announces is compared with the limits before it is inflated, into one buffer of that length.
import { constants, inflateSync } from 'node:zlib';
import { OperatorError } from '../../operator-error.ts';
import { Cursor } from '../cursor.ts';
import type { ElementType } from '../element-type.ts';

export interface MatArray {
  shape: number[];
  /** Of floats: their bytes. */
  floats?: { type: ElementType; bytes: Buffer };
  /** Of other numbers that are few: their values. */
  numbers?: number[];
  text?: string;
  cells?: MatArray[];
  /** Of each element of a struct array, in its order. */
  structs?: Record<string, MatArray>[];
}

const HEADER_BYTES = 128;
const MATRIX = 14;
const COMPRESSED = 15;
/** 61 million weights in doubles, and a mean picture. */
const MAX_INFLATED = 500_000_000;
/** Weights are nearly noise: floats deflate to some 0.9 of their length, the same in doubles to 0.6. */
const USUAL_RATIO = 2;
/** Pruned ones deflate to a tenth. */
const MAX_RATIO = 16;
/** Small files may have any ratio. */
const FREE_BYTES = 16_000_000;
/** A file and what is inflated of it beyond the usual ratio. */
const HELD_BYTES = 190_000_000;
const TAG_BYTES = 8;
/** Enough of a deflated stream to have the code tables and a tag. */
const FIRST_BYTES = 1024;
const DEEPEST = 12;
/** 1000 synsets and 1000 descriptions are 2000 texts. */
const MAX_ELEMENTS = 20_000;
/** Reads the numbers of the small types, and how long they are: by the code that the file has. */
const NUMBERS: Record<number, { bytes: number; read(bytes: Buffer, at: number): number }> = {
  1: { bytes: 1, read: (bytes, at) => bytes.readInt8(at) },
  2: { bytes: 1, read: (bytes, at) => bytes.readUInt8(at) },
  3: { bytes: 2, read: (bytes, at) => bytes.readInt16LE(at) },
  4: { bytes: 2, read: (bytes, at) => bytes.readUInt16LE(at) },
  5: { bytes: 4, read: (bytes, at) => bytes.readInt32LE(at) },
  6: { bytes: 4, read: (bytes, at) => bytes.readUInt32LE(at) },
  7: { bytes: 4, read: (bytes, at) => bytes.readFloatLE(at) },
  9: { bytes: 8, read: (bytes, at) => bytes.readDoubleLE(at) },
};
const CELL = 1;
const STRUCT = 2;
const CHAR = 4;
const DOUBLE = 6;
const LAST_NUMERIC = 15;

interface State {
  elements: number;
}

interface Element {
  type: number;
  data: Buffer;
}

/** The variables by name. Throws OperatorError. */
export function readMat5(bytes: Buffer): Map<string, MatArray> {
  if (bytes.subarray(126, 128).toString('latin1') !== 'IM')
    throw new OperatorError('MAT-file: expected little-endian numbers, found another order');
  const cursor = new Cursor(bytes, 'MAT-file', HEADER_BYTES);
  const variables = new Map<string, MatArray>();
  const state: State = { elements: 0 };
  let left = inflatedLimit(bytes.length);
  while (cursor.position < cursor.end) {
    let element = readElement(cursor);
    if (element.type === COMPRESSED) {
      const data = inflate(element.data, left);
      left -= data.length;
      element = readElement(new Cursor(data, 'a compressed variable'));
    }
    if (element.type !== MATRIX)
      throw new OperatorError(`MAT-file: expected a variable, found an element of type ${element.type}`);
    const { name, array } = readMatrix(element.data, state, 0);
    variables.set(name, array);
  }
  return variables;
}

/** Bytes that all compressed variables of a file may have: what it does not weigh itself, it cannot make others hold. */
function inflatedLimit(bytes: number): number {
  const unusual = Math.min(FREE_BYTES + MAX_RATIO * bytes, HELD_BYTES - bytes);
  return Math.min(MAX_INFLATED, Math.max(USUAL_RATIO * bytes, unusual));
}

/** A compressed variable, of the length that its tag announces. */
function inflate(data: Buffer, limit: number): Buffer {
  try {
    const first = inflateSync(data.subarray(0, FIRST_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
    const bytes = TAG_BYTES + (first.length < TAG_BYTES ? 0 : first.readUInt32LE(4));
    if (bytes > limit)
      throw new OperatorError(
        `MAT-file: expected at most ${limit} bytes in its compressed variables, found ${bytes} announced; ` +
          'in MATLAB: save it with "-v6", which does not compress',
      );
    return inflateSync(data, { chunkSize: Math.max(64, bytes + 1), maxOutputLength: bytes });
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `MAT-file: expected deflated bytes, as many as their tag says, found ${(error as Error).message}`,
    );
  }
}

/** A tag and its data; small elements have both in 8 bytes. Data end at a multiple of 8, compressed ones do not. */
function readElement(cursor: Cursor): Element {
  const tag = cursor.u32();
  if (tag >>> 16 !== 0) {
    const data = cursor.take(4).subarray(0, Math.min(4, tag >>> 16));
    return { type: tag & 0xffff, data };
  }
  const length = cursor.u32();
  const data = cursor.take(length);
  if (tag !== COMPRESSED) cursor.take(Math.min((8 - (length % 8)) % 8, cursor.end - cursor.position));
  return { type: tag, data };
}

function readMatrix(data: Buffer, state: State, depth: number): { name: string; array: MatArray } {
  if (++state.elements > MAX_ELEMENTS || depth > DEEPEST)
    throw new OperatorError(`MAT-file: expected at most ${MAX_ELEMENTS} arrays, ${DEEPEST} deep, found more`);
  // An empty cell is a matrix without anything in it.
  if (data.length === 0) return { name: '', array: { shape: [0, 0] } };
  const cursor = new Cursor(data, 'MAT-file');
  const flags = readElement(cursor).data;
  const kind = flags[0] ?? 0;
  const complex = ((flags[1] ?? 0) & 8) !== 0;
  const shape = numbersOf('its dimensions', readElement(cursor));
  const name = readElement(cursor).data.toString('latin1');
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.some((size) => size < 0) || complex || kind === 0 || kind === 5 || kind > LAST_NUMERIC)
    throw new OperatorError(
      `${name.slice(0, 64) || 'MAT-file'}: expected numbers, texts, cells and structs, found an array of class ${kind}`,
    );
  const next = (): MatArray => readMatrix(requireMatrix(readElement(cursor)), state, depth + 1).array;
  if (kind === CELL) return { name, array: { shape, cells: many(count, next) } };
  if (kind === STRUCT) return { name, array: { shape, structs: readStructs(cursor, count, next) } };
  if (kind === 3) throw new OperatorError(`${name.slice(0, 64)}: expected no objects, found one (a DagNN?)`);
  const element = readElement(cursor);
  if (kind === CHAR) {
    const codes = numbersOf(name, {
      ...element,
      type: element.type === 16 ? 2 : element.type === 17 ? 4 : element.type,
    });
    return { name, array: { shape, text: String.fromCharCode(...codes.slice(0, 4096)) } };
  }
  const type = element.type === 7 ? 'F32' : element.type === 9 ? 'F64' : undefined;
  const array: MatArray = { shape };
  if (type && kind >= DOUBLE) array.floats = { type, bytes: element.data };
  if (count <= 64) array.numbers = numbersOf(name, element);
  return { name, array };
}

function readStructs(cursor: Cursor, count: number, next: () => MatArray): Record<string, MatArray>[] {
  const [length = 0] = numbersOf('field names', readElement(cursor));
  const names = readElement(cursor).data.toString('latin1');
  // Each name has the same number of bytes, zeros after its end.
  const fields = Array.from({ length: length > 0 ? Math.ceil(names.length / length) : 0 }, (_, i) =>
    (names.slice(i * length, (i + 1) * length).split('\0')[0] ?? '').slice(0, 64),
  );
  return many(count, () => {
    const entries = fields.map((field) => [field, next()] as const);
    return Object.assign(Object.create(null), Object.fromEntries(entries)) as Record<string, MatArray>;
  });
}

function many<T>(count: number, next: () => T): T[] {
  if (!(count >= 0 && count <= MAX_ELEMENTS))
    throw new OperatorError(`MAT-file: expected at most ${MAX_ELEMENTS} elements, found ${count}`);
  return Array.from({ length: count }, next);
}

function requireMatrix({ type, data }: Element): Buffer {
  if (type !== MATRIX) throw new OperatorError(`MAT-file: expected an array, found type ${type}`);
  return data;
}

function numbersOf(name: string, { type, data }: Element): number[] {
  const reader = NUMBERS[type];
  if (!reader || data.length > 65_536)
    throw new OperatorError(`${name.slice(0, 64)}: expected a few numbers, found type ${type}`);
  return Array.from({ length: Math.floor(data.length / reader.bytes) }, (_, i) =>
    reader.read(data, i * reader.bytes),
  );
}
