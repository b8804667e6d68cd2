// A part of an index as it lies in the bucket: up to 10,000 photos, written once and never changed.
//
//   u32[4]  magic, version, photos, bytes of the keys   little-endian, as all numbers
//   u32     end of each key                             [photos]
//   keys    UTF-8, one after the other
//   codes   u8 [photos][32]
//   vectors i8 [photos][256]
//
// Keys come first, so that they can be read without the rest.
import { ServiceError } from '../errors.ts';
import { CODE_BYTES, type Code, VECTOR_BYTES } from './code.ts';

export const SEGMENT_PHOTOS = 10_000;
const MAGIC = 0x58495841;
const VERSION = 1;
const HEADER_BYTES = 16;

export interface Entry extends Code {
  key: string;
}

function damaged(found: string): ServiceError {
  return new ServiceError('index-damaged', `a segment of the index: ${found}; make the index anew`);
}

/** Bytes of a segment up to its codes. */
export function keyBytes(photos: number, textBytes: number): number {
  return HEADER_BYTES + 4 * photos + textBytes;
}

/** The keys of a segment, in order. @param bytes the segment, or its beginning up to its codes. Throws ServiceError index-damaged. */
export function readKeys(bytes: Uint8Array): { keys: string[]; end: number } {
  if (bytes.length < HEADER_BYTES) throw damaged(`expected ${HEADER_BYTES} bytes, found ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [magic, version, photos, textBytes] = [0, 4, 8, 12].map((at) => view.getUint32(at, true));
  if (magic !== MAGIC || version !== VERSION) throw damaged('expected its magic number, found another');
  const count = photos ?? 0;
  const end = keyBytes(count, textBytes ?? 0);
  if (count > SEGMENT_PHOTOS || end > bytes.length)
    throw damaged(`expected ${end} bytes of keys, found ${bytes.length}`);
  const text = bytes.subarray(HEADER_BYTES + 4 * count, end);
  const decoder = new TextDecoder();
  let from = 0;
  const keys = Array.from({ length: count }, (_, i) => {
    const to = view.getUint32(HEADER_BYTES + 4 * i, true);
    if (to < from || to > text.length) throw damaged(`expected the end of key ${i}, found ${to}`);
    const key = decoder.decode(text.subarray(from, to));
    from = to;
    return key;
  });
  return { keys, end };
}

export class Segment {
  readonly keys: readonly string[];
  /** u8 [photos][32] */
  readonly codes: Uint8Array;
  /** i8 [photos][256] */
  readonly vectors: Int8Array;
  readonly bytes: number;

  /** Throws ServiceError index-damaged. */
  constructor(bytes: Uint8Array) {
    const { keys, end } = readKeys(bytes);
    const vectors = end + keys.length * CODE_BYTES;
    const whole = vectors + keys.length * VECTOR_BYTES;
    if (bytes.length !== whole) throw damaged(`expected ${whole} bytes, found ${bytes.length}`);
    this.keys = keys;
    this.codes = bytes.subarray(end, vectors);
    this.vectors = new Int8Array(bytes.buffer, bytes.byteOffset + vectors, keys.length * VECTOR_BYTES);
    this.bytes = bytes.length;
  }

  /** The photo at a place: views. */
  entry(at: number): Entry {
    return {
      key: this.keys[at] as string,
      bits: this.codes.subarray(at * CODE_BYTES, (at + 1) * CODE_BYTES),
      vector: this.vectors.subarray(at * VECTOR_BYTES, (at + 1) * VECTOR_BYTES),
    };
  }

  entries(): Entry[] {
    return this.keys.map((_, at) => this.entry(at));
  }
}

/** @param entries at most 10,000 */
export function encodeSegment(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const texts = entries.map(({ key }) => new TextEncoder().encode(key));
  const textBytes = texts.reduce((sum, { length }) => sum + length, 0);
  const end = keyBytes(entries.length, textBytes);
  const bytes = new Uint8Array(end + entries.length * (CODE_BYTES + VECTOR_BYTES));
  const view = new DataView(bytes.buffer);
  [MAGIC, VERSION, entries.length, textBytes].forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  let at = 0;
  texts.forEach((text, i) => {
    bytes.set(text, keyBytes(entries.length, at));
    at += text.length;
    view.setUint32(HEADER_BYTES + 4 * i, at, true);
  });
  entries.forEach(({ bits, vector }, i) => {
    bytes.set(bits, end + i * CODE_BYTES);
    bytes.set(
      new Uint8Array(vector.buffer, vector.byteOffset, vector.length),
      end + entries.length * CODE_BYTES + i * VECTOR_BYTES,
    );
  });
  return bytes;
}
