// Every kind of file: its pixels are exact where nothing is resized, and the same however it is cut. (BMP, and
// the PNG files that sharp does not write: test/decode/.)
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { decodeOptions, imageDecoder, inChunks, unresized } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { resizeCrop } from '../reference/resize.ts';
import { difference, rawBySharp, referenceCrop } from '../support/pixels.ts';
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

describe('a GIF frame that is smaller than its screen', () => {
  it.each([false, true])('interlaced: %s', async (progressive) => {
    const file = Buffer.from(await photograph(SIDE, SIDE, 5).gif({ progressive, colours: 16 }).toBuffer());
    const frame = (await rawBySharp(file)).pixels;
    const [side, left, top] = [70, 5, 3];
    file.writeUInt16LE(side, 6);
    file.writeUInt16LE(side, 8);
    // The image descriptor: a comma, the corner, the size.
    const size = Buffer.from([SIDE, 0, SIDE, 0]);
    const at = file.indexOf(Buffer.concat([Buffer.from([0x2c, 0, 0, 0, 0]), size]));
    file.writeUInt16LE(left, at + 1);
    file.writeUInt16LE(top, at + 3);
    const { pixels, width } = await decoder.decode(file, unresized(side));
    expect(width).toBe(side);
    const inside = (x: number, y: number) => x >= left && y >= top && x < left + SIDE && y < top + SIDE;
    const bare = pixels.slice(0, 3);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const from = ((y - top) * SIDE + (x - left)) * 3;
        const expected = inside(x, y) ? frame.subarray(from, from + 3) : bare;
        expect(pixels.subarray((y * side + x) * 3, (y * side + x) * 3 + 3)).toEqual(
          Uint8Array.from(expected),
        );
      }
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
