// The package's `./decode`: photos of any size to a small square of RGB, in bounded memory.
import { ImageDecoder } from '../image/decoder.ts';
import { imageLimits } from '../image/limits.ts';
import type { Bytes } from './answers.ts';
import { sourceOf } from './bytes.ts';
import type { ImageLimitOptions } from './classifier.ts';
import { decodeModule } from './wasm-modules.ts';

export interface Fit {
  /** `shorter-side`: keeps the aspect, shorter side to `resizeTo`; `warp`: both sides to `resizeTo`. */
  resize: 'shorter-side' | 'warp';
  resizeTo: number;
  /** Side of the centre crop, pixels. */
  crop: number;
  /** Whether the orientation that the camera recorded is applied, default `apply`. */
  exif?: 'apply' | 'ignore';
}

export interface DecodedPhoto {
  /** u8 RGB [size][size][3]. */
  pixels: Uint8Array;
  size: number;
  format: string;
  /** Of the file as stored, before its orientation is applied. */
  width: number;
  height: number;
  /** EXIF orientation 1..8; 1 when there is none. */
  orientation: number;
}

export interface PhotoDecoder {
  /** Rejects with an Error that has `code`: unsupported-image, damaged-image, too-many-pixels and others. */
  decode(photo: Bytes, fit: Fit): Promise<DecodedPhoto>;
}

export async function createDecoder(options: ImageLimitOptions = {}): Promise<PhotoDecoder> {
  const decoder = new ImageDecoder(await decodeModule());
  const limits = { ...imageLimits({}), ...options };
  return {
    async decode(photo, { resize, resizeTo, crop, exif = 'apply' }) {
      // The decoder reads sizes alone; the rest belongs to the network.
      const preprocess = {
        resize,
        resizeTo,
        crop,
        mean: [0, 0, 0],
        std: [1, 1, 1],
        trainedOn: 'RGB',
      } satisfies Parameters<ImageDecoder['decode']>[1]['preprocess'];
      const { bytes: _, ...picture } = await decoder.decode(sourceOf(photo), {
        preprocess,
        limits,
        exif,
        area: 'crop',
      });
      return picture;
    },
  };
}
