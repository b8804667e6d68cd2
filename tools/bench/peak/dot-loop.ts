// The machine's two limits. For multiply-add: the kernels' own dot product on registers alone, twelve sums as in the
// convolution's tile, nothing loaded or stored within the loop, 192 multiply-adds a round. For reading: see readLoop.
import { dot } from '../../../assembly/kernels/dot';

/**
 * Reads `count` bytes once, in order: the limit for a dense layer, which reads each weight once.
 * @param count a multiple of 64
 */
export function readLoop(from: usize, count: i32): i32 {
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (const end = from + <usize>count; from < end; from += 64) {
    a = v128.or(a, v128.load(from));
    b = v128.or(b, v128.load(from, 16));
    c = v128.or(c, v128.load(from, 32));
    d = v128.or(d, v128.load(from, 48));
  }
  return i32x4.extract_lane(v128.or(v128.or(a, b), v128.or(c, d)), 0);
}

/** @returns the sums, so that nothing can be left out */
export function dotLoop(rounds: i32, seed: i32): i32 {
  const w = i8x16.splat(<i8>seed);
  const x = i8x16.splat(<i8>(seed & 3));
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  let s8 = s0;
  let s9 = s0;
  let sA = s0;
  let sB = s0;
  for (let i = 0; i < rounds; i++) {
    s0 = dot(w, x, s0);
    s1 = dot(w, x, s1);
    s2 = dot(w, x, s2);
    s3 = dot(w, x, s3);
    s4 = dot(w, x, s4);
    s5 = dot(w, x, s5);
    s6 = dot(w, x, s6);
    s7 = dot(w, x, s7);
    s8 = dot(w, x, s8);
    s9 = dot(w, x, s9);
    sA = dot(w, x, sA);
    sB = dot(w, x, sB);
  }
  const low = i32x4.add(i32x4.add(i32x4.add(s0, s1), i32x4.add(s2, s3)), i32x4.add(s4, s5));
  const high = i32x4.add(i32x4.add(i32x4.add(s6, s7), i32x4.add(s8, s9)), i32x4.add(sA, sB));
  return i32x4.extract_lane(i32x4.add(low, high), 0);
}
