// PNG against sharp and against the samples that the fixtures were made of; pixels before the resize, all equal.
import { deflateSync } from 'node:zlib';
import sharp, { type PngOptions } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { randomIntegers } from '../../tools/fixtures/random.ts';
import {
  CHANNELS,
  chunk,
  encodePng,
  header,
  type PngPicture,
  pngPixels,
  rawRows,
} from '../support/encode-png.ts';
import { decode, decodeAll, decoder } from '../support/exact-pixels.ts';

const CHUNKS = [1, 7, 1 << 16];

const KINDS: [PngPicture['colorType'], PngPicture['depth'][]][] = [
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
];
const CASES = KINDS.flatMap(([colorType, depths]) =>
  depths.flatMap((depth) => [false, true].map((interlaced) => ({ colorType, depth, interlaced }))),
);

function picture(
  colorType: PngPicture['colorType'],
  depth: PngPicture['depth'],
  width: number,
  height: number,
  seed = 1,
): PngPicture {
  const next = randomIntegers(seed);
  const samples = Array.from({ length: width * height * CHANNELS[colorType] }, () => next(2 ** depth));
  const palette = Array.from({ length: 3 * 2 ** Math.min(depth, 8) }, () => next(256));
  return {
    width,
    height,
    colorType,
    depth,
    samples,
    filter: (y) => y % 5,
    ...(colorType === 3 ? { palette } : {}),
  };
}

async function sharpPixels(png: Buffer): Promise<Uint8Array> {
  return new Uint8Array(await sharp(png).toColourspace('srgb').removeAlpha().raw().toBuffer());
}

const status = (bytes: Uint8Array) => decode(decoder(), 'png', bytes).status;

describe('every colour type, depth and filter', () => {
  test.each(CASES)('colour type $colorType, depth $depth, interlaced $interlaced', async (kind) => {
    const made = { ...picture(kind.colorType, kind.depth, 37, 29), interlaced: kind.interlaced };
    const png = encodePng({ ...made, idatBytes: 50 });
    const expected = pngPixels(made);
    expect(await sharpPixels(png)).toEqual(expected);
    for (const size of CHUNKS) expect(decodeAll('png', png, { chunk: size }).rgb).toEqual(expected);
    expect(decodeAll('png', png, { debug: true }).rgb).toEqual(expected);
  });

  test.each([1, 2, 3, 4, 5, 8, 9])('interlaced, %i columns or rows', (side) => {
    for (const [width, height] of [
      [side, 1],
      [1, side],
      [side, 6],
      [6, side],
    ] as const) {
      const made = { ...picture(2, 8, width, height, side), interlaced: true };
      expect(decodeAll('png', encodePng(made)).rgb).toEqual(pngPixels(made));
    }
  });

  test('alpha and tRNS are dropped, not blended', async () => {
    const made = { ...picture(3, 8, 16, 16), before: [chunk('tRNS', Buffer.alloc(256))] };
    expect(decodeAll('png', encodePng(made)).rgb).toEqual(pngPixels(made));
    const grey = { ...picture(0, 8, 16, 16), before: [chunk('tRNS', Buffer.from([0, 7]))] };
    expect(decodeAll('png', encodePng(grey)).rgb).toEqual(pngPixels(grey));
  });

  test('colours that the palette leaves out are black', () => {
    const made = { ...picture(3, 4, 16, 16), palette: [9, 8, 7, 200, 100, 50] };
    expect(decodeAll('png', encodePng(made)).rgb).toEqual(pngPixels(made));
  });

  test('chunks that are not needed are passed over', () => {
    const made = picture(2, 8, 9, 9);
    const text = chunk('tEXt', Buffer.alloc(200_000, 'a'));
    const png = encodePng({ ...made, before: [text, chunk('acTL', Buffer.alloc(8))], behind: [text] });
    for (const size of CHUNKS) expect(decodeAll('png', png, { chunk: size }).rgb).toEqual(pngPixels(made));
  });
});

