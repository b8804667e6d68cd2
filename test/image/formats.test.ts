// Every kind of file: its pixels are exact where nothing is resized, and the same however it is cut.
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { resizeCrop } from '../reference/resize.ts';
import { type BmpPicture, bmpFile } from '../support/bmp.ts';
import { decodeOptions, imageDecoder, inChunks, unresized } from '../support/decoder.ts';
import { photograph } from '../support/photograph.ts';
import { difference, rawBySharp, referenceCrop } from '../support/pixels.ts';
import { randomNumbers } from '../support/random.ts';
import { smallFiles } from '../support/small-files.ts';

const SIDE = 61;
let decoder: ImageDecoder;

beforeAll(async () => {
  decoder = await imageDecoder();
});

describe('PNG, GIF and WebP without a resize', () => {
  const photo = () => photograph(SIDE, SIDE, 5);
  const cases: [string, () => Sharp][] = [
    ['png rgb', () => photo().png()],
    ['png all filters', () => photo().png({ adaptiveFiltering: true })],
    ['png stored', () => photo().png({ compressionLevel: 0 })],
    ['png level 1', () => photo().png({ compressionLevel: 1 })],
    ['png rgba', () => photo().ensureAlpha(0.5).png({ adaptiveFiltering: true })],
    ['png 16 bits', () => photo().toColourspace('rgb16').png({ adaptiveFiltering: true })],
    ['png rgba 16 bits', () => photo().ensureAlpha(0.5).toColourspace('rgb16').png()],
    ['png grey', () => photo().greyscale().png({ adaptiveFiltering: true })],
    ['png grey 16 bits', () => photo().toColourspace('grey16').png({ adaptiveFiltering: true })],
    ['png grey and alpha', () => photo().greyscale().ensureAlpha(0.5).png({ adaptiveFiltering: true })],
    ['png palette 256', () => photo().png({ palette: true })],
    ['png palette 16', () => photo().png({ palette: true, colours: 16 })],
    ['png palette 4', () => photo().png({ palette: true, colours: 4 })],
    ['png palette 2', () => photo().png({ palette: true, colours: 2 })],
    ['png grey 1 bit', () => photo().greyscale().threshold(120).png({ palette: true, colours: 2 })],
    ['png adam7', () => photo().png({ progressive: true })],
    ['png adam7 rgba', () => photo().ensureAlpha(0.5).png({ progressive: true, adaptiveFiltering: true })],
    ['png adam7 palette 4', () => photo().png({ progressive: true, palette: true, colours: 4 })],
    ['png adam7 16 bits', () => photo().toColourspace('rgb16').png({ progressive: true })],
    ['gif', () => photo().gif()],
    ['gif 2 colours', () => photo().gif({ colours: 2 })],
    ['gif interlaced', () => photo().gif({ progressive: true })],
    ['webp', () => photo().webp()],
    ['webp lossless', () => photo().webp({ lossless: true })],
    ['webp with alpha', () => photo().ensureAlpha(0.5).webp()],
  ];
  it.each(cases)('%s', async (_, make) => {
    const file = await make().toBuffer();
    const { pixels, width, height } = await decoder.decode(file, unresized(SIDE));
    expect([width, height]).toEqual([SIDE, SIDE]);
    expect(difference(pixels, (await rawBySharp(file)).pixels).most).toBe(0);
  });

  it('an animation shows its first frame', async () => {
    const first = await photo().png().toBuffer();
    const second = await photo().negate().png().toBuffer();
    const animation = sharp([first, second], { join: { animated: true } });
    const gif = await animation.clone().gif().toBuffer();
    const webp = await animation.clone().webp({ lossless: true }).toBuffer();
    for (const file of [gif, webp]) {
      const { pixels } = await decoder.decode(file, unresized(SIDE));
      expect(difference(pixels, (await rawBySharp(file)).pixels).most).toBe(0);
    }
  });
});

