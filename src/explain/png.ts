// Pictures that the Worker makes, as PNG (by fast-png).
import { encode } from 'fast-png';
import type { Bitmap } from './mosaic.ts';

/** Fast rather than small: these pictures are looked at once. */
const LEVEL = 3;

/** The file's bytes. */
export function pngBytes({ width, height, channels, data }: Bitmap): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encode({ width, height, channels, depth: 8, data }, { zlib: { level: LEVEL } }));
}

/** Length of the file at most, for so many bytes of pixels: deflate stores what it cannot shrink. */
export function mostPngBytes(bytes: number): number {
  return 1024 + Math.ceil(bytes * 1.02);
}
