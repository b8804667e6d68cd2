// conv6x8: one block of 8 output channels of a convolution over every output position, as an implicit
// matrix product: y = max(floor, (sum of w * x) * scale * inputScale + bias). Tiles of 6 positions x 8
// channels: 12 accumulators + 2 weights + 1 input fill the 15 vector registers that V8 gives.
// It refuses to know padding, groups or strides: `source` is one group's plane, its border already padded.
//
//   source   u7, [padded rows][padded columns][group channels]; a kernel row of one position is one
//            contiguous run of kernel * channels bytes
//   weights  i8, [k / 4][8][4], k ordered ky, kx, channel, each run padded to a multiple of 4 by zeros:
//            a step of 32 bytes feeds 8 channels with 4 k each
//
//            k0..k3 of channel 0 | k0..k3 of channel 1 | ... | k0..k3 of channel 7 | k4..k7 of channel 0 | ...
//
// It is for machines where the dot product is one instruction; where it is three, conv-windows.ts is faster. A last tile past the end computes its last position again instead of having a tail loop.
import { dot } from './dot';

/** Output channels of one block of weights. */
export const CONV_BLOCK: i32 = 8;
/** Inputs k of one dot-product lane; runs are padded to a multiple of it. */
export const K_STEP: i32 = 4;

/** Scales two accumulators of 8 channels back to f32, stores them at `to`, keeps the running maximum. */
// @ts-expect-error: decorators are not TypeScript's
// @inline
export function finish(
  to: usize,
  low: v128,
  high: v128,
  scaleLow: v128,
  scaleHigh: v128,
  bias: usize,
  floor: v128,
  max: usize,
): void {
  const y0 = f32x4.pmax(f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(low), scaleLow), v128.load(bias)), floor);
  const y1 = f32x4.pmax(
    f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(high), scaleHigh), v128.load(bias, 16)),
    floor,
  );
  v128.store(to, y0);
  v128.store(to, y1, 16);
  v128.store(max, f32x4.pmax(v128.load(max), f32x4.pmax(y0, y1)));
}

/**
 * @param target f32 [positions][targetChannels], at the block's first channel
 * @param source u7 plane, see above; readable up to 3 bytes past the last run
 * @param weights i8 block, see above
 * @param scale f32 [8] weight scales; `bias` f32 [8]
 * @param max f32 [4], raised to the largest outputs (lane by lane)
 * @param rows kernel rows; `runBytes` bytes of a run, padded to a multiple of 4
 * @param rowBytes bytes from one source row to the next; `stepBytes` from one output position to the next
 * @param rowStepBytes bytes from one output row to the next
 * @param floor 0 for ReLU, -infinity for none
 */
export function conv6x8(
  target: usize,
  source: usize,
  weights: usize,
  scale: usize,
  bias: usize,
  max: usize,
  width: i32,
  height: i32,
  targetChannels: i32,
  rows: i32,
  runBytes: i32,
  rowBytes: i32,
  stepBytes: i32,
  rowStepBytes: i32,
  inputScale: f32,
  floor: f32,
): void {
  const positions = width * height;
  const last = positions - 1;
  const scaleLow = f32x4.mul(v128.load(scale), f32x4.splat(inputScale));
  const scaleHigh = f32x4.mul(v128.load(scale, 16), f32x4.splat(inputScale));
  const floors = f32x4.splat(floor);
  for (let p = 0; p < positions; p += 6) {
    const p1 = min(p + 1, last);
    const p2 = min(p + 2, last);
    const p3 = min(p + 3, last);
    const p4 = min(p + 4, last);
    const p5 = min(p + 5, last);
    let x0 = source + <usize>((p / width) * rowStepBytes + (p % width) * stepBytes);
    let x1 = source + <usize>((p1 / width) * rowStepBytes + (p1 % width) * stepBytes);
    let x2 = source + <usize>((p2 / width) * rowStepBytes + (p2 % width) * stepBytes);
    let x3 = source + <usize>((p3 / width) * rowStepBytes + (p3 % width) * stepBytes);
    let x4 = source + <usize>((p4 / width) * rowStepBytes + (p4 % width) * stepBytes);
    let x5 = source + <usize>((p5 / width) * rowStepBytes + (p5 % width) * stepBytes);
    let a0 = i32x4.splat(0);
    let b0 = i32x4.splat(0);
    let a1 = i32x4.splat(0);
    let b1 = i32x4.splat(0);
    let a2 = i32x4.splat(0);
    let b2 = i32x4.splat(0);
    let a3 = i32x4.splat(0);
    let b3 = i32x4.splat(0);
    let a4 = i32x4.splat(0);
    let b4 = i32x4.splat(0);
    let a5 = i32x4.splat(0);
    let b5 = i32x4.splat(0);
    let w = weights;
    for (let row = 0; row < rows; row++) {
      for (let k = row * rowBytes, end = k + runBytes; k < end; k += 4) {
        const low = v128.load(w);
        const high = v128.load(w, 16);
        w += 32;
        let x = v128.load32_splat(x0 + k);
        a0 = dot(low, x, a0);
        b0 = dot(high, x, b0);
        x = v128.load32_splat(x1 + k);
        a1 = dot(low, x, a1);
        b1 = dot(high, x, b1);
        x = v128.load32_splat(x2 + k);
        a2 = dot(low, x, a2);
        b2 = dot(high, x, b2);
        x = v128.load32_splat(x3 + k);
        a3 = dot(low, x, a3);
        b3 = dot(high, x, b3);
        x = v128.load32_splat(x4 + k);
        a4 = dot(low, x, a4);
        b4 = dot(high, x, b4);
        x = v128.load32_splat(x5 + k);
        a5 = dot(low, x, a5);
        b5 = dot(high, x, b5);
      }
    }
    finish(target + <usize>((p * targetChannels) << 2), a0, b0, scaleLow, scaleHigh, bias, floors, max);
    finish(target + <usize>((p1 * targetChannels) << 2), a1, b1, scaleLow, scaleHigh, bias, floors, max);
    finish(target + <usize>((p2 * targetChannels) << 2), a2, b2, scaleLow, scaleHigh, bias, floors, max);
    finish(target + <usize>((p3 * targetChannels) << 2), a3, b3, scaleLow, scaleHigh, bias, floors, max);
    finish(target + <usize>((p4 * targetChannels) << 2), a4, b4, scaleLow, scaleHigh, bias, floors, max);
    finish(target + <usize>((p5 * targetChannels) << 2), a5, b5, scaleLow, scaleHigh, bias, floors, max);
  }
}