describe('BMP without a resize', () => {
  const values = (most: number, runs = false) => {
    const next = randomNumbers(most);
    const out = new Uint32Array(SIDE * SIDE);
    for (let i = 0; i < out.length; i++)
      out[i] = runs && i > 0 && next() < 0.5 ? (out[i - 1] ?? 0) : Math.floor(next() * most);
    return out;
  };
  const palette = (count: number) => {
    const next = randomNumbers(count + 1);
    return Array.from({ length: count }, () => [0, 1, 2].map(() => Math.floor(next() * 256)));
  };
  const square = { width: SIDE, height: SIDE };
  // Rounded down, as PIL does it.
  const stretch = (value: number, most: number) => Math.floor((value * 255) / most);
  const bytes = (value: number) => [(value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  const five = (v: number) => [(v >> 10) & 31, (v >> 5) & 31, v & 31].map((field) => stretch(field, 31));
  const six = (v: number) => [stretch(v >> 11, 31), stretch((v >> 5) & 63, 63), stretch(v & 31, 31)];
  const cases: [string, BmpPicture, ((value: number) => number[])?][] = [
    ['1 bit', { ...square, bits: 1, values: values(2), palette: palette(2) }],
    ['4 bits', { ...square, bits: 4, values: values(16), palette: palette(16) }],
    ['8 bits', { ...square, bits: 8, values: values(256), palette: palette(256) }],
    ['8 bits, 10 colours', { ...square, bits: 8, values: values(10), palette: palette(10), topDown: true }],
    ['RLE8', { ...square, bits: 8, values: values(256, true), palette: palette(256), compression: 'rle8' }],
    ['RLE4', { ...square, bits: 4, values: values(16, true), palette: palette(16), compression: 'rle4' }],
    ['16 bits', { ...square, bits: 16, values: values(65536) }, five],
    ['16 bits 5-6-5', { ...square, bits: 16, values: values(65536), masks: [0xf800, 0x7e0, 0x1f] }, six],
    ['24 bits', { ...square, bits: 24, values: values(2 ** 24) }, bytes],
    ['24 bits from the top', { ...square, bits: 24, values: values(2 ** 24), topDown: true }, bytes],
    ['32 bits', { ...square, bits: 32, values: values(2 ** 32) }, bytes],
    [
      '32 bits with masks',
      { ...square, bits: 32, values: values(2 ** 32), masks: [0xff, 0xff00, 0xff0000] },
      (value) => bytes(value).reverse(),
    ],
  ];
  it.each(cases)('%s', async (_, picture, color = (value) => picture.palette?.[value] ?? []) => {
    const { pixels } = await decoder.decode(bmpFile(picture), unresized(SIDE));
    expect(difference(pixels, Uint8Array.from(Array.from(picture.values).flatMap(color))).most).toBe(0);
  });
});

describe('resize of rows in any order', () => {
  it.each([
    ['png', () => photograph(700, 531).png()],
    ['png adam7', () => photograph(700, 531).png({ progressive: true })],
    ['png adam7, small', () => photograph(70, 53).png({ progressive: true })],
    ['gif interlaced', () => photograph(300, 231).gif({ progressive: true })],
  ] as [string, () => Sharp][])('%s', async (_, make) => {
    const file = await make().toBuffer();
    const { pixels } = await decoder.decode(file, decodeOptions());
    const { mean, most } = difference(pixels, referenceCrop(await rawBySharp(file)));
    expect(mean).toBeLessThanOrEqual(0.01);
    expect(most).toBeLessThanOrEqual(1);
  });

  it('warp: both sides to the same length', async () => {
    const file = await photograph(120, 61).png().toBuffer();
    const preprocess = { ...unresized(61).preprocess, resize: 'warp' as const, resizeTo: 90, crop: 90 };
    const { pixels } = await decoder.decode(file, decodeOptions({ preprocess }));
    const to = { width: 90, height: 90, left: 0, top: 0, size: 90 };
    expect(difference(pixels, resizeCrop(await rawBySharp(file), to)).most).toBeLessThanOrEqual(1);
  });

  it('square: the central resizeTo x resizeTo', async () => {
    const file = await photograph(300, 200).png().toBuffer();
    const { pixels, size } = await decoder.decode(file, decodeOptions({ area: 'square' }));
    expect(size).toBe(256);
    expect(difference(pixels, referenceCrop(await rawBySharp(file), 256, 256)).most).toBeLessThanOrEqual(1);
  });
});

describe('chunks', () => {
  it('of 1 byte, of 7 bytes and whole files give the same pixels', async () => {
    for (const { name, file } of await smallFiles()) {
      const whole = await decoder.decode(file, decodeOptions());
      for (const size of [1, 7]) {
        const cut = await decoder.decode(inChunks(file, size), decodeOptions());
        expect([name, size, difference(whole.pixels, cut.pixels).most]).toEqual([name, size, 0]);
        expect(cut.bytes).toBe(file.length);
      }
    }
  });
});
