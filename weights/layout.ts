// From canonical order to the kernels' own layouts (drawn in assembly/kernels/conv.ts and dense.ts).
import { CODE_LINE } from '../src/engine/weights.ts';
import type { Tiles } from '../src/network/model-info.ts';

/**
 * Convolution weights, (out, channels, kernel, kernel) -> [out / block][k / step][block][step], k ordered ky, kx,
 * channel; each kernel row (kx, channel) padded with zeros to a multiple of `step`.
 *
 *   block b, kernel row ky, step s:   out 8b:  k k k k | out 8b+1:  k k k k | ... | out 8b+7:  k k k k
 */
export function convLayout(
  values: Int8Array,
  out: number,
  channels: number,
  kernel: number,
  { convBlock, kStep }: Tiles,
): Int8Array {
  const run = Math.ceil((kernel * channels) / kStep) * kStep;
  const packed = new Int8Array(out * kernel * run);
  for (let o = 0; o < out; o++)
    for (let c = 0; c < channels; c++)
      for (let ky = 0; ky < kernel; ky++)
        for (let kx = 0; kx < kernel; kx++) {
          const k = ky * run + kx * channels + c;
          const block = Math.floor(o / convBlock) * kernel * run * convBlock;
          const step = Math.floor(k / kStep) * convBlock * kStep;
          packed[block + step + (o % convBlock) * kStep + (k % kStep)] =
            values[((o * channels + c) * kernel + ky) * kernel + kx] ?? 0;
        }
  return packed;
}

/**
 * Dense weights, (out, inputs) -> [inputs][out padded], inputs permuted from C,H,W (every published file) to H,W,C
 * (what the engine leaves).
 */
export function denseLayout(
  values: Int8Array,
  out: number,
  paddedOut: number,
  channels: number,
  height: number,
  width: number,
): Int8Array {
  const inputs = channels * height * width;
  const packed = new Int8Array(inputs * paddedOut);
  // Blocks of outputs keep both sides of the transposition within the cache.
  const block = 64;
  for (let from = 0; from < out; from += block)
    for (let pixel = 0; pixel < height * width; pixel++)
      for (let c = 0; c < channels; c++) {
        const row = (pixel * channels + c) * paddedOut;
        const column = c * height * width + pixel;
        for (let o = from, end = Math.min(out, from + block); o < end; o++)
          packed[row + o] = values[o * inputs + column] ?? 0;
      }
  return packed;
}

/**
 * Codes of 4 bits, (out, inputs) -> [out / 16][inputs / 8][64 bytes], inputs permuted as in denseLayout; drawn in
 * assembly/kernels/dense-codes.ts. Inputs and outputs beyond the layer's get code 0.
 */
export function codeLayout(
  codes: Uint8Array,
  out: number,
  channels: number,
  height: number,
  width: number,
): Uint8Array {
  const plane = height * width;
  const inputs = channels * plane;
  const lines = Math.ceil(inputs / CODE_LINE.inputs);
  const packed = new Uint8Array(Math.ceil(out / CODE_LINE.outputs) * lines * CODE_LINE.bytes);
  for (let o = 0; o < out; o++) {
    const block = Math.floor(o / CODE_LINE.outputs) * lines * CODE_LINE.bytes + (o % CODE_LINE.outputs) * 4;
    for (let k = 0; k < inputs; k++) {
      const column = (k % channels) * plane + Math.floor(k / channels);
      const at = block + (k >> 3) * CODE_LINE.bytes + (k & 3);
      packed[at] = (packed[at] ?? 0) | ((codes[o * inputs + column] ?? 0) << (k & 4));
    }
  }
  return packed;
}
