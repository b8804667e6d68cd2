// The layers of PNG one by one: chunks and their checksums, every kind of DEFLATE block, and what is wrong
// in a file that looks right. zlib is the witness.
import { constants, deflateSync, type ZlibOptions } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { imageDecoder, inChunks, unresized } from '../support/decoder.ts';
import { photographPixels } from '../support/photograph.ts';
import { difference } from '../support/pixels.ts';
import { chunk, type PngPlan, pngFile } from '../support/png-writer.ts';
import { randomNumbers } from '../support/random.ts';

let decoder: ImageDecoder;

beforeAll(async () => {
  decoder = await imageDecoder();
});

const SIDE = 260;

/** RGB rows with filter 0 and the pixels they hold. */
function rows(kind: 'photo' | 'noise' | 'flat' | 'text'): { filtered: Uint8Array; pixels: Uint8Array } {
  const next = randomNumbers(3);
  const pixels = photographPixels(SIDE, SIDE, 9);
  if (kind === 'noise') pixels.set(pixels.map(() => next() * 256));
  if (kind === 'flat') pixels.fill(77);
  if (kind === 'text')
    pixels.set(Buffer.alloc(pixels.length, 'It was the best of times, it was the worst. '));
  const filtered = new Uint8Array(SIDE * (SIDE * 3 + 1));
  for (let y = 0; y < SIDE; y++)
    filtered.set(pixels.subarray(y * SIDE * 3, (y + 1) * SIDE * 3), y * (SIDE * 3 + 1) + 1);
  return { filtered, pixels };
}

describe('DEFLATE', () => {
  const options: [string, ZlibOptions][] = [
    ['stored', { level: 0 }],
    ['fastest', { level: 1 }],
    ['best', { level: 9 }],
    ['fixed codes', { strategy: constants.Z_FIXED }],
    ['no matches', { strategy: constants.Z_HUFFMAN_ONLY }],
    ['runs only', { strategy: constants.Z_RLE }],
    ['a window of 512 bytes', { windowBits: 9 }],
    ['many blocks', { memLevel: 1 }],
  ];
  it.each(options)('%s', async (_, how) => {
    for (const kind of ['photo', 'noise', 'flat', 'text'] as const) {
      const { filtered, pixels } = rows(kind);
      const idat = chunk('IDAT', deflateSync(filtered, how));
      const file = pngFile({ width: SIDE, height: SIDE, type: 2, idat });
      const whole = await decoder.decode(file, unresized(SIDE));
      expect([kind, difference(whole.pixels, pixels).most]).toEqual([kind, 0]);
      const cut = await decoder.decode(inChunks(file, 997), unresized(SIDE));
      expect([kind, difference(cut.pixels, pixels).most]).toEqual([kind, 0]);
    }
  });
});

describe('chunks', () => {
  it('of pixels may be as short as one byte, or empty', async () => {
    const { filtered, pixels } = rows('photo');
    const data = deflateSync(filtered.subarray(0, 20 * (SIDE * 3 + 1)));
    const bytes = Array.from(data, (byte) => chunk('IDAT', Uint8Array.of(byte)));
    const idat = Buffer.concat(bytes.flatMap((one) => [one, chunk('IDAT', new Uint8Array(0))]));
    const file = pngFile({ width: SIDE, height: 20, type: 2, idat });
    const { pixels: out } = await decoder.decode(file, unresized(20));
    const line = (y: number) => pixels.subarray((y * SIDE + 120) * 3, (y * SIDE + 140) * 3);
    for (let y = 0; y < 20; y++) expect(difference(out.subarray(y * 60, y * 60 + 60), line(y)).most).toBe(0);
  });

  it('an index without a colour is black', async () => {
    const before = chunk('PLTE', Uint8Array.of(9, 8, 7));
    const file = pngFile({ width: 2, height: 2, type: 3, before, rows: Uint8Array.of(0, 0, 1, 0, 200, 0) });
    const { pixels } = await decoder.decode(file, unresized(2));
    expect(Array.from(pixels)).toEqual([9, 8, 7, 0, 0, 0, 0, 0, 0, 9, 8, 7]);
  });
});

/** zlib around a fixed block with these bits, first bit first. */
function fixedBlock(bits: string): Buffer {
  const all = `110${bits}`.padEnd(Math.ceil((bits.length + 3) / 8) * 8, '0');
  const bytes = Array.from({ length: all.length / 8 }, (_, i) =>
    Number.parseInt([...all.slice(8 * i, 8 * i + 8)].reverse().join(''), 2),
  );
  return chunk('IDAT', Uint8Array.of(0x78, 0x9c, ...bytes));
}

describe('damaged', () => {
  const square = { width: 2, height: 2 };
  const good = Uint8Array.of(0, 1, 2, 0, 3, 4);
  const flipped = (file: Buffer, at: number) => {
    const out = Buffer.from(file);
    out[at] = (out[at] ?? 0) ^ 1;
    return out;
  };
  const plain = pngFile({ ...square, rows: good });
  // 8-bit code of the byte 0: 00110000. Length 3: 0000001. Distance 4, symbol 3: 00011. End: 0000000.
  const literal = '00110000';
  const wrong: [string, Buffer | PngPlan][] = [
    ['checksum of IHDR', flipped(plain, 29)],
    [
      'checksum of the pixels',
      (() => flipped(pngFile({ width: 2, height: 400, rows: Buffer.alloc(1200) }), 41 + 16))(),
    ],
    ['width of zero', { width: 0, height: 2, rows: good }],
    ['a depth that does not exist', { ...square, depth: 3, rows: good }],
    ['a depth that the type has not', { ...square, depth: 4, type: 2, rows: good }],
    ['no palette', { ...square, type: 3, rows: good }],
    ['a palette of 4 bytes', { ...square, type: 3, before: chunk('PLTE', new Uint8Array(4)), rows: good }],
    ['two headers', { ...square, before: plain.subarray(8, 33), rows: good }],
    ['a filter that does not exist', { ...square, rows: Uint8Array.of(5, 1, 2, 0, 3, 4) }],
    ['too few rows', { ...square, rows: good.subarray(0, 5) }],
    ['no rows', { ...square, rows: new Uint8Array(0) }],
    ['no zlib header', { ...square, idat: chunk('IDAT', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)) }],
    ['a preset dictionary', { ...square, idat: chunk('IDAT', Uint8Array.of(0x78, 0xbb, 1, 2, 3, 4, 5, 6)) }],
    [
      'a distance before the start',
      { ...square, idat: fixedBlock(`${literal}000000100011${literal}0000000`) },
    ],
    ['a block of type 3', { ...square, idat: chunk('IDAT', Uint8Array.of(0x78, 0x9c, 7, 0, 0, 0, 0, 0)) }],
    [
      'a stored length without its complement',
      { ...square, idat: chunk('IDAT', Uint8Array.of(0x78, 0x9c, 1, 6, 0, 0, 0, ...good)) },
    ],
  ];
  it.each(wrong)('%s', async (_, file) => {
    const bytes = file instanceof Uint8Array ? file : pngFile(file);
    await expect(decoder.decode(bytes, unresized(2))).rejects.toMatchObject({ code: 'damaged-image' });
  });
});
