// The entries of a zip archive, stored or deflated: PyTorch's files, .npz, .keras. Nothing is inflated before it is
// asked for, and never more than the directory declares. Source: APPNOTE 6.3.10, sections 4.3.7 to 4.3.16. Encryption,
// several disks and other methods are refused.

import { constants, inflateRawSync } from 'node:zlib';
import { excerpt } from '../../src/errors.ts';
import { OperatorError } from '../operator-error.ts';
import { Cursor } from './cursor.ts';

const END_BYTES = 22;
const COMMENT_BYTES = 0xffff;
const LARGE = 0xffffffff;
/** PyTorch writes one entry a tensor and a few more. */
const ENTRIES = 10_000;
const STORED = 0;
const DEFLATED = 8;

export interface ZipEntry {
  name: string;
  deflated: boolean;
  /** Bytes of the content, as declared. */
  size: number;
  /** The whole content: a view of the file where it is stored. Throws OperatorError for another length. */
  data(): Buffer;
  /** The first bytes of the content, 256 or more unless it is shorter. */
  start(): Buffer;
}

/** The entries by name. Throws OperatorError where this is no such archive. */
export function readZip(bytes: Buffer): Map<string, ZipEntry> {
  const { start, count } = findDirectory(bytes);
  if (count > ENTRIES)
    throw new OperatorError(`zip directory: expected at most ${ENTRIES} entries, found ${count}`);
  const cursor = new Cursor(bytes, 'zip directory', start);
  const entries = new Map<string, ZipEntry>();
  for (let index = 0; index < count; index++) {
    const entry = readEntry(bytes, cursor, index);
    entries.set(entry.name, entry);
  }
  return entries;
}

function readEntry(bytes: Buffer, cursor: Cursor, index: number): ZipEntry {
  if (cursor.u32() !== 0x02014b50)
    throw new OperatorError(`zip directory: expected entry ${index}, found other bytes`);
  cursor.take(4);
  const flags = cursor.u16();
  const method = cursor.u16();
  cursor.take(8);
  const sizes = { compressed: cursor.u32(), size: cursor.u32(), offset: 0 };
  const nameLength = cursor.u16();
  const extraLength = cursor.u16();
  const commentLength = cursor.u16();
  cursor.take(8);
  sizes.offset = cursor.u32();
  const name = cursor.take(nameLength).toString();
  readLargeSizes(new Cursor(cursor.take(extraLength), `${excerpt(name)} extra field`), sizes);
  cursor.take(commentLength);
  const label = excerpt(name);
  if ((flags & 1) !== 0 || (method !== STORED && method !== DEFLATED))
    throw new OperatorError(
      `${label}: expected a stored or deflated zip entry, found ${flags & 1 ? 'encryption' : `compression ${method}`}`,
    );
  if (method === STORED && sizes.size !== sizes.compressed)
    throw new OperatorError(`${label}: expected ${sizes.size} bytes, found ${sizes.compressed}`);
  const content = locate(bytes, label, sizes.offset, sizes.compressed);
  const deflated = method === DEFLATED;
  return {
    name,
    deflated,
    size: sizes.size,
    data: () => (deflated ? inflate(label, content, sizes.size) : content),
    start: () => (deflated ? inflateStart(label, content) : content.subarray(0, 4096)),
  };
}

function inflate(label: string, content: Buffer, size: number): Buffer {
  let data: Buffer;
  try {
    data = inflateRawSync(content, { maxOutputLength: Math.max(size, 1) });
  } catch (error) {
    throw new OperatorError(`${label}: expected ${size} deflated bytes, found ${(error as Error).message}`);
  }
  if (data.length !== size)
    throw new OperatorError(`${label}: expected ${size} deflated bytes, found ${data.length}`);
  return data;
}

function inflateStart(label: string, content: Buffer): Buffer {
  try {
    // 4 KB inflate to at most 4 MB.
    return inflateRawSync(content.subarray(0, 4096), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw new OperatorError(`${label}: expected deflated bytes, found ${(error as Error).message}`);
  }
}

function findDirectory(bytes: Buffer): { start: number; count: number } {
  const first = Math.max(0, bytes.length - END_BYTES - COMMENT_BYTES);
  for (let at = bytes.length - END_BYTES; at >= first; at--) {
    if (bytes.readUInt32LE(at) !== 0x06054b50) continue;
    const count = bytes.readUInt16LE(at + 10);
    const start = bytes.readUInt32LE(at + 16);
    if (start !== LARGE && count !== 0xffff) return { start, count };
    if (at < 20 || bytes.readUInt32LE(at - 20) !== 0x07064b50) break;
    const cursor = new Cursor(bytes, 'zip64 end', Number(bytes.readBigUInt64LE(at - 12)));
    cursor.take(32);
    const entries = cursor.u64();
    cursor.take(8);
    return { count: entries, start: cursor.u64() };
  }
  throw new OperatorError('zip: expected a directory at the end, found none: the file is truncated');
}

/** Extra field 1: uncompressed size, compressed size, offset, each only where the entry says 0xffffffff. */
function readLargeSizes(extra: Cursor, sizes: { compressed: number; size: number; offset: number }): void {
  while (extra.position + 4 <= extra.end) {
    const id = extra.u16();
    const field = new Cursor(extra.take(extra.u16()), 'zip64 extra field');
    if (id !== 1) continue;
    for (const key of ['size', 'compressed', 'offset'] as const)
      if (sizes[key] === LARGE) sizes[key] = field.u64();
  }
}

function locate(bytes: Buffer, label: string, offset: number, length: number): Buffer {
  const cursor = new Cursor(bytes, label, offset);
  if (cursor.u32() !== 0x04034b50)
    throw new OperatorError(`${label}: expected a zip entry at ${offset}, found other bytes`);
  cursor.take(22);
  const nameLength = cursor.u16();
  const extraLength = cursor.u16();
  cursor.take(nameLength + extraLength);
  return cursor.take(length);
}
