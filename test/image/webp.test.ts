// WebP through ImageDecoder: pixels against sharp, limits, memory.
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { region } from '../../src/image/geometry.ts';
import { DecoderInstance } from '../../src/image/instance.ts';
import { imageLimits } from '../../src/image/limits.ts';
import { decodeOptions, decoderModule, inChunks, PREPROCESS } from '../../tools/fixtures/decoder.ts';
import { photograph, photographPixels } from '../../tools/fixtures/photograph.ts';

const CROP = PREPROCESS.crop;
/** Columns and rows left out on the left and at the top of 256. */
const MARGIN = 14;

const module = await decoderModule();
const decoder = new ImageDecoder(module);
const window = { left: MARGIN, top: MARGIN, width: CROP, height: CROP };

async function crop(file: Buffer): Promise<Uint8Array> {
  return new Uint8Array(await sharp(file).removeAlpha().extract(window).raw().toBuffer());
}

const square = () => photograph(256, 256, 5);

describe('pictures', () => {
  test('lossy, lossless and with alpha, whole and in pieces: the pixels of sharp', async () => {
    for (const file of [
      await square().webp({ quality: 80 }).toBuffer(),
      await square().webp({ lossless: true }).toBuffer(),
      await square().ensureAlpha(1).webp({ lossless: true }).toBuffer(),
    ]) {
      const expected = await crop(file);
      const whole = await decoder.decode(file, decodeOptions());
      expect(whole.pixels).toEqual(expected);
      expect([whole.format, whole.width, whole.height, whole.bytes]).toEqual(['webp', 256, 256, file.length]);
      for (const size of [1, 7])
        expect((await decoder.decode(inChunks(file, size), decodeOptions())).pixels).toEqual(expected);
    }
  });

  test('of an animation the first frame', async () => {
    const frames = photographPixels(256, 768, 9);
    const file = await sharp(frames, { raw: { width: 256, height: 768, channels: 3, pageHeight: 256 } })
      .webp({ lossless: true, delay: [50, 50, 50], loop: 0 })
      .toBuffer();
    expect(file.includes('ANMF')).toBe(true);
    const expected = await sharp(frames.subarray(0, 256 * 256 * 3), {
      raw: { width: 256, height: 256, channels: 3 },
    })
      .extract(window)
      .raw()
      .toBuffer();
    expect((await decoder.decode(file, decodeOptions())).pixels).toEqual(new Uint8Array(expected));
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i, also of PNG', async (orientation) => {
    const upright = await square().raw().toBuffer();
    const info = { raw: { width: 256, height: 256, channels: 3 as const } };
    // What a camera would have stored: autoOrient undoes it.
    for (const format of ['webp', 'png'] as const) {
      const file = await sharp(upright, info)
        .withMetadata({ orientation })
        .toFormat(format, { lossless: true })
        .toBuffer();
      const turned = await sharp(file).autoOrient().extract(window).raw().toBuffer();
      const got = await decoder.decode(file, decodeOptions());
      expect(got.orientation).toBe(orientation);
      expect(got.pixels).toEqual(new Uint8Array(turned));
      const stored = await decoder.decode(file, decodeOptions({ exif: 'ignore' }));
      expect(stored.pixels).toEqual(await crop(file));
    }
  });

  test('several at once', async () => {
    const file = await square().webp().toBuffer();
    const all = await Promise.all(Array.from({ length: 4 }, () => decoder.decode(file, decodeOptions())));
    for (const { pixels } of all) expect(pixels).toEqual(all[0]?.pixels);
  });
});

describe('limits', () => {
  test('a header of 16383 x 16383', async () => {
    const file = await square().webp().toBuffer();
    file.writeUInt32LE(0x3fff3fff, 26);
    await expect(decoder.decode(file, decodeOptions())).rejects.toMatchObject({ code: 'too-many-pixels' });
  });

  test('a frame larger than its canvas', async () => {
    const frames = photographPixels(64, 128, 9);
    const file = await sharp(frames, { raw: { width: 64, height: 128, channels: 3, pageHeight: 64 } })
      .webp({ delay: [50, 50] })
      .toBuffer();
    const frame = file.indexOf('ANMF') + 8;
    file.writeUIntLE(16_382, frame + 6, 3);
    await expect(decoder.decode(file, decodeOptions())).rejects.toMatchObject({ code: 'damaged-image' });
  });

  // As wide as 12 MP, which the memory goes by; all of its pixels would not fit, either.
  const rows = process.env.LONG === '1' ? 3000 : 750;
  test.each([{ lossless: false }, { lossless: true }])(`4000 x ${rows} in 8 MiB: %o`, async (options) => {
    const file = await photograph(4000, rows)
      .webp({ quality: 60, effort: 0, ...options })
      .toBuffer();
    const instance = new DecoderInstance(module);
    instance.open('webp', 'webp', imageLimits({}), ({ width, height }) =>
      region(width, height, 1, PREPROCESS, 'crop'),
    );
    expect(instance.write(file, true)).toBe(true);
    expect(instance.memoryBytes).toBeLessThanOrEqual(8 << 20);
  });
});

test('AVIF and HEIC without the Images binding: 415 that says what the caller can do, and a hint for the operator', async () => {
  for (const brand of ['heic', 'avif']) {
    const file = Buffer.concat([Buffer.from(`\0\0\0\x18ftyp${brand}0000mif1${brand}`), Buffer.alloc(5000)]);
    await expect(decoder.decode(file, decodeOptions())).rejects.toMatchObject({
      code: 'unsupported-image',
      message: expect.stringMatching(/JPEG, PNG, GIF, BMP or WebP; send the photo as JPEG/),
      hint: expect.stringMatching(/bind Cloudflare Images as IMAGES/),
    });
  }
});
