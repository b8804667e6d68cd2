// Which windows are exact for a block of weights, and where their sums begin (conv-window-body.ts).
import { STARTS_HEAD } from './conv-window-body';

/** Largest P and largest M of a plain lane; twice that is the largest P + M of a started one. */
const PLAIN_BOUND: i16 = 258;

/**
 * What windows of `window` steps of one block allow, whatever the inputs, and the starts of its windows.
 * @param starts written: i32 [8], then i16 [steps / window][16]
 * @param weights i8 [steps][8][4], none of them -128
 * @param window 2 to 4, a divisor of `steps`
 * @returns bit 0: plain windows are exact; bit 1: started ones are
 */
export function windowProof(starts: usize, weights: usize, steps: i32, window: i32): i32 {
  const zero = i8x16.splat(0);
  const half = i16x8.splat(63);
  let single = i16x8.splat(0);
  let both = i16x8.splat(0);
  let headLow = i32x4.splat(0);
  let headHigh = i32x4.splat(0);
  let to = starts + STARTS_HEAD;
  for (let step = 0; step < steps; step += window) {
    let p0 = i16x8.splat(0);
    let p1 = i16x8.splat(0);
    let m0 = i16x8.splat(0);
    let m1 = i16x8.splat(0);
    for (let i = 0; i < window; i++) {
      const low = v128.load(weights);
      const high = v128.load(weights, 16);
      weights += 32;
      p0 = i16x8.add(p0, i16x8.extadd_pairwise_i8x16_s(i8x16.max_s(low, zero)));
      p1 = i16x8.add(p1, i16x8.extadd_pairwise_i8x16_s(i8x16.max_s(high, zero)));
      m0 = i16x8.sub(m0, i16x8.extadd_pairwise_i8x16_s(i8x16.min_s(low, zero)));
      m1 = i16x8.sub(m1, i16x8.extadd_pairwise_i8x16_s(i8x16.min_s(high, zero)));
    }
    single = i16x8.max_s(single, i16x8.max_s(i16x8.max_s(p0, p1), i16x8.max_s(m0, m1)));
    both = i16x8.max_s(both, i16x8.max_s(i16x8.add(p0, m0), i16x8.add(p1, m1)));
    // 63.5 (M - P), rounded down.
    const d0 = i16x8.sub(m0, p0);
    const d1 = i16x8.sub(m1, p1);
    const c0 = i16x8.add(i16x8.mul(d0, half), i16x8.shr_s(d0, 1));
    const c1 = i16x8.add(i16x8.mul(d1, half), i16x8.shr_s(d1, 1));
    v128.store(to, c0);
    v128.store(to, c1, 16);
    to += 32;
    headLow = i32x4.sub(headLow, i32x4.extadd_pairwise_i16x8_s(c0));
    headHigh = i32x4.sub(headHigh, i32x4.extadd_pairwise_i16x8_s(c1));
  }
  v128.store(starts, headLow);
  v128.store(starts, headHigh, 16);
  const plain = !v128.any_true(i16x8.gt_s(single, i16x8.splat(PLAIN_BOUND)));
  const started = !v128.any_true(i16x8.gt_s(both, i16x8.splat(2 * PLAIN_BOUND)));
  return (plain ? 1 : 0) | (started ? 2 : 0);
}
