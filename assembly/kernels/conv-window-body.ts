// Convolutions for machines where the dot product with sum is three instructions: the products of pairs (16 bits) of
// several steps are added in 16 bits, a window, before they are widened once. The block, its arguments and its result
// are those of conv6x8; tiles have 5 positions x 8 channels: 10 sums of 16 bits + 2 weights + input + product +
// constant fill the 15 vector registers that V8 gives. The sums of 32 bits lie in memory, touched once a window.
//
// Exactness: a lane of a window of N steps is a sum of 2N products w * x with x in 0..127. Additions in 16 bits wrap,
// so only the window's total has to fit. With P the sum of the lane's positive weights and M of its negative ones:
//
//   plain     the sum begins at 0: fits for every input iff 127 P <= 32,767 and 127 M <= 32,768: both at most 258
//   started   the sum begins at c = 127 (M - P) / 2, which the channel's sum of 32 bits has less: P + M <= 516 suffices;
//             always true for N = 2 (4 * 127 = 508)
//
// windowProof (window-proof.ts) says which of the two hold for a block of weights; nothing here checks them again. They refuse runs
// whose steps are no multiple of the window.
import { finish } from './conv';
import { pairs } from './dot';

/** A block's first 32 bytes of starts: i32 [8], what the channels' sums begin at; then i16 [16] a window. */
export const STARTS_HEAD: usize = 32;

// @ts-expect-error: decorators are not TypeScript's
// @inline
function add(sum: v128, weights: v128, x: v128): v128 {
  return i16x8.add(sum, pairs(weights, x));
}

// @ts-expect-error: decorators are not TypeScript's
// @inline
function widen(total: v128, sum: v128, ones: v128): v128 {
  return i32x4.add(total, i32x4.dot_i16x8_s(sum, ones));
}

