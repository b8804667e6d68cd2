// JPEG against libjpeg-turbo (through sharp) and the slow resize: large pictures and real photographs.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { decodeOptions, imageDecoder } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { difference, rawBySharp, referenceCrop } from '../support/pixels.ts';

const PHOTOS = path.resolve(import.meta.dirname, '../../../shared/photos');

let decoder: ImageDecoder;

beforeAll(async () => {
  decoder = await imageDecoder();
});

async function compare(file: Uint8Array) {
  const { pixels } = await decoder.decode(file, decodeOptions({ exif: 'ignore' }));
  return difference(pixels, referenceCrop(await rawBySharp(file)));
}

it.each([false, true])('4700 x 4100, progressive: %s', async (progressive) => {
  const { mean } = await compare(await photograph(4700, 4100).jpeg({ progressive }).toBuffer());
  expect(mean).toBeLessThanOrEqual(1);
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
