// One small file of every kind that the decoder reads, made when the tests run.
import sharp from 'sharp';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { type BmpPicture, encodeBmp } from './encode-bmp.ts';

export interface Fixture {
  name: string;
  file: Uint8Array;
}

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

export async function smallFiles(): Promise<Fixture[]> {
  const photo = () => photograph(WIDTH, HEIGHT, 7);
  const png = await photo().png().toBuffer();
  const made: Record<string, Promise<Uint8Array> | Uint8Array> = {
    'jpeg 4:2:0': photo().jpeg({ quality: 60 }).toBuffer(),
    'jpeg 4:4:4': photo().jpeg({ quality: 60, chromaSubsampling: '4:4:4' }).toBuffer(),
    'jpeg progressive': photo().jpeg({ quality: 60, progressive: true }).toBuffer(),
    'jpeg grey': photo().greyscale().jpeg({ quality: 60 }).toBuffer(),
    'jpeg cmyk': photo().toColourspace('cmyk').jpeg({ quality: 60 }).toBuffer(),
    'jpeg with EXIF': photo().withMetadata({ orientation: 6 }).jpeg({ quality: 60 }).toBuffer(),
    'png rgb': png,
    'png adaptive': photo().png({ adaptiveFiltering: true }).toBuffer(),
    'png stored': photo().png({ compressionLevel: 0 }).toBuffer(),
    'png rgba': photo().ensureAlpha(0.5).png().toBuffer(),
    'png grey': photo().greyscale().png().toBuffer(),
    'png 16': photo().toColourspace('rgb16').png().toBuffer(),
    'png adam7': photo().png({ progressive: true }).toBuffer(),
    'png palette': photo().png({ palette: true }).toBuffer(),
    'png palette 4': photo().png({ palette: true, colours: 4 }).toBuffer(),
    gif: photo().gif().toBuffer(),
    'gif interlaced': photo().gif({ progressive: true, colours: 16 }).toBuffer(),
    'bmp 1': bmp(1),
    'bmp 4': bmp(4),
    'bmp 8': bmp(8),
    'bmp rle4': bmp(4, { compression: 2, data: runs(4) }),
    'bmp rle8': bmp(8, { compression: 1, data: runs(8) }),
    'bmp 16': bmp(16),
    'bmp 24': bmp(24, { fromTop: true }),
    'bmp 32': bmp(32, { compression: 3, masks: [0xff, 0xff00, 0xff0000] }),
    webp: photo().webp().toBuffer(),
    'webp lossless': photo().webp({ lossless: true }).toBuffer(),
    'webp animated': sharp([png, await photo().negate().png().toBuffer()], { join: { animated: true } })
      .webp()
      .toBuffer(),
  };
  const names = Object.keys(made);
  const files = await Promise.all(Object.values(made));
  return files.map((file, i) => ({ name: names[i] ?? '', file: Uint8Array.from(file) }));
}