describe('pictures of sharp', () => {
  let rgb: Buffer;
  const info = { raw: { width: 256, height: 256, channels: 3 as const } };
  beforeAll(() => {
    const next = randomIntegers(7);
    rgb = Buffer.from(
      Array.from({ length: 256 * 256 * 3 }, (_, i) => (i >> 6) + (i % 3) * 40 + next(9)).map((x) => x & 255),
    );
  });

  test.each<PngOptions>([
    {},
    { compressionLevel: 0 },
    { compressionLevel: 9, adaptiveFiltering: true },
    { progressive: true },
    { palette: true, colours: 200 },
    { palette: true, colours: 12, progressive: true },
  ])('%o', async (options) => {
    const png = await sharp(rgb, info).png(options).toBuffer();
    const expected = await sharpPixels(png);
    for (const size of CHUNKS) expect(decodeAll('png', png, { chunk: size }).rgb).toEqual(expected);
  });

  test('a window of the picture is the same square', async () => {
    const png = await sharp(rgb, info).png({ adaptiveFiltering: true }).toBuffer();
    for (const interlaced of [false, true]) {
      const file = interlaced ? await sharp(rgb, info).png({ progressive: true }).toBuffer() : png;
      const square = decode(decoder(), 'png', file, { left: 101, top: 53, size: 90 }).rgb;
      const expected = await sharp(rgb, info)
        .extract({ left: 101, top: 53, width: 90, height: 90 })
        .raw()
        .toBuffer();
      expect(square).toEqual(new Uint8Array(expected));
    }
  });
});

describe('orientation', () => {
  const exif = (value: number) =>
    chunk('eXIf', Buffer.from([77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0]));

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('eXIf says %i, before the pixels or behind them', (value) => {
    const made = picture(2, 8, 5, 5);
    for (const size of CHUNKS) {
      const before = encodePng({ ...made, before: [exif(value)] });
      const behind = encodePng({ ...made, behind: [exif(value)] });
      expect(decodeAll('png', before, { chunk: size }).orientation).toBe(value);
      expect(decodeAll('png', behind, { chunk: size }).orientation).toBe(value);
    }
  });

  test('a damaged eXIf counts as not there', () => {
    const wrong = exif(6);
    wrong[20] = 0xff;
    expect(decodeAll('png', encodePng({ ...picture(2, 8, 5, 5), before: [wrong] })).orientation).toBe(1);
  });
});

describe('refusals', () => {
  const made = picture(2, 8, 8, 8);
  const good = encodePng(made);

  test.each([
    ['signature', -2, Buffer.concat([Buffer.from([0x88]), good.subarray(1)])],
    ['no IHDR first', -2, Buffer.concat([good.subarray(0, 8), good.subarray(33)])],
    ['two IHDR', -2, encodePng({ ...made, before: [header(8, 8, 8, 2)] })],
    ['width 0', -2, encodePng({ ...made, width: 0, data: Buffer.alloc(20) })],
    ['height over 2^31', -2, encodePng({ ...made, height: 0x80000000, data: Buffer.alloc(20) })],
    ['depth 3', -2, encodePng({ ...made, depth: 3 as 8, data: Buffer.alloc(20) })],
    ['true colour of 4 bits', -2, encodePng({ ...made, depth: 4, data: Buffer.alloc(20) })],
    ['unknown critical chunk', -2, encodePng({ ...made, before: [chunk('CgBI', Buffer.alloc(4))] })],
    ['no palette', -2, encodePng({ ...picture(3, 8, 8, 8), palette: undefined as unknown as number[] })],
    ['palette of 4 bytes', -2, encodePng({ ...picture(3, 8, 8, 8), palette: [1, 2, 3, 4] })],
    ['filter 5', -2, encodePng({ ...made, filter: () => 5 })],
    ['one row too many', -2, encodePng({ ...made, data: deflateSync(rawRows(picture(2, 8, 8, 9))) })],
    ['one row too few', -2, encodePng({ ...made, data: deflateSync(rawRows(picture(2, 8, 8, 7))) })],
    ['no pixels', -2, Buffer.concat([good.subarray(0, 33), good.subarray(-12)])],
    ['IDAT interrupted', -2, interrupted()],
  ])('%s', (_, expected, bytes) => {
    expect(status(bytes)).toBe(expected);
  });

  function interrupted(): Buffer {
    const whole = encodePng({ ...picture(2, 8, 8, 8), idatBytes: 20 });
    const second = whole.indexOf('IDAT', whole.indexOf('IDAT') + 4, 'latin1') - 4;
    return Buffer.concat([whole.subarray(0, second), chunk('tEXt', Buffer.alloc(3)), whole.subarray(second)]);
  }

  test('a wrong CRC of IHDR', () => {
    const bytes = Buffer.from(good);
    bytes[19] = 9;
    expect(status(bytes)).toBe(-2);
  });

  test('rows that do not fit in the memory', () => {
    const wide = encodePng({ ...picture(6, 16, 8, 8), width: 1_000_000, height: 1, data: Buffer.alloc(20) });
    expect(decode(decoder(), 'png', wide, { resized: [256, 256], size: 227 }).status).toBe(-5);
  });
});
