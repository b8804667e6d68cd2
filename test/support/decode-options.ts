// Options of ImageDecoder for tests: a picture of 256 x 256 is not resized, so its crop can be compared byte by
// byte.
import { imageLimits } from '../../src/image/limits.ts';
import type { DecodeOptions } from '../../src/image/picture.ts';

export const CROP = 227;
/** Columns and rows left out on the left and at the top. */
export const MARGIN = 14;

export function decodeOptions(
  vars: Record<string, string> = {},
  more: Partial<DecodeOptions> = {},
): DecodeOptions {
  return {
    preprocess: {
      resize: 'shorter-side',
      resizeTo: 256,
      crop: CROP,
      mean: [0, 0, 0],
      std: [1, 1, 1],
      trainedOn: 'RGB',
    },
    limits: imageLimits(vars),
    exif: 'apply',
    area: 'crop',
    ...more,
  };
}

/** A body that arrives in pieces of `size` bytes. */
export function pieces(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}
