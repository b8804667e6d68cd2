// A witness's pixels, and how far ours are from them.
import sharp from 'sharp';
import { type Raw, resizeCrop } from '../reference/resize.ts';

/** RGB of a file as libvips decodes it: no profile, no rotation, alpha dropped; CMYK by R = C * K / 255. */
export async function rawBySharp(file: Uint8Array, cmyk = false): Promise<Raw> {
  const input = sharp(file, { ignoreIcc: true });
  const image = cmyk
    ? input.pipelineColourspace('cmyk').toColourspace('cmyk')
    : input.removeAlpha().toColourspace('srgb');
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels === 3) return { width, height, pixels: data };
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) {
      const ink = (255 - (data[4 * i + c] ?? 0)) * (255 - (data[4 * i + 3] ?? 0));
      pixels[3 * i + c] = channels === 1 ? (data[i] ?? 0) : Math.round(ink / 255);
    }
  return { width, height, pixels };
}

/** Shorter side to 256, centre 227 x 227: offsets by Python's round(), written out. */
export function referenceCrop(raw: Raw, resizeTo = 256, crop = 227): Uint8Array {
  const short = Math.min(raw.width, raw.height);
  const side = (length: number) => (length === short ? resizeTo : Math.floor((resizeTo * length) / short));
  const middle = (length: number) => {
    const exact = (length - crop) / 2;
    const near = Math.round(exact);
    return Math.abs(exact % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
  };
  const [width, height] = [side(raw.width), side(raw.height)];
  return resizeCrop(raw, { width, height, left: middle(width), top: middle(height), size: crop });
}

export interface Difference {
  mean: number;
  most: number;
}

export function difference(a: Uint8Array, b: Uint8Array): Difference {
  if (a.length !== b.length) throw new Error(`expected ${a.length} bytes, got ${b.length}`);
  let sum = 0;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs((a[i] ?? 0) - (b[i] ?? 0));
    sum += d;
    most = Math.max(most, d);
  }
  return { mean: sum / a.length, most };
}
