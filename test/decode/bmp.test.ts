// BMP against the pixels that the fixtures were made of, before the resize, all equal. sharp reads no BMP; the
// encoder in test/support shares no code with the decoder.
import { describe, expect, test } from 'vitest';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { randomIntegers } from '../../tools/fixtures/random.ts';
import { type BmpPicture, bmpPixels, encodeBmp } from '../support/encode-bmp.ts';
import { decode, decodeAll, decoder } from '../support/exact-pixels.ts';

const CHUNKS = [1, 7, 1 << 16];

function picture(bits: BmpPicture['bits'], width = 23, height = 17): BmpPicture {
  const next = randomIntegers(bits + width);
  return {
    width,
    height,
    bits,
    pixels: Array.from({ length: width * height }, () => next(2 ** bits)),
    ...(bits <= 8 ? { palette: Array.from({ length: 3 * 2 ** bits }, () => next(256)) } : {}),
  };
}

const status = (bytes: Uint8Array) => decode(decoder(), 'bmp', bytes).status;

function expectPixels(made: BmpPicture, expected = bmpPixels(made)): void {
  const bmp = encodeBmp(made);
  for (const chunk of CHUNKS) expect(decodeAll('bmp', bmp, { chunk }).rgb).toEqual(expected);
  expect(decodeAll('bmp', bmp, { debug: true }).rgb).toEqual(expected);
}

describe('plain rows', () => {
  test.each([1, 4, 8, 16, 24, 32] as const)('%i bits, from the bottom and from the top', (bits) => {
    for (const width of [1, 7, 8, 9, 23, 32]) {
      expectPixels(picture(bits, width, 11));
      expectPixels({ ...picture(bits, width, 11), fromTop: true });
    }
  });

  test.each([12, 40, 52, 56, 64, 108, 124])('a header of %i bytes', (headerBytes) => {
    for (const bits of [1, 4, 8, 24] as const) expectPixels({ ...picture(bits), headerBytes });
  });

  test('a short palette, and a gap before the pixels', () => {
    const made = { ...picture(8), gap: 37 };
    expectPixels({
      ...made,
      palette: (made.palette ?? []).slice(0, 30),
      pixels: made.pixels.map((p) => p % 20),
    });
  });

  test('a palette as long as there is room for when the header announces more', () => {
    const made = picture(4);
    expectPixels({ ...made, colorsUsed: 70_000 });
    expectPixels({ ...made, colorsUsed: 0 });
  });

  test.each([
    [0, 0],
    [14, 8],
    [3, 2],
  ])('a window at %i, %i', (left, top) => {
    for (const fromTop of [false, true]) {
      const made = { ...picture(24), fromTop };
      const size = 9;
      const got = decode(decoder(), 'bmp', encodeBmp(made), { left, top, size }).rgb;
      const all = bmpPixels(made);
      const rows = Array.from({ length: size }, (_, y) => [
        ...all.subarray(((top + y) * 23 + left) * 3, ((top + y) * 23 + left + size) * 3),
      ]);
      expect([...got]).toEqual(rows.flat());
    }
  });
});

describe('masks', () => {
  test.each<[BmpPicture['bits'], [number, number, number]]>([
    [16, [0xf800, 0x07e0, 0x001f]],
    [16, [0x0f00, 0x00f0, 0x000f]],
    [16, [0x0001, 0xfff0, 0x0000]],
    [32, [0xff000000, 0x00ff0000, 0x0000ff00]],
    [32, [0x000000ff, 0x0000ff00, 0x00ff0000]],
    [32, [0x3ff00000, 0x000ffc00, 0x000003ff]],
    [32, [0xffffffff, 0x0000ffff, 0x00010000]],
  ])('%i bits, %o', (bits, masks) => {
    for (const [headerBytes, compression] of [
      [40, 3],
      [40, 6],
      [52, 3],
      [56, 3],
      [124, 3],
    ] as const)
      expectPixels({ ...picture(bits), masks, headerBytes, compression });
  });
});

