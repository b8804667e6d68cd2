// One small file of every kind that the decoder reads, made when the tests run.
import sharp from 'sharp';
import { bmpFile } from './bmp.ts';
import { photograph } from './photograph.ts';
import { randomNumbers } from './random.ts';

export interface Fixture {
  name: string;
  file: Uint8Array;
}

const WIDTH = 44;
const HEIGHT = 36;

/** Values with runs in them. */
function values(colors: number): Uint32Array {
  const next = randomNumbers(colors);
  const out = new Uint32Array(WIDTH * HEIGHT);
  for (let i = 0; i < out.length; ) {
    const value = Math.floor(next() * colors);
    const stop = Math.min(out.length, i + (next() < 0.5 ? 1 : Math.ceil(next() * 9)));
    for (; i < stop; i++) out[i] = value;
  }
  return out;
}

function colors(count: number): number[][] {
  const next = randomNumbers(count);
  return Array.from({ length: count }, () => [0, 1, 2].map(() => Math.floor(next() * 256)));
}

export async function smallFiles(): Promise<Fixture[]> {
  const photo = () => photograph(WIDTH, HEIGHT, 7);
  const png = await photo().png().toBuffer();
  const size = { width: WIDTH, height: HEIGHT };
  const bmp = (bits: 1 | 4 | 8, compression?: 'rle4' | 'rle8') =>
    bmpFile({
      ...size,
      bits,
      values: values(2 ** bits),
      palette: colors(2 ** bits),
      ...(compression ? { compression } : {}),
    });
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
    'bmp rle4': bmp(4, 'rle4'),
    'bmp rle8': bmp(8, 'rle8'),
    'bmp 16': bmpFile({ ...size, bits: 16, values: values(65536) }),
    'bmp 24': bmpFile({ ...size, bits: 24, values: values(2 ** 24), topDown: true }),
    'bmp 32': bmpFile({ ...size, bits: 32, values: values(2 ** 32), masks: [0xff, 0xff00, 0xff0000] }),
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
