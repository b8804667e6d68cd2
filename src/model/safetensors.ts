// The safetensors container: 8 bytes little-endian header length, a JSON header (tensor name -> dtype, shape,
// data_offsets; `__metadata__` -> strings), then the data section without holes.
// Source: the safetensors format description (huggingface/safetensors, README, "Format").
import { quotedExcerpt } from '../errors.ts';

export interface TensorEntry {
  dtype: string;
  shape: number[];
  /** First byte within the data section. */
  offset: number;
  bytes: number;
}

export interface SafetensorsHeader {
  metadata: Record<string, string>;
  /** In the order of their offsets. */
  tensors: Map<string, TensorEntry>;
  /** File offset of the data section. */
  dataStart: number;
  dataBytes: number;
}

/** The format's own limit for the JSON header. */
export const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

/** Thrown by the readers below; the message says what was expected and what was found. */
export class SafetensorsError extends Error {
  override name = 'SafetensorsError';
}

const DTYPE_BYTES: Record<string, number> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  F32: 4,
  I32: 4,
  U32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
};

/** File offset of the data section, from the file's first 8 bytes. Throws SafetensorsError. */
export function headerEnd(first: Uint8Array, limitBytes = MAX_HEADER_BYTES): number {
  if (first.byteLength < LENGTH_BYTES)
    throw new SafetensorsError(`expected at least 8 bytes of header length, got ${first.byteLength}`);
  const length = new DataView(first.buffer, first.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length < 2n || length > BigInt(limitBytes))
    throw new SafetensorsError(`expected a header length of 2 to ${limitBytes} bytes, got ${length}`);
  return LENGTH_BYTES + Number(length);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** A value of a hostile header: short, and without a walk into its depth. */
function inWords(value: unknown): string {
  if (typeof value === 'string') return quotedExcerpt(value);
  return Array.isArray(value) ? `a list of ${value.length}` : typeof value;
}

function readTensor(name: string, value: unknown): TensorEntry {
  if (!isRecord(value)) throw new SafetensorsError(`tensor ${name}: expected an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || DTYPE_BYTES[dtype] === undefined)
    throw new SafetensorsError(`tensor ${name}: unknown dtype ${inWords(dtype)}`);
  if (!isSizes(shape)) throw new SafetensorsError(`tensor ${name}: expected a shape, got ${inWords(shape)}`);
  const [start, end] = isSizes(offsets) && offsets.length === 2 ? offsets : [];
  if (start === undefined || end === undefined || end < start)
    throw new SafetensorsError(`tensor ${name}: expected data_offsets [start, end], got ${inWords(offsets)}`);
  const expected = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
  if (end - start !== expected)
    throw new SafetensorsError(
      `tensor ${name}: expected ${expected} bytes for ${dtype} [${shape}], got ${end - start}`,
    );
  return { dtype, shape, offset: start, bytes: end - start };
}

/** Parses a whole header (the file up to headerEnd). Throws SafetensorsError. */
export function parseHeader(bytes: Uint8Array): SafetensorsHeader {
  const dataStart = headerEnd(bytes);
  if (bytes.byteLength < dataStart)
    throw new SafetensorsError(`expected a header of ${dataStart} bytes, got ${bytes.byteLength}`);
  let json: unknown;
  try {
    json = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        bytes.subarray(LENGTH_BYTES, dataStart),
      ),
    );
  } catch (cause) {
    throw new SafetensorsError('expected a header of UTF-8 JSON', { cause });
  }
  if (!isRecord(json)) throw new SafetensorsError('expected the header to be a JSON object');
  const metadata: Record<string, string> = {};
  const found: [string, TensorEntry][] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name !== '__metadata__') {
      found.push([name, readTensor(name, value)]);
      continue;
    }
    if (!isRecord(value)) throw new SafetensorsError('expected __metadata__ to be an object of strings');
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== 'string') throw new SafetensorsError(`__metadata__.${key}: expected a string`);
      metadata[key] = text;
    }
  }
  found.sort(([, a], [, b]) => a.offset - b.offset);
  let dataBytes = 0;
  for (const [name, tensor] of found) {
    if (tensor.offset !== dataBytes)
      throw new SafetensorsError(`tensor ${name}: expected offset ${dataBytes}, got ${tensor.offset}`);
    dataBytes += tensor.bytes;
  }
  return { metadata, tensors: new Map(found), dataStart, dataBytes };
}

/** A header for tensors in the given order, padded with spaces so that the data section is 64-byte aligned. */
export function encodeHeader(
  metadata: Record<string, string>,
  tensors: { name: string; dtype: string; shape: number[] }[],
): Uint8Array {
  const json: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    const size = DTYPE_BYTES[dtype];
    if (size === undefined) throw new SafetensorsError(`tensor ${name}: unknown dtype ${dtype}`);
    const end = offset + shape.reduce((product, extent) => product * extent, size);
    json[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(json));
  const bytes = new Uint8Array(Math.ceil((LENGTH_BYTES + text.length) / 64) * 64).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - LENGTH_BYTES), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}
