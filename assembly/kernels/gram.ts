// gram: dot products of one row with many, target[j] = sum over k of a[k] * b[j][k], the rows of a Gram matrix.
// All numbers are unsigned 7 bits (0..127), so that `dot` is exact on every processor; a row of 4096 sums up to 66
// million at most. Four rows of b share each reading of a.
import { dot } from './dot';

function lanes(sums: v128): i32 {
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}

/**
 * @param target i32 [rows]
 * @param a u7 [bytes]
 * @param b u7 [rows][bytes]
 * @param bytes numbers of a row, a multiple of 16, at most 131,072
 */
export function gramRow(target: usize, a: usize, b: usize, rows: i32, bytes: i32): void {
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let s0 = i32x4.splat(0);
    let s1 = i32x4.splat(0);
    let s2 = i32x4.splat(0);
    let s3 = i32x4.splat(0);
    const b1 = b + bytes;
    const b2 = b1 + bytes;
    const b3 = b2 + bytes;
    for (let k = 0; k < bytes; k += 16) {
      const x = v128.load(a + k);
      s0 = dot(v128.load(b + k), x, s0);
      s1 = dot(v128.load(b1 + k), x, s1);
      s2 = dot(v128.load(b2 + k), x, s2);
      s3 = dot(v128.load(b3 + k), x, s3);
    }
    store<i32>(target, lanes(s0));
    store<i32>(target, lanes(s1), 4);
    store<i32>(target, lanes(s2), 8);
    store<i32>(target, lanes(s3), 12);
    target += 16;
    b = b3 + bytes;
  }
  for (; row < rows; row++) {
    let sums = i32x4.splat(0);
    for (let k = 0; k < bytes; k += 16) sums = dot(v128.load(b + k), v128.load(a + k), sums);
    store<i32>(target, lanes(sums));
    target += 4;
    b += bytes;
  }
}
