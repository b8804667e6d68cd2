// One small file of every kind that the decoder reads, made when the tests run. A new format is a row of this table: the
// tests of damage (test/decode/damage.test.ts) take each row through all that they do.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { randomIntegers, randomNumbers } from '../../tools/fixtures/random.ts';
import { type BmpPicture, encodeBmp } from './encode-bmp.ts';
import { encodeGif, type GifPicture } from './encode-gif.ts';
import { encodePng, type PngPicture } from './encode-png.ts';
import type { Format } from './exact-pixels.ts';
import { type JpegPlan, jpegFile } from './jpeg-writer.ts';

interface Facts {
  /** Share of the file that must be there for a picture: checksums, end markers and padding may be missing. */
  needed?: number;
  /** Checksums cover all of it: damaged, it is the same picture or none. */
  checksummed?: boolean;
}

export interface SmallFile extends Required<Facts> {
  name: string;
  format: Format;
  file: Uint8Array;
}

const NEEDED = 0.95;

const WIDTH = 44;
const HEIGHT = 36;

/** Values with runs in them. */
function values(colors: number): number[] {
  const next = randomNumbers(colors);
  const out: number[] = [];
  while (out.length < WIDTH * HEIGHT) {
    const run = next() < 0.5 ? 1 : Math.ceil(next() * 9);
    out.push(...Array(run).fill(Math.floor(next() * colors)));
  }
  return out.slice(0, WIDTH * HEIGHT);
}

/** Rows of runs, of literals and of a jump over five pixels. */
function runs(bits: 4 | 8): Buffer {
  const literal = bits === 8 ? [0, 5, 1, 2, 3, 4, 5, 0] : [0, 5, 0x12, 0x34, 0x50, 0];
  const row = [30, 0x73, ...literal, 0, 2, 5, 0, 4, 0x21, 0, 0];
  return Buffer.from([...Array(HEIGHT).fill(row).flat(), 0, 1]);
}

function bmp(bits: BmpPicture['bits'], more: Partial<BmpPicture> = {}): Uint8Array {
  const next = randomNumbers(bits);
  const palette = bits > 8 ? [] : Array.from({ length: 3 * 2 ** bits }, () => Math.floor(next() * 256));
  return encodeBmp({ width: WIDTH, height: HEIGHT, bits, pixels: values(2 ** bits), palette, ...more });
}

const SIDE = 20;
const below = randomIntegers(20_120_930);
const numbers = (count: number, limit: number) => Array.from({ length: count }, () => below(limit));
/** One number in five by chance, the others in order: some of it compresses. */
const calm = (count: number, limit: number) =>
  numbers(count, limit).map((n, i) => (i % 5 === 0 ? n : i % limit));

const rgbPng: PngPicture = {
  width: SIDE,
  height: SIDE,
  colorType: 2,
  depth: 8,
  samples: calm(SIDE * SIDE * 3, 256),
  filter: (y) => y % 5,
  idatBytes: 300,
};
const palettePng: PngPicture = {
  ...rgbPng,
  colorType: 3,
  depth: 4,
  interlaced: true,
  samples: calm(SIDE * SIDE, 16),
  palette: numbers(48, 256),
};
const framedGif: GifPicture = {
  width: SIDE,
  height: SIDE,
  bits: 4,
  frame: { left: 2, top: 1, width: SIDE - 3, height: SIDE - 2 },
  pixels: calm(SIDE * SIDE, 16),
  globalPalette: numbers(48, 256),
  transparent: 3,
};
const smallBmp: BmpPicture = {
  width: SIDE,
  height: SIDE,
  bits: 8,
  pixels: calm(SIDE * SIDE, 64),
  palette: numbers(192, 256),
};
const rareJpeg: JpegPlan = {
  width: SIDE,
  height: SIDE,
  sampling: [
    [2, 1],
    [1, 1],
    [1, 1],
  ],
  jfif: true,
};
/** Of a BMP whose pixels are a JPEG file. */
const bmpHeader = encodeBmp({
  width: WIDTH,
  height: HEIGHT,
  bits: 24,
  pixels: [],
  compression: 4,
  data: Buffer.alloc(0),
});
/** Rows of a run, literals and a jump. */
const jumps = Buffer.from(
  Array.from({ length: SIDE }, (_, y) => [9, y, 0, 3, 1, 2, 3, 0, 0, 2, 1, 0, 7, 60, 0, 0]).flat(),
);

/** Files that nothing here can write: by cjpeg and cwebp of a made picture. */
const stored = (name: string) => readFileSync(path.join(import.meta.dirname, '../decode/files', name));

type Row = [name: string, format: Format, file: Promise<Uint8Array> | Uint8Array, facts?: Facts];

