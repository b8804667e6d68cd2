// GIF against sharp and against the colour numbers that the fixtures were made of; pixels before the resize, all
// equal.
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { randomIntegers } from '../../tools/fixtures/random.ts';
import { encodeGif, type GifPicture, gifPixels, lzw, subBlocks } from '../support/encode-gif.ts';
import { decode, decodeAll, decoder } from '../support/exact-pixels.ts';

const CHUNKS = [1, 7, 1 << 16];

function picture(bits: number, width: number, height: number, calm = 1): GifPicture {
  const next = randomIntegers(bits * 1000 + width);
  let colour = 0;
  return {
    width,
    height,
    bits,
    frame: { left: 0, top: 0, width, height },
    pixels: Array.from({ length: width * height }, () => {
      if (next(calm) === 0) colour = next(2 ** bits);
      return colour;
    }),
    globalPalette: Array.from({ length: 3 * 2 ** bits }, () => next(256)),
  };
}

async function sharpPixels(gif: Buffer): Promise<Uint8Array> {
  return new Uint8Array(await sharp(gif).toColourspace('srgb').removeAlpha().raw().toBuffer());
}

const status = (bytes: Uint8Array) => decode(decoder(), 'gif', bytes).status;

describe('frames that fill their canvas', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('%i bits', async (bits) => {
    for (const interlaced of [false, true])
      for (const calm of [1, 40]) {
        const made = { ...picture(bits, 101, 83, calm), interlaced };
        const gif = encodeGif(made);
        const expected = gifPixels(made);
        expect(await sharpPixels(gif)).toEqual(expected);
        for (const chunk of CHUNKS) expect(decodeAll('gif', gif, { chunk }).rgb).toEqual(expected);
        expect(decodeAll('gif', gif, { debug: true }).rgb).toEqual(expected);
      }
  });

  test.each([1, 2, 3, 4, 5, 7, 8, 9])('interlaced, %i rows', async (height) => {
    const made = { ...picture(4, 6, height), interlaced: true };
    expect(decodeAll('gif', encodeGif(made)).rgb).toEqual(gifPixels(made));
  });

  test('one colour: strings of thousands of bytes, over many rows', async () => {
    const made = picture(2, 300, 300, 1 << 30);
    const gif = encodeGif(made);
    expect(decodeAll('gif', gif, { chunk: 7 }).rgb).toEqual(gifPixels(made));
    expect(await sharpPixels(gif)).toEqual(gifPixels(made));
  });

  test('a table that stays full', async () => {
    const made = { ...picture(8, 150, 150), deferred: true };
    const gif = encodeGif(made);
    expect(await sharpPixels(gif)).toEqual(gifPixels(made));
    for (const chunk of CHUNKS) expect(decodeAll('gif', gif, { chunk }).rgb).toEqual(gifPixels(made));
  });

  test('a GIF of sharp, animated: its first frame', async () => {
    const next = randomIntegers(3);
    const rgb = Buffer.from(Array.from({ length: 64 * 192 * 3 }, (_, i) => (i >> 7) + next(30)));
    const gif = await sharp(rgb, { raw: { width: 64, height: 192, channels: 3, pageHeight: 64 } })
      .gif({ loop: 0, delay: [40, 40, 40] })
      .toBuffer();
    for (const chunk of CHUNKS) expect(decodeAll('gif', gif, { chunk }).rgb).toEqual(await sharpPixels(gif));
  });
});

describe('frames elsewhere', () => {
  const small = {
    ...picture(3, 12, 10),
    width: 30,
    height: 20,
    frame: { left: 7, top: 5, width: 12, height: 10 },
  };
  const palette = Array.from({ length: 24 }, (_, i) => i * 9);

  test.each<[string, GifPicture]>([
    ['on a larger canvas', small],
    ['interlaced', { ...small, interlaced: true }],
    ['with a transparent colour', { ...small, transparent: 5 }],
    ['with a palette of its own', { ...small, localPalette: palette, transparent: 3 }],
    ['with two palettes', { ...small, localPalette: palette }],
    ['without any palette', { ...small, globalPalette: undefined as unknown as number[] }],
    ['past the right and lower edge', { ...small, width: 9, height: 6 }],
    ['on no canvas', { ...small, width: 0, height: 0 }],
  ])('%s', (_, made) => {
    for (const chunk of CHUNKS) {
      const got = decodeAll('gif', encodeGif(made), { chunk });
      expect([got.width, got.height]).toEqual([Math.max(made.width, 19), Math.max(made.height, 15)]);
      expect(got.rgb).toEqual(gifPixels(made));
    }
  });

  test.each([
    [0, 0],
    [5, 5],
    [20, 10],
    [0, 12],
  ])('a window at %i, %i', (left, top) => {
    const made = { ...small, transparent: 2 };
    const size = 8;
    const got = decode(decoder(), 'gif', encodeGif(made), { left, top, size }).rgb;
    const all = gifPixels(made);
    const rows = Array.from({ length: size }, (_, y) => [
      ...all.subarray(((top + y) * 30 + left) * 3, ((top + y) * 30 + left + size) * 3),
    ]);
    expect([...got]).toEqual(rows.flat());
  });

  test('comments and application blocks are passed over', () => {
    const before = Buffer.concat([
      Buffer.from([0x21, 0xfe]),
      subBlocks(Buffer.alloc(3000, 'c')),
      Buffer.from([0x21, 0xff, 11]),
      Buffer.from('NETSCAPE2.0'),
      Buffer.from([3, 1, 0, 0, 0]),
    ]);
    for (const chunk of CHUNKS)
      expect(decodeAll('gif', encodeGif({ ...small, before }), { chunk }).rgb).toEqual(gifPixels(small));
  });
});

describe('refusals', () => {
  const made = picture(3, 16, 16);

  test.each([
    ['an unknown block', -2, encodeGif({ ...made, before: Buffer.from([0x77]) })],
    ['no frame', -2, encodeGif({ ...made, before: Buffer.from([0x3b]) })],
    ['a frame of no width', -2, encodeGif({ ...made, frame: { ...made.frame, width: 0 } })],
    ['literals of 9 bits', -2, encodeGif({ ...made, bits: 9, globalPalette: undefined as never })],
    ['an end before the last pixel', -1, encodeGif(made, subBlocks(lzw(made.pixels.slice(0, 200), 3)))],
    [
      'an empty block before the last pixel',
      -1,
      encodeGif(made, subBlocks(lzw(made.pixels, 3).subarray(0, 50))),
    ],
    ['a code from the future', -2, encodeGif(made, subBlocks(Buffer.from([0x08 | (15 << 4), 0xff])))],
    ['a string of nothing', -2, encodeGif(made, subBlocks(Buffer.from([0x08 | (10 << 4)])))],
  ])('%s', (_, expected, bytes) => {
    expect(status(bytes)).toBe(expected);
  });

  test('a huge canvas shows itself in the header', () => {
    const gif = encodeGif({ ...made, width: 65_535, height: 65_535 });
    const instance = decoder();
    instance.open(2, 1, 1n);
    new Uint8Array(instance.memory.buffer, instance.inputEnd(), gif.length).set(gif);
    expect(instance.advance(gif.length, 1)).toBe(1);
    expect([instance.width(), instance.height()]).toEqual([65_535, 65_535]);
    expect(instance.memory.buffer.byteLength).toBeLessThan(1 << 20);
  });
});
