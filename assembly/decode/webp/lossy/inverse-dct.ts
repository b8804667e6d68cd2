// The inverse DCT of VP8 (RFC 6386, section 14.3), added to the prediction: columns first, then rows, exact.

/** Multiples by sqrt(2) cos(pi / 8) and sqrt(2) sin(pi / 8). */
class Scaled {
  @inline static scaled1(value: v128): v128 {
    return i32x4.add(i32x4.shr_s(i32x4.mul(value, i32x4.splat(20091)), 16), value);
  }

  @inline static scaled2(value: v128): v128 {
    return i32x4.shr_s(i32x4.mul(value, i32x4.splat(35468)), 16);
  }
}

export class InverseDct {
  /** Adds a block that has only a DC. */
  static addDc(block: usize, to: usize, stride: usize): void {
    const delta = i16x8.splat(<i16>((<i32>load<i16>(block) + 4) >> 3));
    for (let y = 0; y < 4; y++, to += stride) {
      const sum = i16x8.add_sat_s(i16x8.extend_low_i8x16_u(v128.load32_zero(to)), delta);
      v128.store32_lane(to, i8x16.narrow_i16x8_u(sum, sum), 0);
    }
  }

  static add(block: usize, to: usize, stride: usize): void {
    const r0 = v128.load16x4_s(block);
    const r1 = v128.load16x4_s(block, 8);
    const r2 = v128.load16x4_s(block, 16);
    const r3 = v128.load16x4_s(block, 24);
    let a = i32x4.add(r0, r2);
    let b = i32x4.sub(r0, r2);
    let c = i32x4.sub(Scaled.scaled2(r1), Scaled.scaled1(r3));
    let d = i32x4.add(Scaled.scaled1(r1), Scaled.scaled2(r3));
    const t0 = i32x4.add(a, d);
    const t1 = i32x4.add(b, c);
    const t2 = i32x4.sub(b, c);
    const t3 = i32x4.sub(a, d);
    // Transposed: one vector a column.
    const l0 = v128.shuffle<i32>(t0, t1, 0, 4, 1, 5);
    const l1 = v128.shuffle<i32>(t2, t3, 0, 4, 1, 5);
    const h0 = v128.shuffle<i32>(t0, t1, 2, 6, 3, 7);
    const h1 = v128.shuffle<i32>(t2, t3, 2, 6, 3, 7);
    const c0 = i32x4.add(v128.shuffle<i64>(l0, l1, 0, 2), i32x4.splat(4));
    const c1 = v128.shuffle<i64>(l0, l1, 1, 3);
    const c2 = v128.shuffle<i64>(h0, h1, 0, 2);
    const c3 = v128.shuffle<i64>(h0, h1, 1, 3);
    a = i32x4.add(c0, c2);
    b = i32x4.sub(c0, c2);
    c = i32x4.sub(Scaled.scaled2(c1), Scaled.scaled1(c3));
    d = i32x4.add(Scaled.scaled1(c1), Scaled.scaled2(c3));
    const s0 = i32x4.shr_s(i32x4.add(a, d), 3);
    const s1 = i32x4.shr_s(i32x4.add(b, c), 3);
    const s2 = i32x4.shr_s(i32x4.sub(b, c), 3);
    const s3 = i32x4.shr_s(i32x4.sub(a, d), 3);
    const m0 = v128.shuffle<i32>(s0, s1, 0, 4, 1, 5);
    const m1 = v128.shuffle<i32>(s2, s3, 0, 4, 1, 5);
    const n0 = v128.shuffle<i32>(s0, s1, 2, 6, 3, 7);
    const n1 = v128.shuffle<i32>(s2, s3, 2, 6, 3, 7);
    InverseDct.row(to, v128.shuffle<i64>(m0, m1, 0, 2));
    InverseDct.row(to + stride, v128.shuffle<i64>(m0, m1, 1, 3));
    InverseDct.row(to + 2 * stride, v128.shuffle<i64>(n0, n1, 0, 2));
    InverseDct.row(to + 3 * stride, v128.shuffle<i64>(n0, n1, 1, 3));
  }

  @inline static row(to: usize, delta: v128): void {
    const pixels = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(to)));
    const words = i16x8.narrow_i32x4_s(i32x4.add(pixels, delta), delta);
    v128.store32_lane(to, i8x16.narrow_i16x8_u(words, words), 0);
  }
}
