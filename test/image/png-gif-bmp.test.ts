// PNG, GIF and BMP through ImageDecoder: limits by the header, bombs, memory, and the errors a client sees.
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { DecoderInstance } from '../../src/image/instance.ts';
import { imageLimits } from '../../src/image/limits.ts';
import { decodeOptions, decoderModule, inChunks, PREPROCESS } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { encodeBmp } from '../support/encode-bmp.ts';
import { encodeGif } from '../support/encode-gif.ts';
import { chunk, encodePng } from '../support/encode-png.ts';

const CROP = PREPROCESS.crop;
/** Columns and rows left out on the left and at the top of 256. */
const MARGIN = 14;

const module = await decoderModule();
const decoder = new ImageDecoder(module);
const window = { left: MARGIN, top: MARGIN, width: CROP, height: CROP };

/** A stream that fails when more than `bytes` are asked of it: what is refused by its header needs no more. */
function reluctant(bytes: Uint8Array, most: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (at >= most) throw new Error(`more than ${most} bytes were read`);
        controller.enqueue(bytes.slice(at, at + 1000));
        at += 1000;
      },
    },
    { highWaterMark: 0 },
  );
}

describe('uploads in pieces', () => {
  test('the pixels of sharp for PNG and GIF', async () => {
    for (const format of ['png', 'gif'] as const) {
      const file = await photograph(256, 256, 3).toFormat(format).toBuffer();
      const expected = await sharp(file).removeAlpha().extract(window).raw().toBuffer();
      for (const size of [7, 4096, 1 << 20]) {
        const got = await decoder.decode(inChunks(file, size), decodeOptions());
        expect(got.pixels).toEqual(new Uint8Array(expected));
        expect([got.format, got.width, got.height, got.bytes]).toEqual([format, 256, 256, file.length]);
      }
    }
  });

  test('BMP', async () => {
    const rgb = await photograph(256, 256, 3).raw().toBuffer();
    const pixels = Array.from({ length: 256 * 256 }, (_, i) => rgb.readUIntBE(i * 3, 3));
    const file = encodeBmp({ width: 256, height: 256, bits: 24, pixels });
    const expected = await sharp(rgb, { raw: { width: 256, height: 256, channels: 3 } })
      .extract(window)
      .raw()
      .toBuffer();
    for (const size of [7, 1 << 20])
      expect((await decoder.decode(inChunks(file, size), decodeOptions())).pixels).toEqual(
        new Uint8Array(expected),
      );
  });
});

describe('refused by the header', () => {
  const rest = Buffer.alloc(300_000);
  const png = (width: number, height: number) =>
    encodePng({ width, height, colorType: 2, depth: 8, samples: [], data: rest });
  const gif = (width: number, height: number) =>
    encodeGif(
      {
        width,
        height,
        bits: 2,
        frame: { left: 0, top: 0, width: 1, height: 1 },
        pixels: [0],
        globalPalette: Array(12).fill(7),
      },
      rest,
    );
  const bmp = (width: number, height: number) => {
    const file = encodeBmp({ width: 1, height: 1, bits: 24, pixels: [0], data: rest });
    file.writeInt32LE(width, 18);
    file.writeInt32LE(height, 22);
    return file;
  };

  test.each([
    ['PNG, 65,500 columns', png(65_500, 10)],
    ['PNG, 2^31 - 1 on each side', png(2 ** 31 - 1, 2 ** 31 - 1)],
    ['PNG, 121 MP', png(11_000, 11_000)],
    ['GIF, 65,535 on each side', gif(65_535, 65_535)],
    ['GIF, 121 MP', gif(11_000, 11_000)],
    ['BMP, 65,500 rows', bmp(10, 65_500)],
    ['BMP, 121 MP from the top', bmp(11_000, -11_000)],
    ['BMP, 2^31 - 1 columns', bmp(2 ** 31 - 1, 1)],
  ])('%s: 413 after a few bytes', async (_, file) => {
    await expect(decoder.decode(reluctant(file, 3000), decodeOptions())).rejects.toMatchObject({
      code: 'too-many-pixels',
      status: 413,
    });
  });

  test('the limits are options', async () => {
    const file = await photograph(100, 50, 3).png().toBuffer();
    for (const limits of [{ side: 99 }, { pixels: 4999 }])
      await expect(decoder.decode(file, decodeOptions({ limits }))).rejects.toMatchObject({
        code: 'too-many-pixels',
      });
    const exact = decodeOptions({ limits: { side: 100, pixels: 5000 } });
    expect((await decoder.decode(file, exact)).width).toBe(100);
  });

  test('too wide for the memory: 413', async () => {
    const wide = encodePng({
      width: 2_000_000,
      height: 1,
      colorType: 6,
      depth: 16,
      samples: [],
      data: rest,
    });
    const options = decodeOptions({ limits: { side: 2_000_000 } });
    await expect(decoder.decode(wide, options)).rejects.toMatchObject({ code: 'too-complex' });
  });
});

describe('bombs', () => {
  // 100 MB of zeros in 100 KB.
  let zeros: Buffer;
  beforeAll(() => {
    zeros = deflateSync(Buffer.alloc(100_000_000), { level: 9 });
  });

  test('rows that the header does not announce are refused, not inflated', async () => {
    const file = encodePng({ width: 8, height: 8, colorType: 2, depth: 8, samples: [], data: zeros });
    await expect(decoder.decode(file, decodeOptions())).rejects.toMatchObject({ code: 'damaged-image' });
  });

  test('a compressed text chunk is passed over', async () => {
    const text = chunk('zTXt', Buffer.concat([Buffer.from('bomb\0\0'), zeros]));
    const file = encodePng({
      width: 8,
      height: 8,
      colorType: 2,
      depth: 8,
      samples: Array(192).fill(90),
      before: [text],
    });
    expect((await decoder.decode(file, decodeOptions())).pixels).toEqual(
      new Uint8Array(CROP * CROP * 3).fill(90),
    );
  });
});

describe('memory', () => {
  test('a PNG of 12 MP in 3 MiB, an interlaced one too', async () => {
    for (const progressive of [false, true]) {
      const file = await sharp({ create: { width: 4000, height: 3000, channels: 4, background: '#456' } })
        .png({ progressive, compressionLevel: 1 })
        .toBuffer();
      const instance = new DecoderInstance(module);
      instance.open('png', 'png', imageLimits({}), () => ({
        width: 341,
        height: 256,
        left: 57,
        top: 14,
        columns: 227,
        rows: 227,
      }));
      expect(instance.write(file, true)).toBe(true);
      expect(instance.memoryBytes).toBeLessThanOrEqual(3 * 2 ** 20);
      expect([...instance.pixels().subarray(0, 3)]).toEqual([0x44, 0x55, 0x66]);
    }
  });
});