/** The body of all five: `window` and `started` are constants, so each keeps only what it needs. */
// @ts-expect-error: decorators are not TypeScript's
// @inline
export function convWindows(
  window: i32,
  started: bool,
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
  sums: usize,
  starts: usize,
): void {
  const positions = width * height;
  const last = positions - 1;
  const scaleLow = f32x4.mul(v128.load(scale), f32x4.splat(inputScale));
  const scaleHigh = f32x4.mul(v128.load(scale, 16), f32x4.splat(inputScale));
  const floors = f32x4.splat(floor);
  const ones = i16x8.splat(1);
  for (let p = 0; p < positions; p += 5) {
    const p1 = min(p + 1, last);
    const p2 = min(p + 2, last);
    const p3 = min(p + 3, last);
    const p4 = min(p + 4, last);
    const x0 = source + <usize>((p / width) * rowStepBytes + (p % width) * stepBytes);
    const x1 = source + <usize>((p1 / width) * rowStepBytes + (p1 % width) * stepBytes);
    const x2 = source + <usize>((p2 / width) * rowStepBytes + (p2 % width) * stepBytes);
    const x3 = source + <usize>((p3 / width) * rowStepBytes + (p3 % width) * stepBytes);
    const x4 = source + <usize>((p4 / width) * rowStepBytes + (p4 % width) * stepBytes);
    const headLow = started ? v128.load(starts) : i32x4.splat(0);
    const headHigh = started ? v128.load(starts, 16) : i32x4.splat(0);
    for (let at = sums, end = sums + 160; at < end; at += 32) {
      v128.store(at, headLow);
      v128.store(at, headHigh, 16);
    }
    let w = weights;
    let start = starts + STARTS_HEAD;
    for (let row = 0; row < rows; row++) {
      for (let k = row * rowBytes, end = k + runBytes; k < end; k += window * 4) {
        const q0 = x0 + k;
        const q1 = x1 + k;
        const q2 = x2 + k;
        const q3 = x3 + k;
        const q4 = x4 + k;
        let low = v128.load(w);
        let high = v128.load(w, 16);
        let x = v128.load32_splat(q0);
        let a0: v128;
        let b0: v128;
        let a1: v128;
        let b1: v128;
        let a2: v128;
        let b2: v128;
        let a3: v128;
        let b3: v128;
        let a4: v128;
        let b4: v128;
        if (started) {
          const startLow = v128.load(start);
          const startHigh = v128.load(start, 16);
          start += 32;
          a0 = add(startLow, low, x);
          b0 = add(startHigh, high, x);
          x = v128.load32_splat(q1);
          a1 = add(startLow, low, x);
          b1 = add(startHigh, high, x);
          x = v128.load32_splat(q2);
          a2 = add(startLow, low, x);
          b2 = add(startHigh, high, x);
          x = v128.load32_splat(q3);
          a3 = add(startLow, low, x);
          b3 = add(startHigh, high, x);
          x = v128.load32_splat(q4);
          a4 = add(startLow, low, x);
          b4 = add(startHigh, high, x);
        } else {
          a0 = pairs(low, x);
          b0 = pairs(high, x);
          x = v128.load32_splat(q1);
          a1 = pairs(low, x);
          b1 = pairs(high, x);
          x = v128.load32_splat(q2);
          a2 = pairs(low, x);
          b2 = pairs(high, x);
          x = v128.load32_splat(q3);
          a3 = pairs(low, x);
          b3 = pairs(high, x);
          x = v128.load32_splat(q4);
          a4 = pairs(low, x);
          b4 = pairs(high, x);
        }
        low = v128.load(w, 32);
        high = v128.load(w, 48);
        x = v128.load32_splat(q0, 4);
        a0 = add(a0, low, x);
        b0 = add(b0, high, x);
        x = v128.load32_splat(q1, 4);
        a1 = add(a1, low, x);
        b1 = add(b1, high, x);
        x = v128.load32_splat(q2, 4);
        a2 = add(a2, low, x);
        b2 = add(b2, high, x);
        x = v128.load32_splat(q3, 4);
        a3 = add(a3, low, x);
        b3 = add(b3, high, x);
        x = v128.load32_splat(q4, 4);
        a4 = add(a4, low, x);
        b4 = add(b4, high, x);
        if (window > 2) {
          low = v128.load(w, 64);
          high = v128.load(w, 80);
          x = v128.load32_splat(q0, 8);
          a0 = add(a0, low, x);
          b0 = add(b0, high, x);
          x = v128.load32_splat(q1, 8);
          a1 = add(a1, low, x);
          b1 = add(b1, high, x);
          x = v128.load32_splat(q2, 8);
          a2 = add(a2, low, x);
          b2 = add(b2, high, x);
          x = v128.load32_splat(q3, 8);
          a3 = add(a3, low, x);
          b3 = add(b3, high, x);
          x = v128.load32_splat(q4, 8);
          a4 = add(a4, low, x);
          b4 = add(b4, high, x);
        }
        if (window > 3) {
          low = v128.load(w, 96);
          high = v128.load(w, 112);
          x = v128.load32_splat(q0, 12);
          a0 = add(a0, low, x);
          b0 = add(b0, high, x);
          x = v128.load32_splat(q1, 12);
          a1 = add(a1, low, x);
          b1 = add(b1, high, x);
          x = v128.load32_splat(q2, 12);
          a2 = add(a2, low, x);
          b2 = add(b2, high, x);
          x = v128.load32_splat(q3, 12);
          a3 = add(a3, low, x);
          b3 = add(b3, high, x);
          x = v128.load32_splat(q4, 12);
          a4 = add(a4, low, x);
          b4 = add(b4, high, x);
        }
        w += <usize>(window * 32);
        v128.store(sums, widen(v128.load(sums), a0, ones));
        v128.store(sums, widen(v128.load(sums, 16), b0, ones), 16);
        v128.store(sums, widen(v128.load(sums, 32), a1, ones), 32);
        v128.store(sums, widen(v128.load(sums, 48), b1, ones), 48);
        v128.store(sums, widen(v128.load(sums, 64), a2, ones), 64);
        v128.store(sums, widen(v128.load(sums, 80), b2, ones), 80);
        v128.store(sums, widen(v128.load(sums, 96), a3, ones), 96);
        v128.store(sums, widen(v128.load(sums, 112), b3, ones), 112);
        v128.store(sums, widen(v128.load(sums, 128), a4, ones), 128);
        v128.store(sums, widen(v128.load(sums, 144), b4, ones), 144);
      }
    }
    finish(
      target + <usize>((p * targetChannels) << 2),
      v128.load(sums),
      v128.load(sums, 16),
      scaleLow,
      scaleHigh,
      bias,
      floors,
      max,
    );
    finish(
      target + <usize>((p1 * targetChannels) << 2),
      v128.load(sums, 32),
      v128.load(sums, 48),
      scaleLow,
      scaleHigh,
      bias,
      floors,
      max,
    );
    finish(
      target + <usize>((p2 * targetChannels) << 2),
      v128.load(sums, 64),
      v128.load(sums, 80),
      scaleLow,
      scaleHigh,
      bias,
      floors,
      max,
    );
    finish(
      target + <usize>((p3 * targetChannels) << 2),
      v128.load(sums, 96),
      v128.load(sums, 112),
      scaleLow,
      scaleHigh,
      bias,
      floors,
      max,
    );
    finish(
      target + <usize>((p4 * targetChannels) << 2),
      v128.load(sums, 128),
      v128.load(sums, 144),
      scaleLow,
      scaleHigh,
      bias,
      floors,
      max,
    );
  }
}
