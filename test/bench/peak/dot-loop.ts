// The machine's limit for our multiply-add: the kernels' own dot product on registers alone, twelve sums as in the
// convolution's tile, nothing loaded or stored within the loop. 192 multiply-adds a round.
import { dot } from '../../../assembly/kernels/dot';

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
