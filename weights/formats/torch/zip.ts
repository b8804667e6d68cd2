// The directory of a zip archive whose entries are stored without compression, as PyTorch writes them: names
// and places. Source: APPNOTE 6.3.10, sections 4.3.7 to 4.3.16. Compression and several disks are refused.
import { OperatorError } from '../../operator-error.ts';
import type { Span } from '../protobuf-scan.ts';
import { Cursor, type SourceFile } from '../source-file.ts';

const END_BYTES = 22;
const COMMENT_BYTES = 0xffff;
const LARGE = 0xffffffff;
/** PyTorch writes one entry a tensor and a few more. */
const ENTRIES = 10_000;

/** Entry name -> place of its bytes. Throws OperatorError where this is no such archive. */
export function readZipDirectory(source: SourceFile): Map<string, Span> {
  const { start, count } = findDirectory(source);
  if (count > ENTRIES)
    throw new OperatorError(`zip directory: expected at most ${ENTRIES} entries, found ${count}`);
  const cursor = new Cursor(source, start, source.size, 'zip directory');
  const entries = new Map<string, Span>();
  for (let index = 0; index < count; index++) {
    if (cursor.u32() !== 0x02014b50)
      throw new OperatorError(`zip directory: expected entry ${index}, found other bytes`);
    cursor.skip(6);
    const method = cursor.u16();
    cursor.skip(8);
    const sizes = { length: 0, offset: 0 };
    const compressed = cursor.u32();
    sizes.length = compressed;
    cursor.skip(4);
    const nameLength = cursor.u16();
    const extraLength = cursor.u16();
    const commentLength = cursor.u16();
    cursor.skip(8);
    sizes.offset = cursor.u32();
    const name = new TextDecoder().decode(cursor.bytes(nameLength));
    if (method !== 0)
      throw new OperatorError(`${name}: expected a stored zip entry, found compression ${method}`);
    const extraEnd = cursor.position + extraLength;
    if (sizes.length === LARGE || sizes.offset === LARGE) readLargeSizes(cursor, extraEnd, sizes);
    cursor.skip(extraEnd - cursor.position + commentLength);
    entries.set(name, locate(source, name, sizes.offset, sizes.length));
  }
  return entries;
}

function findDirectory(source: SourceFile): { start: number; count: number } {
  const length = Math.min(source.size, END_BYTES + COMMENT_BYTES);
  const tail = source.read(source.size - length, length, 'zip end');
  const view = new DataView(tail.buffer);
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const count = view.getUint16(at + 10, true);
    const start = view.getUint32(at + 16, true);
    if (start !== LARGE && count !== 0xffff) return { start, count };
    if (at < 20 || view.getUint32(at - 20, true) !== 0x07064b50) break;
    const record = Number(view.getBigUint64(at - 12, true));
    const cursor = new Cursor(source, record, source.size, 'zip64 end');
    cursor.skip(32);
    const entries = cursor.u64();
    cursor.skip(8);
    return { count: entries, start: cursor.u64() };
  }
  throw new OperatorError('zip: expected a directory at the end, found none: the file is truncated');
}

/** Extra field 1: uncompressed size, compressed size, offset, each only where the entry says 0xffffffff. */
function readLargeSizes(cursor: Cursor, end: number, sizes: { length: number; offset: number }): void {
  while (cursor.position + 4 <= end) {
    const id = cursor.u16();
    const next = cursor.u16() + cursor.position;
    if (id === 1) {
      if (sizes.length === LARGE) {
        sizes.length = cursor.u64();
        cursor.u64();
      }
      if (sizes.offset === LARGE) sizes.offset = cursor.u64();
    }
    cursor.skip(next - cursor.position);
  }
}

function locate(source: SourceFile, name: string, offset: number, length: number): Span {
  const cursor = new Cursor(source, offset, source.size, name);
  if (cursor.u32() !== 0x04034b50)
    throw new OperatorError(`${name}: expected a zip entry at ${offset}, found other bytes`);
  cursor.skip(22);
  const nameLength = cursor.u16();
  const extraLength = cursor.u16();
  const position = cursor.skip(nameLength + extraLength) + nameLength + extraLength;
  source.require(position, length, name);
  return { position, length };
}
