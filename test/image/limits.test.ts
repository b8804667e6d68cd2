// What is refused, with which code, before anything large is decoded; and how much memory the rest takes.
import { deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.ts';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { region } from '../../src/image/geometry.ts';
import { DecoderInstance } from '../../src/image/instance.ts';
import { imageLimits } from '../../src/image/limits.ts';
import type { DecodeOptions } from '../../src/image/picture.ts';
import {
  decodeOptions,
  decoderModule,
  imageDecoder,
  inChunks,
  PREPROCESS,
} from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { chunk, header } from '../support/encode-png.ts';

let decoder: ImageDecoder;

beforeAll(async () => {
  decoder = await imageDecoder();
});

async function refusal(file: Uint8Array, options: DecodeOptions = decodeOptions()): Promise<ServiceError> {
  try {
    await decoder.decode(file, options);
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error('expected a refusal, got a picture');
}

/** A grey PNG whose pixels are what `data` says. */
function png(width: number, height: number, data: Uint8Array, before = Buffer.alloc(0)): Buffer {
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    header(width, height, 8, 0),
    before,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The file with the size in its SOF replaced. */
function resized(jpeg: Buffer, width: number, height: number): Buffer {
  const out = Buffer.from(jpeg);
  const sof = out.indexOf(Buffer.from([0xff, 0xc0]));
  out.writeUInt16BE(height, sof + 5);
  out.writeUInt16BE(width, sof + 7);
  return out;
}

/** Up to the first scan, and from there to the end. */
function parts(jpeg: Buffer): [Buffer, Buffer] {
  const at = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  return [jpeg.subarray(0, at), jpeg.subarray(at, jpeg.length - 2)];
}

describe('bombs', () => {
  it('a PNG with sides of 65,500', async () => {
    expect((await refusal(png(65_500, 65_500, new Uint8Array(100)))).code).toBe('too-many-pixels');
  });

  it('a JPEG with sides of 65,500', async () => {
    const small = await photograph(40, 30).jpeg().toBuffer();
    const error = await refusal(resized(small, 65_500, 65_500));
    expect([error.code, error.members]).toEqual(['too-many-pixels', { limit: { side: 30_000 } }]);
    const pixels = await refusal(resized(small, 29_999, 29_999));
    expect(pixels.members).toEqual({ limit: { pixels: 100_000_000 } });
  });

  it('a GIF with a huge canvas', async () => {
    const gif = Buffer.from(await photograph(40, 30).gif().toBuffer());
    gif.writeUInt16LE(65_000, 6);
    gif.writeUInt16LE(65_000, 8);
    expect((await refusal(gif)).code).toBe('too-many-pixels');
  });

  it('a WebP with a huge canvas', async () => {
    const webp = Buffer.from(await photograph(40, 30).webp({ quality: 1 }).toBuffer());
    webp.writeUInt32LE(0x3fff3fff, 26);
    const error = await refusal(webp);
    expect([error.code, error.members]).toEqual(['too-many-pixels', { limit: { pixels: 100_000_000 } }]);
  });

  it('64 MB of zeros in a profile are not inflated, behind the pixels they are refused', async () => {
    const zeros = deflateSync(new Uint8Array(64 << 20));
    const profile = chunk('iCCP', Buffer.concat([Buffer.from('x\0\0', 'latin1'), zeros]));
    expect((await refusal(png(10, 10, zeros))).code).toBe('damaged-image');
    const { width } = await decoder.decode(
      png(10, 10, deflateSync(new Uint8Array(110)), profile),
      decodeOptions(),
    );
    expect(width).toBe(10);
  });

  it('a scan that comes again a thousand times', async () => {
    const [head, scans] = parts(await photograph(200, 150).jpeg({ progressive: true }).toBuffer());
    const second = scans.indexOf(Buffer.from([0xff, 0xda]), 2);
    const first = scans.subarray(0, second);
    const file = Buffer.concat([
      head,
      ...Array.from({ length: 1000 }, () => first),
      Buffer.from([0xff, 0xd9]),
    ]);
    expect((await refusal(file)).code).toBe('damaged-image');
  });

  it('a thousand different scans of nothing', async () => {
    const grey = await photograph(2000, 1500).greyscale().jpeg({ progressive: true }).toBuffer();
    const [head, scans] = parts(grey);
    const first = scans.subarray(0, scans.indexOf(Buffer.from([0xff, 0xc4]), 2));
    // A table whose only code, "0", is an end-of-band run of 2^14 and more blocks: 15 bits a run.
    const table = Buffer.from([0xff, 0xc4, 0, 20, 0x10, 1, ...Array(15).fill(0), 0xe0]);
    const data = Buffer.alloc(8);
    const scan = (k: number, before: number, shift: number) =>
      Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, k, k, (before << 4) | shift, ...data]);
    const bands = Array.from({ length: 63 }, (_, i) => i + 1);
    const all = [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0].flatMap((shift) =>
      bands.map((k) => scan(k, shift === 13 ? 0 : shift + 1, shift)),
    );
    const error = await refusal(Buffer.concat([head, first, table, ...all, Buffer.from([0xff, 0xd9])]));
    expect([error.code, error.members]).toEqual([
      'too-complex',
      { limit: { scans: 100, blocks: 40_000_000 } },
    ]);
  });
});

describe('limits', () => {
  it('bytes, however the file is cut', async () => {
    const file = await photograph(200, 200).png().toBuffer();
    const options = decodeOptions({ limits: { bytes: 5000 } });
    const error = await refusal(file, options);
    expect([error.code, error.members]).toEqual(['too-many-bytes', { limit: { bytes: 5000 } }]);
    await expect(decoder.decode(inChunks(file, 100), options)).rejects.toThrow('5000 bytes');
  });

  it('scans and visits of blocks', async () => {
    const file = await photograph(200, 200).jpeg({ progressive: true }).toBuffer();
    expect((await refusal(file, decodeOptions({ limits: { scans: 3 } }))).code).toBe('too-complex');
    expect((await refusal(file, decodeOptions({ limits: { blocks: 2000 } }))).code).toBe('too-complex');
  });

  it('come from variables, and malformed ones are named', () => {
    expect(imageLimits({}).bytes).toBe(25_000_000);
    expect(imageLimits({ MAX_IMAGE_BYTES: '1000', MAX_IMAGE_SIDE: '' })).toMatchObject({
      bytes: 1000,
      side: 30_000,
    });
    for (const text of ['0', '-1', '1.5', 'many', '1e12'])
      expect(() => imageLimits({ MAX_IMAGE_PIXELS: text })).toThrow(`MAX_IMAGE_PIXELS: expected a whole`);
  });

  it.each([
    ['nothing', '', 'empty-body'],
    ['text', 'hello, I am not a picture at all', 'unsupported-image'],
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'unsupported-image'],
    ['AVIF', '\0\0\0\x18ftypavif\0\0\0\0mif1avif', 'unsupported-image'],
    ['JPEG of 16 bits', '\xff\xd8\xff\xc1\0\x0b\x10\0\x10\0\x10\x01\x01\x11\0', 'unsupported-image'],
    ['lossless JPEG', '\xff\xd8\xff\xc3\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0', 'unsupported-image'],
  ])('%s', async (_, text, code) => {
    expect((await refusal(Buffer.from(text, 'latin1'))).code).toBe(code);
  });
});