describe('runs', () => {
  const palette = Array.from({ length: 48 }, (_, i) => (i * 37) % 256);
  const eight: BmpPicture = { width: 6, height: 4, bits: 8, pixels: [], palette, compression: 1 };
  const four: BmpPicture = { ...eight, bits: 4, compression: 2 };
  const rgb = (rows: number[][]) => bmpPixels({ ...eight, pixels: rows.flat() });

  // The first row of the file is the lowest of the picture.
  test('RLE8: runs, literals of odd and even number, ends of rows', () => {
    const data = [
      6, 3, 0, 0, 0, 3, 1, 2, 3, 0, 3, 4, 0, 0, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 2, 9, 0, 4, 5, 6, 7, 8, 0, 1,
    ];
    expectPixels(
      { ...eight, data: Buffer.from(data) },
      rgb([
        [9, 9, 5, 6, 7, 8],
        [1, 2, 3, 4, 5, 6],
        [1, 2, 3, 4, 4, 4],
        [3, 3, 3, 3, 3, 3],
      ]),
    );
  });

  test('RLE4: the halves of a byte in turn', () => {
    const data = [
      6, 0x3a, 0, 0, 5, 0x12, 0, 0, 0, 5, 0x12, 0x34, 0x50, 0, 0, 0, 0, 3, 0x98, 0x70, 3, 0x11, 0, 1,
    ];
    expectPixels(
      { ...four, data: Buffer.from(data) },
      rgb([
        [9, 8, 7, 1, 1, 1],
        [1, 2, 3, 4, 5, 0],
        [1, 2, 1, 2, 1, 0],
        [3, 10, 3, 10, 3, 10],
      ]),
    );
  });

  test('jumps leave colour 0, also rows and columns at once', () => {
    const data = [1, 5, 0, 2, 2, 2, 2, 7, 0, 2, 0, 0, 1, 8, 0, 0, 6, 1, 0, 1];
    expectPixels(
      { ...eight, data: Buffer.from(data) },
      rgb([
        [1, 1, 1, 1, 1, 1],
        [0, 0, 0, 7, 7, 8],
        [0, 0, 0, 0, 0, 0],
        [5, 0, 0, 0, 0, 0],
      ]),
    );
  });

  test('an early end of the picture leaves colour 0; the end may be missing', () => {
    const blank = [0, 0, 0, 0, 0, 0];
    expectPixels(
      { ...eight, data: Buffer.from([3, 5, 0, 1]) },
      rgb([blank, blank, blank, [5, 5, 5, 0, 0, 0]]),
    );
    const full = Buffer.from([6, 1, 0, 0, 6, 1, 0, 0, 6, 1, 0, 0, 6, 1, 0, 0]);
    expectPixels({ ...eight, data: full }, rgb(Array(4).fill([1, 1, 1, 1, 1, 1])));
  });

  test('what runs past the right edge is dropped', () => {
    const row = [255, 2, 0, 5, 9, 9, 9, 9, 9, 0, 255, 3, 0, 0];
    const data = Buffer.from([...row, ...row, ...row, ...row]);
    expectPixels({ ...eight, data }, rgb(Array(4).fill([2, 2, 2, 2, 2, 2])));
  });

  test('a jump past the right edge is refused', () => {
    expect(status(encodeBmp({ ...eight, data: Buffer.from([0, 2, 7, 0, 0, 1]) }))).toBe(-2);
  });
});

describe('a pixel offset of 0: behind what is before them', () => {
  test.each([
    ['12 bytes of header', { ...picture(4), headerBytes: 12 }],
    ['a palette', picture(8)],
    ['no palette', picture(24)],
    ['masks', { ...picture(16), compression: 3, masks: [0xf800, 0x7e0, 0x1f] }],
    [
      'masks in the header',
      { ...picture(16), headerBytes: 56, compression: 3, masks: [0xf800, 0x7e0, 0x1f] },
    ],
  ] as [string, BmpPicture][])('%s', (_, made) => {
    const bmp = encodeBmp(made);
    bmp.writeUInt32LE(0, 10);
    for (const chunk of CHUNKS) expect(decodeAll('bmp', bmp, { chunk }).rgb).toEqual(bmpPixels(made));
  });
});

describe('a file of another format inside', () => {
  test.each([
    ['jpeg', 4],
    ['png', 5],
  ] as const)('%s', async (format, compression) => {
    const inside = await photograph(61, 43).toFormat(format).toBuffer();
    const header = encodeBmp({
      width: 61,
      height: 43,
      bits: 24,
      pixels: [],
      compression,
      data: Buffer.alloc(0),
    });
    for (const gap of [0, 11]) {
      const bmp = Buffer.concat([header, Buffer.alloc(gap), inside]);
      bmp.writeUInt32LE(header.length + gap, 10);
      bmp.writeUInt16LE(0, 28);
      for (const chunk of CHUNKS) {
        const { rgb, width, height } = decodeAll('bmp', bmp, { chunk });
        expect([width, height]).toEqual([61, 43]);
        expect(rgb).toEqual(decodeAll(format, inside).rgb);
      }
    }
  });
});

describe('refusals', () => {
  const made = picture(24);
  const changed = (offset: number, value: number) => {
    const bytes = encodeBmp(made);
    bytes.writeInt32LE(value, offset);
    return bytes;
  };

  test.each([
    ['a header of 11 bytes', -3, changed(14, 11)],
    ['a header of 125 bytes', -3, changed(14, 125)],
    ['width 0', -2, changed(18, 0)],
    ['width -1', -2, changed(18, -1)],
    ['height 0', -2, changed(22, 0)],
    ['height -2^31', -2, changed(22, -(2 ** 31))],
    ['pixels inside the header', -2, changed(10, 40)],
    ['2 bits', -3, changed(26, 0x00020001)],
    ['JPEG inside that is none', -2, changed(30, 4)],
    ['PNG inside that is none', -2, changed(30, 5)],
    ['RLE8 of 24 bits', -3, changed(30, 1)],
    ['runs from the top', -3, encodeBmp({ ...picture(8), fromTop: true, compression: 1 })],
    ["OS/2's RLE24", -3, encodeBmp({ ...made, headerBytes: 64, compression: 4 })],
  ])('%s', (_, expected, bytes) => {
    expect(status(bytes)).toBe(expected);
  });

  test('rows that do not fit in the memory', () => {
    const wide = changed(18, 200_000_000);
    expect(decode(decoder(), 'bmp', wide, { resized: [256, 256], size: 227 }).status).toBe(-5);
  });
});
