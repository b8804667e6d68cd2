// Decoding against sharp (libvips, native) in the same process: `node tools/bench/measure/decode.ts` after a build.
// Both give a 227 x 227 crop of the picture with its shorter side at 256; sharp shrinks on load as it does
// by default. The pixels are compared, with sharp's of the whole picture, before anything is timed; runs are
// interleaved and minima reported, which other work on the machine moves least.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { imageLimits } from '../../../src/image/limits.ts';
import { imageDecoder, PREPROCESS } from '../../fixtures/decoder.ts';
import { photograph } from '../../fixtures/photograph.ts';

export interface DecodeRow {
  name: string;
  fileBytes: number;
  /** Minima of the interleaved runs. */
  oursMs: number;
  sharpMs: number;
  /** oursMs / sharpMs. */
  ratio: number;
  /** The bar. */
  allowed: number;
  /** Mean difference of the two results, grey levels: their resize filters differ. */
  meanDifference: number;
}

/** `fastShrinkOnLoad: false`: from all pixels. sharp's own two ways differ by 3.3 grey levels for 12 MP of WebP. */
async function cropBySharp(
  file: Uint8Array,
  width: number,
  height: number,
  fastShrinkOnLoad = true,
): Promise<Uint8Array> {
  const scale = 256 / Math.min(width, height);
  const [w, h] = [Math.floor(width * scale + 1e-9), Math.floor(height * scale + 1e-9)];
  return sharp(file)
    .resize(w, h, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad })
    .extract({ left: (w - 227) >> 1, top: (h - 227) >> 1, width: 227, height: 227 })
    .removeAlpha()
    .raw()
    .toBuffer();
}

/** A real photograph of that size where there is one, else a made one. */
async function smallPhoto(): Promise<Buffer> {
  const photo = path.resolve(
    import.meta.dirname,
    '../../../../shared/photos/assorted/n02110806_basenji.JPEG',
  );
  return readFile(photo).catch(() => photograph(500, 375).jpeg().toBuffer());
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / a.length;
}

/** Rows of the table; each case runs for `rounds` pairs, small ones for ten times as many, after a warm-up. */
export async function benchDecode(rounds = 9): Promise<DecodeRow[]> {
  const decoder = await imageDecoder();
  const options = {
    preprocess: PREPROCESS,
    limits: imageLimits({ MAX_IMAGE_BYTES: '100000000' }),
    exif: 'apply',
    area: 'crop',
  } as const;
  const large = photograph(4000, 3000);
  const cases = [
    { name: '500 x 375 JPEG', allowed: 0.3, file: await smallPhoto() },
    { name: '12 MP JPEG', allowed: 0.7, file: await large.clone().jpeg({ quality: 90 }).toBuffer() },
    {
      name: '12 MP progressive JPEG',
      allowed: 1,
      file: await large.clone().jpeg({ quality: 90, progressive: true }).toBuffer(),
    },
    { name: '12 MP PNG', allowed: 1.3, file: await large.clone().png().toBuffer() },
    { name: '12 MP WebP, lossy', allowed: 1.3, file: await large.clone().webp({ quality: 80 }).toBuffer() },
    {
      name: '12 MP WebP, lossless',
      allowed: 1.5,
      file: await large.clone().webp({ lossless: true, effort: 2 }).toBuffer(),
    },
  ];
  const rows: DecodeRow[] = [];
  for (const { name, allowed, file } of cases) {
    const { width, height } = await sharp(file).metadata();
    const ours = await decoder.decode(file, options);
    const theirs = await cropBySharp(file, width, height, false);
    const difference = meanDifference(ours.pixels, theirs);
    if (difference > 2)
      throw new Error(`${name}: differs from sharp by ${difference} grey levels on average`);
    let oursMs = Number.POSITIVE_INFINITY;
    let sharpMs = Number.POSITIVE_INFINITY;
    const pairs = ours.width * ours.height < 1e6 ? 10 * rounds : rounds;
    // The engine compiles hot wasm anew in the background: until then it is not what a busy isolate runs.
    for (let i = 0; i < pairs / 3; i++) await decoder.decode(file, options);
    for (let i = 0; i < pairs; i++) {
      const start = performance.now();
      await decoder.decode(file, options);
      const middle = performance.now();
      await cropBySharp(file, width, height);
      oursMs = Math.min(oursMs, middle - start);
      sharpMs = Math.min(sharpMs, performance.now() - middle);
    }
    rows.push({
      name,
      fileBytes: file.length,
      oursMs,
      sharpMs,
      ratio: oursMs / sharpMs,
      allowed,
      meanDifference: difference,
    });
  }
  return rows;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const row of await benchDecode()) console.log(row);