describe('memory of the decoder', () => {
  const MIB = 2 ** 20;
  const usual = [
    ['12 MP JPEG', 4000, 3000, 'jpeg', {}, 3],
    ['12 MP progressive JPEG', 4000, 3000, 'jpeg', { progressive: true }, 10],
  ] as const;
  const large = [
    ['50 MP JPEG', 8660, 5773, 'jpeg', {}, 4],
    ['50 MP progressive JPEG', 8660, 5773, 'jpeg', { progressive: true }, 16],
  ] as const;
  it.each(process.env.LONG === '1' ? [...usual, ...large] : usual)(
    '%s',
    async (_, width, height, format, encoding, mib) => {
      const file = await photograph(width, height).toFormat(format, encoding).toBuffer();
      const instance = new DecoderInstance(await decoderModule());
      instance.open(format, format, imageLimits({}), (header) =>
        region(header.width, header.height, 1, PREPROCESS, 'crop'),
      );
      for (let at = 0, done = false; !done; at += 65_536)
        done = instance.write(file.subarray(at, at + 65_536), at >= file.length);
      expect(instance.memoryBytes).toBeLessThanOrEqual(mib * MIB);
    },
  );

  it('cannot exceed 32 MiB, and nothing is imported', async () => {
    const module = await decoderModule();
    const { Module } = WebAssembly as unknown as { Module: { imports(module: unknown): unknown[] } };
    expect(Module.imports(module)).toEqual([]);
    const instance = new DecoderInstance(module);
    expect(instance.memoryBytes).toBeLessThanOrEqual(MIB);
    const { exports } = new WebAssembly.Instance(module, {});
    const memory = exports.memory as WebAssembly.Memory;
    expect(() => memory.grow(512)).toThrow(RangeError);
  });
});