async function rows(): Promise<Row[]> {
  const photo = () => photograph(WIDTH, HEIGHT, 7);
  const png = await photo().png().toBuffer();
  const negative = await photo().negate().png().toBuffer();
  const animation = sharp([png, negative], { join: { animated: true } });
  const checksummed = { checksummed: true };
  return [
    ['jpeg 4:2:0', 'jpeg', photo().jpeg({ quality: 60 }).toBuffer()],
    ['jpeg 4:4:4', 'jpeg', photo().jpeg({ quality: 60, chromaSubsampling: '4:4:4' }).toBuffer()],
    ['jpeg progressive', 'jpeg', photo().jpeg({ quality: 60, progressive: true }).toBuffer()],
    ['jpeg grey', 'jpeg', photo().greyscale().jpeg({ quality: 60 }).toBuffer()],
    ['jpeg cmyk', 'jpeg', photo().toColourspace('cmyk').jpeg({ quality: 60 }).toBuffer()],
    ['jpeg with EXIF', 'jpeg', photo().withMetadata({ orientation: 6 }).jpeg({ quality: 60 }).toBuffer()],
    ['jpeg arithmetic', 'jpeg', stored('arithmetic-sequential.jpg')],
    ['jpeg arithmetic progressive', 'jpeg', stored('arithmetic-progressive.jpg')],
    ['jpeg with restarts', 'jpeg', jpegFile({ ...rareJpeg, restart: 2 })],
    ['jpeg of 12 bits, a scan each', 'jpeg', jpegFile({ ...rareJpeg, bits: 12, quant: 40, separate: true })],
    ['png rgb', 'png', png, checksummed],
    ['png adaptive', 'png', photo().png({ adaptiveFiltering: true }).toBuffer(), checksummed],
    ['png stored', 'png', photo().png({ compressionLevel: 0 }).toBuffer(), checksummed],
    ['png rgba', 'png', photo().ensureAlpha(0.5).png().toBuffer(), checksummed],
    ['png grey', 'png', photo().greyscale().png().toBuffer(), checksummed],
    ['png 16', 'png', photo().toColourspace('rgb16').png().toBuffer(), checksummed],
    ['png adam7', 'png', photo().png({ progressive: true }).toBuffer(), checksummed],
    ['png palette', 'png', photo().png({ palette: true }).toBuffer(), checksummed],
    ['png palette 4', 'png', photo().png({ palette: true, colours: 4 }).toBuffer(), checksummed],
    ['png of many chunks, all filters', 'png', encodePng(rgbPng), checksummed],
    ['png palette, interlaced', 'png', encodePng(palettePng), checksummed],
    ['png of stored blocks', 'png', encodePng({ ...rgbPng, zlib: { level: 0 } }), checksummed],
    ['gif', 'gif', photo().gif().toBuffer()],
    ['gif interlaced', 'gif', photo().gif({ progressive: true, colours: 16 }).toBuffer()],
    ['gif with a frame', 'gif', encodeGif(framedGif)],
    ['gif with a frame, interlaced', 'gif', encodeGif({ ...framedGif, interlaced: true })],
    ['bmp 1', 'bmp', bmp(1)],
    ['bmp 4', 'bmp', bmp(4)],
    ['bmp 8', 'bmp', bmp(8)],
    ['bmp rle4', 'bmp', bmp(4, { compression: 2, data: runs(4) })],
    ['bmp rle8', 'bmp', bmp(8, { compression: 1, data: runs(8) })],
    ['bmp 16', 'bmp', bmp(16)],
    ['bmp 24', 'bmp', bmp(24, { fromTop: true })],
    ['bmp 32', 'bmp', bmp(32, { compression: 3, masks: [0xff, 0xff00, 0xff0000] })],
    ['bmp with a short palette', 'bmp', encodeBmp(smallBmp)],
    ['bmp with runs', 'bmp', encodeBmp({ ...smallBmp, compression: 1, data: jumps })],
    [
      'bmp with masks',
      'bmp',
      encodeBmp({ ...smallBmp, bits: 16, compression: 3, masks: [0xf800, 0x7e0, 0x1f] }),
    ],
    ['bmp with a jpeg', 'bmp', Buffer.concat([bmpHeader, await photo().jpeg({ quality: 60 }).toBuffer()])],
    ['webp', 'webp', photo().webp().toBuffer()],
    ['webp square', 'webp', photograph(40, 40, 2).webp({ quality: 60 }).toBuffer()],
    ['webp lossless', 'webp', photo().webp({ lossless: true }).toBuffer()],
    ['webp with alpha', 'webp', photo().ensureAlpha(0.5).webp().toBuffer()],
    // An upright picture, of whose rows half are in the crop.
    ['webp lossless, all transforms', 'webp', stored('lossless.webp'), { needed: 0.5 }],
    // The file may end behind the pixels; the EXIF chunk follows them.
    ['webp with EXIF', 'webp', photo().withMetadata({ orientation: 6 }).webp().toBuffer(), { needed: 0.85 }],
    // Of an animation only the first of two frames is read.
    ['webp animated', 'webp', animation.webp().toBuffer(), { needed: 0.5 }],
  ];
}

export async function smallFiles(): Promise<SmallFile[]> {
  return Promise.all(
    (await rows()).map(async ([name, format, file, { needed = NEEDED, checksummed = false } = {}]) => ({
      name,
      format,
      file: Uint8Array.from(await file),
      needed,
      checksummed,
    })),
  );
}
