// Orientation 1 to 8 in every place and form in which files have it: JPEG, PNG before and behind its pixels, WebP; both
// byte orders; as SHORT, as TIFF says, and as LONG, as some cameras write it. The witness is the upright picture, turned
// here by the table of EXIF 2.32, 4.6.4 A, from the pixels that sharp decodes, then cropped by the slow reference.
import { beforeAll, describe, expect, test } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { decodeOptions, imageDecoder } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import type { Raw } from '../reference/resize.ts';
import { encodingOf, FORMS, LONG, SHORT, withOrientation } from '../support/exif-files.ts';
import { difference, rawBySharp, referenceCrop } from '../support/pixels.ts';

/** Neither side is a multiple of the other's; the margins of the crop are odd on both. */
const [WIDTH, HEIGHT] = [301, 233];

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

let decoder: ImageDecoder;
const plain: Partial<Record<string, Buffer>> = {};

beforeAll(async () => {
  decoder = await imageDecoder();
  for (const format of ['jpeg', 'png', 'webp'] as const)
    plain[format] = await photograph(WIDTH, HEIGHT, 11)
      .toFormat(format, format === 'webp' ? { lossless: true, effort: 0 } : {})
      .toBuffer();
});

describe.each(FORMS)('%s', (form) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i', async (orientation) => {
    const file = plain[encodingOf(form)] ?? Buffer.alloc(0);
    const stored = await rawBySharp(file);
    const expected = referenceCrop(turned(stored, orientation));
    for (const little of [true, false])
      for (const type of [SHORT, LONG]) {
        const turnedFile = withOrientation(form, file, little, type, orientation);
        const picture = await decoder.decode(turnedFile, decodeOptions({ damaged: 'refuse' }));
        expect([little, type, picture.orientation]).toEqual([little, type, orientation]);
        const { mean, most } = difference(picture.pixels, expected);
        expect(mean).toBeLessThanOrEqual(0.02);
        expect(most).toBeLessThanOrEqual(1);
      }
  });
});
