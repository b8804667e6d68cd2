// Preprocessed input back to pixels: x = v * std + mean, rounded, from planes (C,H,W; channels R, G, B) to interleaved
// rows. The engine reads u8 pixels; the values came from such pixels, so nothing is lost but rounding.
import type { Preprocess } from '../../../network/preprocess.ts';
import { badInput } from './tensors.ts';

/** Resampling filters with negative lobes overshoot a little; what lies farther out was not normalised this way. */
const OVERSHOOT = 32;

/**
 * @param data f32 [n][3][size][size]
 * Returns n pictures, u8 RGB [size][size][3]. Throws ServiceError bad-parameter for values that are no pixels.
 */
export function denormalize(data: Float32Array, size: number, { mean, std }: Preprocess): Uint8Array[] {
  const area = size * size;
  const bytes = new Uint8Array(data.length);
  data.forEach((value, i) => {
    const channel = Math.floor(i / area) % 3;
    const pixel = value * (std[channel] ?? 1) + (mean[channel] ?? 0);
    if (!(pixel >= -OVERSHOOT && pixel <= 255 + OVERSHOOT))
      throw badInput(
        'data',
        `(pixel - mean) / std of pixels 0 to 255 with mean ${mean.join(', ')} and std ${std.join(', ')} (R, G, B)`,
        `${value} at ${i}`,
      );
    const picture = Math.floor(i / (3 * area));
    bytes[picture * 3 * area + (i % area) * 3 + channel] = Math.min(255, Math.max(0, Math.round(pixel)));
  });
  return Array.from({ length: data.length / (3 * area) }, (_, n) =>
    bytes.subarray(n * 3 * area, (n + 1) * 3 * area),
  );
}
