// Orientation 1 to 8 in every place and form in which files have it: JPEG, PNG before and behind its pixels, WebP; both
// byte orders; as SHORT, as TIFF says, and as LONG, as some cameras write it. The witness is the upright picture, turned
// here by the table of EXIF 2.32, 4.6.4 A, from the pixels that sharp decodes, then cropped by the slow reference.
import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { decodeOptions, imageDecoder } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import type { Raw } from '../reference/resize.ts';
import { joined, segment, segments } from '../support/jpeg-segments.ts';
import { difference, rawBySharp, referenceCrop } from '../support/pixels.ts';

const SHORT = 3;
const LONG = 4;
/** Neither side is a multiple of the other's; the margins of the crop are odd on both. */
const [WIDTH, HEIGHT] = [301, 233];

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
  const extended = Buffer.alloc(10);
  extended[0] = 8;
  extended.writeUIntLE(WIDTH - 1, 4, 3);
  extended.writeUIntLE(HEIGHT - 1, 7, 3);
  const chunks = [riffChunk('VP8X', extended), plain.subarray(12), riffChunk('EXIF', block)];
  return riffChunk('RIFF', Buffer.concat([Buffer.from('WEBP'), ...chunks]));
}

/** Where pixel (x, y) of the upright picture is stored, by the sides of the stored one. */
const PLACES: ((x: number, y: number, w: number, h: number) => [number, number])[] = [
  (x, y) => [x, y],
  (x, y, w) => [w - 1 - x, y],
  (x, y, w, h) => [w - 1 - x, h - 1 - y],
  (x, y, _, h) => [x, h - 1 - y],
  (x, y) => [y, x],
  (x, y, _, h) => [y, h - 1 - x],
  (x, y, w, h) => [w - 1 - y, h - 1 - x],
  (x, y, w) => [w - 1 - y, x],
];

function turned(stored: Raw, orientation: number): Raw {
  const { width: w, height: h } = stored;
  const place = PLACES[orientation - 1] ?? ((x, y) => [x, y]);
  const [width, height] = orientation > 4 ? [h, w] : [w, h];
  const pixels = new Uint8Array(w * h * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [column, row] = place(x, y, w, h);
      const from = (row * w + column) * 3;
      pixels.set(stored.pixels.subarray(from, from + 3), (y * width + x) * 3);
    }
  return { width, height, pixels };
}

const FORMS = {
  JPEG: 'jpeg',
  'PNG before IDAT': 'png',
  'PNG behind IDAT': 'png',
  WebP: 'webp',
} as const;
type Form = keyof typeof FORMS;

let decoder: ImageDecoder;
const plain: Partial<Record<string, Buffer>> = {};

beforeAll(async () => {
  decoder = await imageDecoder();
  for (const format of ['jpeg', 'png', 'webp'] as const)
    plain[format] = await photograph(WIDTH, HEIGHT, 11)
      .toFormat(format, format === 'webp' ? { lossless: true, effort: 0 } : {})
      .toBuffer();
});

function withOrientation(form: Form, block: Buffer): Uint8Array {
  const file = plain[FORMS[form]] ?? Buffer.alloc(0);
  if (form === 'JPEG') return inJpeg(file, block);
  if (form === 'WebP') return inWebp(file, block);
  return inPng(file, block, form === 'PNG before IDAT' ? 'IDAT' : 'IEND');
}

describe.each(Object.keys(FORMS) as Form[])('%s', (form) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i', async (orientation) => {
    const stored = await rawBySharp(plain[FORMS[form]] ?? Buffer.alloc(0));
    const expected = referenceCrop(turned(stored, orientation));
    for (const little of [true, false])
      for (const type of [SHORT, LONG]) {
        const file = withOrientation(form, tiff(little, type, orientation));
        const picture = await decoder.decode(file, decodeOptions({ damaged: 'refuse' }));
        expect([little, type, picture.orientation]).toEqual([little, type, orientation]);
        const { mean, most } = difference(picture.pixels, expected);
        expect(mean).toBeLessThanOrEqual(0.02);
        expect(most).toBeLessThanOrEqual(1);
      }
  });
});
