// Files with an EXIF orientation in every place and form in which files have it: JPEG, PNG before and behind its pixels,
// WebP; both byte orders; as SHORT, as TIFF says, and as LONG, as some cameras write it.
import { crc32 } from 'node:zlib';
import { joined, segment, segments } from './jpeg-segments.ts';

/** TIFF's types of a field. */
export const SHORT = 3;
export const LONG = 4;

export const FORMS = ['JPEG', 'PNG before IDAT', 'PNG behind IDAT', 'WebP'] as const;
export type Form = (typeof FORMS)[number];

/** A TIFF file of one tag. */
function tiff(little: boolean, type: number, orientation: number): Buffer {
  const bytes = Buffer.alloc(26);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  bytes.write(little ? 'II' : 'MM');
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, 1, little);
  view.setUint16(10, 274, little);
  view.setUint16(12, type, little);
  view.setUint32(14, 1, little);
  if (type === SHORT) view.setUint16(18, orientation, little);
  else view.setUint32(18, orientation, little);
  return bytes;
}

function inJpeg(plain: Uint8Array, block: Buffer): Uint8Array {
  const exif = segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), block]));
  return joined(segments(plain).toSpliced(1, 0, exif));
}

/** @param before the chunk that the eXIf chunk comes before */
function inPng(plain: Buffer, block: Buffer, before: 'IDAT' | 'IEND'): Buffer {
  const chunk = Buffer.alloc(12 + block.length);
  chunk.writeUInt32BE(block.length);
  chunk.write('eXIf', 4);
  block.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + block.length)), 8 + block.length);
  const at = plain.indexOf(before) - 4;
  return Buffer.concat([plain.subarray(0, at), chunk, plain.subarray(at)]);
}

function riffChunk(type: string, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.write(type);
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length & 1)]);
}

/** Behind the pixels, where the format has it. */
function inWebp(plain: Buffer, block: Buffer): Buffer {
  // VP8L: 14 bits for each side, less one, behind the signature.
  const sides = plain.readUInt32LE(21);
  const extended = Buffer.alloc(10);
  extended[0] = 8;
  extended.writeUIntLE(sides & 0x3fff, 4, 3);
  extended.writeUIntLE((sides >> 14) & 0x3fff, 7, 3);
  const chunks = [riffChunk('VP8X', extended), plain.subarray(12), riffChunk('EXIF', block)];
  return riffChunk('RIFF', Buffer.concat([Buffer.from('WEBP'), ...chunks]));
}

/** The format of the plain file that `withOrientation` takes. */
export function encodingOf(form: Form): 'jpeg' | 'png' | 'webp' {
  if (form === 'JPEG') return 'jpeg';
  return form === 'WebP' ? 'webp' : 'png';
}

/** @param plain the file without EXIF; a WebP is one of a single lossless chunk, whose header tells its sides */
export function withOrientation(
  form: Form,
  plain: Buffer,
  little: boolean,
  type: number,
  orientation: number,
): Buffer {
  const block = tiff(little, type, orientation);
  if (form === 'JPEG') return Buffer.from(inJpeg(plain, block));
  if (form === 'WebP') return inWebp(plain, block);
  return inPng(plain, block, form === 'PNG before IDAT' ? 'IDAT' : 'IEND');
}
