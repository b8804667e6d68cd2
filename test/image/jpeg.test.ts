// JPEG against libjpeg-turbo (through sharp) and the slow resize. At full scale our inverse transform and
// upsampling are libjpeg's to the bit, so that only the last rounding may differ.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { decodeOptions, imageDecoder } from '../support/decoder.ts';
import { photograph } from '../support/photograph.ts';
import { difference, rawBySharp, referenceCrop } from '../support/pixels.ts';

const PHOTOS = path.resolve(import.meta.dirname, '../../../shared/photos');

let decoder: ImageDecoder;

beforeAll(async () => {
  decoder = await imageDecoder();
});

async function compare(file: Uint8Array, cmyk = false) {
  const { pixels } = await decoder.decode(file, decodeOptions({ exif: 'ignore' }));
  return difference(pixels, referenceCrop(await rawBySharp(file, cmyk)));
}

describe('JPEG at full scale', () => {
  const photo = () => photograph(400, 300, 3);
  const cases: [string, () => Sharp, boolean?][] = [
    ['4:2:0', () => photo().jpeg()],
    ['4:4:4', () => photo().jpeg({ chromaSubsampling: '4:4:4', quality: 95 })],
    ['quality 1', () => photo().jpeg({ quality: 1 })],
    ['quality 100', () => photo().jpeg({ quality: 100 })],
    ['optimised codes', () => photo().jpeg({ optimiseCoding: true })],
    ['progressive', () => photo().jpeg({ progressive: true })],
    ['progressive 4:4:4', () => photo().jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
    ['progressive, other scans', () => photo().jpeg({ mozjpeg: true })],
    ['grey', () => photo().greyscale().jpeg()],
    ['grey progressive', () => photo().greyscale().jpeg({ progressive: true })],
    ['CMYK', () => photo().toColourspace('cmyk').jpeg(), true],
    ['CMYK progressive', () => photo().toColourspace('cmyk').jpeg({ progressive: true }), true],
    ['odd sides', () => photograph(331, 259).jpeg()],
    ['upright', () => photograph(259, 331).jpeg()],
    ['smaller than the crop', () => photograph(50, 41).jpeg()],
    ['17 x 13', () => photograph(17, 13).jpeg()],
    ['1 x 1', () => photograph(1, 1).jpeg()],
    ['3 x 300', () => photograph(3, 300).jpeg()],
    ['600 x 2', () => photograph(600, 2).jpeg()],
  ];
  it.each(cases)('%s', async (_, make, cmyk = false) => {
    const { mean, most } = await compare(await make().toBuffer(), cmyk);
    expect(mean).toBeLessThanOrEqual(0.02);
    expect(most).toBeLessThanOrEqual(1);
  });
});

// The fixture's noise and hard edges are the worst case of a shrink in the DCT; photographs stay below 0.4.
describe('JPEG shrunk while it is decoded', () => {
  it.each([
    [1300, 1030, false],
    [2300, 2050, false],
    [2300, 2050, true],
    [4700, 4100, false],
    [4700, 4100, true],
  ])('%i x %i, progressive: %s', async (width, height, progressive) => {
    const { mean } = await compare(await photograph(width, height).jpeg({ progressive }).toBuffer());
    expect(mean).toBeLessThanOrEqual(1);
  });
});

describe.skipIf(!existsSync(PHOTOS))('real photographs (needs ../shared/photos)', () => {
  it('mean error <= 0.4 grey levels, worst image <= 1.5', async () => {
    const files = (await readdir(PHOTOS, { recursive: true })).filter((file) => /\.jpe?g$/i.test(file));
    expect(files.length).toBeGreaterThan(400);
    let sum = 0;
    let worst = 0;
    for (const file of files) {
      const { mean } = await compare(await readFile(path.join(PHOTOS, file)));
      sum += mean;
      worst = Math.max(worst, mean);
    }
    expect(sum / files.length).toBeLessThanOrEqual(0.4);
    expect(worst).toBeLessThanOrEqual(1.5);
  }, 120_000);
});
