// A picture stored in each of the eight EXIF orientations, against sharp's own turning of it.
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { decodeOptions, imageDecoder } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { difference, referenceCrop } from '../support/pixels.ts';

let decoder: ImageDecoder;

beforeAll(async () => {
  decoder = await imageDecoder();
});

async function upright(file: Uint8Array): Promise<Uint8Array> {
  const image = sharp(file, { ignoreIcc: true }).autoOrient().removeAlpha().raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return referenceCrop({ width: info.width, height: info.height, pixels: data });
}

describe.each(['jpeg', 'png', 'webp'] as const)('%s', (format) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i', async (orientation) => {
    const stored = photograph(320, 233, 11).withMetadata({ orientation });
    const file = await stored.toFormat(format, format === 'png' ? {} : { quality: 90 }).toBuffer();
    const picture = await decoder.decode(file, decodeOptions());
    expect(picture.orientation).toBe(orientation);
    expect([picture.width, picture.height]).toEqual([320, 233]);
    const { mean, most } = difference(picture.pixels, await upright(file));
    expect(mean).toBeLessThanOrEqual(0.02);
    expect(most).toBeLessThanOrEqual(1);
  });

  it('is ignored when that is asked', async () => {
    const stored = photograph(320, 233, 11);
    const plain = await stored.clone().toFormat(format).toBuffer();
    const turned = await stored.withMetadata({ orientation: 6 }).toFormat(format).toBuffer();
    const a = await decoder.decode(plain, decodeOptions());
    const b = await decoder.decode(turned, decodeOptions({ exif: 'ignore' }));
    expect(difference(a.pixels, b.pixels).most).toBe(0);
    expect(b.orientation).toBe(6);
  });
});
