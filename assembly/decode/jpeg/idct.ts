// From the lowest size x size coefficients of a block to size x size samples 0..255 (ITU-T T.81, A.3.3).
//
// size 8: the integer method of Loeffler, Ligtenberg and Moschytz with 13-bit constants, two bits kept
// between the passes, as libjpeg's "islow": the same numbers bit for bit. Written as sums of products so
// that i32x4.dot_i16x8 does two at a time; the constants are c[k] * sqrt(2) * 2^13, c[k] = cos(k * pi / 16).
// size 4: f32, an inverse transform of 4 x 4; 2 and 1 by hand. Their scale is 1/8 of the DC, as for size 8.
import { Frame } from './frame';

/** 64 x i16, row by row (natural order), as in the file. For sizes below 8 the same 8-wide rows are used. */
export const BLOCK = memory.data(128, 16);

/** Natural position of zigzag index k (Figure A.6). */
export const NATURAL = memory.data<u8>([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
]);

/** Zigzag indices up to here lie in the first four rows and columns, as in most blocks of a photograph. */
const CORNER: i32 = 9;
const PASS1_SHIFT: i32 = 11;
const PASS2_SHIFT: i32 = 18;

/** Factors of a block that is multiplied already. */
const ONES = memory.data<i16>(
  [
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  ],
  16,
);

/**
 * Pairs of factors for samples 0, 1, 2, 3, by the pairs of coefficients that they belong to: 0 and 4, 2 and 6, 1 and 3, 5
 * and 7; 0 and 2. Samples 7, 6, 5, 4 are the sums of the even coefficients less those of the odd ones.
 */
const FACTORS = memory.data<i16>(
  [
    8192, 8192, 8192, -8192, 8192, -8192, 8192, 8192, 10703, 4433, 4433, -10704, -4433, 10704, -10703, -4433,
    11363, 9633, 9633, -2259, 6437, -11362, 2260, -6436, 6437, 2260, -11362, -6436, 2261, 9633, 9633, -11363,
    8192, 10703, 8192, 4433, 8192, -4433, 8192, -10703,
  ],
  16,
);
const PAIR_04: usize = 0;
const PAIR_26: usize = 16;
const PAIR_13: usize = 32;
const PAIR_57: usize = 48;
const PAIR_02: usize = 64;

export class Idct {
  static clear(): void {
    const zero = i64x2.splat(0);
    for (let i: usize = 0; i < 128; i += 16) v128.store(BLOCK + i, zero);
  }

  /** BLOCK times 64 x u16, for samples of 12 bits of which the 8 upper ones are wanted. */
  static multiplyDeep(quant: usize): void {
    const half = i32x4.splat(8);
    for (let i: usize = 0; i < 128; i += 16) {
      const block = v128.load(BLOCK + i);
      const factors = v128.load(quant + i);
      const low = i32x4.mul(i32x4.extend_low_i16x8_s(block), i32x4.extend_low_i16x8_u(factors));
      const high = i32x4.mul(i32x4.extend_high_i16x8_s(block), i32x4.extend_high_i16x8_u(factors));
      const left = i32x4.shr_s(i32x4.add(low, half), 4);
      const right = i32x4.shr_s(i32x4.add(high, half), 4);
      v128.store(BLOCK + i, i16x8.narrow_i32x4_s(left, right));
    }
  }

  /** A zigzag index behind which all coefficients are zero: 0, CORNER or 63. */
  static reach(): i32 {
    const right = i64x2.replace_lane(i64x2.splat(0), 1, -1);
    let upper = i64x2.splat(0);
    let far = upper;
    for (let i: usize = 0; i < 64; i += 16) {
      upper = v128.or(upper, v128.load(BLOCK + i));
      far = v128.or(far, v128.load(BLOCK + i, 64));
    }
    if (v128.any_true(v128.or(far, v128.and(upper, right)))) return 63;
    upper = i16x8.replace_lane(v128.load(BLOCK), 0, 0);
    for (let i: usize = 16; i < 64; i += 16) upper = v128.or(upper, v128.load(BLOCK + i));
    return v128.any_true(upper) ? CORNER : 0;
  }

  @inline static clamp(value: i32): u8 {
    return <u8>max(0, min(255, value));
  }

  /** BLOCK, of component `index`, as size x size samples at `to`; coefficients behind zigzag index `reached` are zero. */
  static samples(index: i32, to: usize, reached: i32): void {
    const c = Frame.component(index);
    let quant = Frame.quant(index);
    if (Frame.deep) {
      Idct.multiplyDeep(quant);
      quant = ONES;
    }
    const size = c.size;
    const stride: usize = c.stride;
    if (reached === 0 || size === 1) Idct.flat(size, to, stride, quant);
    else if (size === 8) {
      if (reached <= CORNER) Idct.corner(to, stride, quant);
      else Idct.eight(to, stride, quant);
    } else if (size === 4) Idct.four(to, stride, quant);
    else Idct.two(to, stride, quant);
  }

  /** A dequantised coefficient, `at` bytes from the first. */
  @inline static coefficient(quant: usize, at: usize): i32 {
    return <i32>(<i16>(<i32>load<i16>(BLOCK + at) * <i32>load<i16>(quant + at)));
  }

  static flat(size: i32, to: usize, stride: usize, quant: usize): void {
    const value = Idct.clamp(((Idct.coefficient(quant, 0) + 4) >> 3) + 128);
    if (size === 8) {
      const eight = i8x16.splat(value);
      for (let y: usize = 0; y < 8; y++) v128.store64_lane(to + y * stride, eight, 0);
    } else if (size === 4) {
      const four = i32x4.extract_lane(i8x16.splat(value), 0);
      for (let y: usize = 0; y < 4; y++) store<u32>(to + y * stride, four);
    } else {
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++) store<u8>(to + <usize>y * stride + x, value);
    }
  }

  static two(to: usize, stride: usize, quant: usize): void {
    const a = Idct.coefficient(quant, 0) + 4 + 1024;
    const b = Idct.coefficient(quant, 2);
    const c = Idct.coefficient(quant, 16);
    const d = Idct.coefficient(quant, 18);
    store<u8>(to, Idct.clamp((a + b + c + d) >> 3));
    store<u8>(to, Idct.clamp((a - b + c - d) >> 3), 1);
    store<u8>(to + stride, Idct.clamp((a + b - c - d) >> 3));
    store<u8>(to + stride, Idct.clamp((a - b - c + d) >> 3), 1);
  }

  @inline static row4(offset: usize, quant: usize): v128 {
    return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(Idct.row(offset, quant)));
  }

  static four(to: usize, stride: usize, quant: usize): void {
    let r0 = Idct.row4(0, quant);
    let r1 = Idct.row4(16, quant);
    let r2 = Idct.row4(32, quant);
    let r3 = Idct.row4(48, quant);
    // sqrt(1/8), and sqrt(1/4) * cos(pi / 8), sqrt(1/4) * sin(pi / 8)
    const dc = f32x4.splat(0.35355339);
    const ca = f32x4.splat(0.46193977);
    const sa = f32x4.splat(0.19134172);
    for (let pass = 0; pass < 2; pass++) {
      const e0 = f32x4.mul(f32x4.add(r0, r2), dc);
      const e1 = f32x4.mul(f32x4.sub(r0, r2), dc);
      const o0 = f32x4.add(f32x4.mul(r1, ca), f32x4.mul(r3, sa));
      const o1 = f32x4.sub(f32x4.mul(r1, sa), f32x4.mul(r3, ca));
      const y0 = f32x4.add(e0, o0);
      const y1 = f32x4.add(e1, o1);
      const y2 = f32x4.sub(e1, o1);
      const y3 = f32x4.sub(e0, o0);
      const t0 = v128.shuffle<f32>(y0, y1, 0, 4, 1, 5);
      const t1 = v128.shuffle<f32>(y0, y1, 2, 6, 3, 7);
      const t2 = v128.shuffle<f32>(y2, y3, 0, 4, 1, 5);
      const t3 = v128.shuffle<f32>(y2, y3, 2, 6, 3, 7);
      r0 = v128.shuffle<f32>(t0, t2, 0, 1, 4, 5);
      r1 = v128.shuffle<f32>(t0, t2, 2, 3, 6, 7);
      r2 = v128.shuffle<f32>(t1, t3, 0, 1, 4, 5);
      r3 = v128.shuffle<f32>(t1, t3, 2, 3, 6, 7);
    }
    const half = f32x4.splat(128.5);
    const words01 = i16x8.narrow_i32x4_s(Idct.whole(r0, half), Idct.whole(r1, half));
    const words23 = i16x8.narrow_i32x4_s(Idct.whole(r2, half), Idct.whole(r3, half));
    const bytes = i8x16.narrow_i16x8_u(words01, words23);
    v128.store32_lane(to, bytes, 0);
    v128.store32_lane(to + stride, bytes, 1);
    v128.store32_lane(to + 2 * stride, bytes, 2);
    v128.store32_lane(to + 3 * stride, bytes, 3);
  }

  @inline static whole(value: v128, half: v128): v128 {
    return i32x4.trunc_sat_f32x4_s(f32x4.add(value, half));
  }

  /** A row of BLOCK, dequantised. */
  @inline static row(offset: usize, quant: usize): v128 {
    return i16x8.mul(v128.load(BLOCK + offset), v128.load(quant + offset));
  }

  /** Interleaved coefficients of four columns times two factors; `at`: those of one sample in FACTORS. */
  @inline static dot(pairs: v128, at: usize): v128 {
    return i32x4.dot_i16x8_s(pairs, v128.load32_splat(FACTORS + at));
  }

  /** Columns 0 to 3 of two rows, interleaved. */
  @inline static half(a: v128, b: v128): v128 {
    return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  }

  /** Columns 4 to 7. */
  @inline static otherHalf(a: v128, b: v128): v128 {
    return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  }

  @inline static sum(a: v128, b: v128): v128 {
    return i32x4.shr_s(i32x4.add(a, b), PASS1_SHIFT);
  }

  @inline static difference(a: v128, b: v128): v128 {
    return i32x4.shr_s(i32x4.sub(a, b), PASS1_SHIFT);
  }

  @inline static factors(pair: usize): v128 {
    return v128.load(FACTORS + pair);
  }

  /** Samples 0, 1, 2, 3, 7, 6, 5, 4 of a row from the sums of its even and its odd coefficients. */
  @inline static across(even: v128, odd: v128): v128 {
    // Half a unit, and the 128 that samples are centred on.
    const centred = i32x4.add(even, i32x4.splat((1 << (PASS2_SHIFT - 1)) + (128 << PASS2_SHIFT)));
    return i16x8.narrow_i32x4_s(
      i32x4.shr_s(i32x4.add(centred, odd), PASS2_SHIFT),
      i32x4.shr_s(i32x4.sub(centred, odd), PASS2_SHIFT),
    );
  }

  /** Two rows as `across` gives them. */
  @inline static put(to: usize, stride: usize, upper: v128, lower: v128): void {
    const mixed = i8x16.narrow_i16x8_u(upper, lower);
    const bytes = i8x16.shuffle(mixed, mixed, 0, 1, 2, 3, 7, 6, 5, 4, 8, 9, 10, 11, 15, 14, 13, 12);
    v128.store64_lane(to, bytes, 0);
    v128.store64_lane(to + stride, bytes, 1);
  }

  /** A row of eight coefficients: each pair is spread over the four samples, so that nothing is transposed. */
  @inline static eightAcross(row: v128): v128 {
    const c04 = v128.shuffle<i16>(row, row, 0, 4, 0, 4, 0, 4, 0, 4);
    const c26 = v128.shuffle<i16>(row, row, 2, 6, 2, 6, 2, 6, 2, 6);
    const c13 = v128.shuffle<i16>(row, row, 1, 3, 1, 3, 1, 3, 1, 3);
    const c57 = v128.shuffle<i16>(row, row, 5, 7, 5, 7, 5, 7, 5, 7);
    return Idct.across(
      i32x4.add(i32x4.dot_i16x8_s(c04, Idct.factors(PAIR_04)), i32x4.dot_i16x8_s(c26, Idct.factors(PAIR_26))),
      i32x4.add(i32x4.dot_i16x8_s(c13, Idct.factors(PAIR_13)), i32x4.dot_i16x8_s(c57, Idct.factors(PAIR_57))),
    );
  }

  /** Two rows of four coefficients lie side by side: the left one. */
  @inline static leftAcross(rows: v128): v128 {
    const c02 = v128.shuffle<i16>(rows, rows, 0, 2, 0, 2, 0, 2, 0, 2);
    const c13 = v128.shuffle<i16>(rows, rows, 1, 3, 1, 3, 1, 3, 1, 3);
    return Idct.across(
      i32x4.dot_i16x8_s(c02, Idct.factors(PAIR_02)),
      i32x4.dot_i16x8_s(c13, Idct.factors(PAIR_13)),
    );
  }

  @inline static rightAcross(rows: v128): v128 {
    const c02 = v128.shuffle<i16>(rows, rows, 4, 6, 4, 6, 4, 6, 4, 6);
    const c13 = v128.shuffle<i16>(rows, rows, 5, 7, 5, 7, 5, 7, 5, 7);
    return Idct.across(
      i32x4.dot_i16x8_s(c02, Idct.factors(PAIR_02)),
      i32x4.dot_i16x8_s(c13, Idct.factors(PAIR_13)),
    );
  }

  /** Of the first four rows and columns: half the products. */
  static corner(to: usize, stride: usize, quant: usize): void {
    const c02 = Idct.half(Idct.row(0, quant), Idct.row(32, quant));
    const c13 = Idct.half(Idct.row(16, quant), Idct.row(48, quant));
    const rounding = i32x4.splat(1 << (PASS1_SHIFT - 1));
    const e0 = i32x4.add(Idct.dot(c02, PAIR_02), rounding);
    const e1 = i32x4.add(Idct.dot(c02, PAIR_02 + 4), rounding);
    const e2 = i32x4.add(Idct.dot(c02, PAIR_02 + 8), rounding);
    const e3 = i32x4.add(Idct.dot(c02, PAIR_02 + 12), rounding);
    const o0 = Idct.dot(c13, PAIR_13);
    const o1 = Idct.dot(c13, PAIR_13 + 4);
    const o2 = Idct.dot(c13, PAIR_13 + 8);
    const o3 = Idct.dot(c13, PAIR_13 + 12);
    const r01 = i16x8.narrow_i32x4_s(Idct.sum(e0, o0), Idct.sum(e1, o1));
    const r23 = i16x8.narrow_i32x4_s(Idct.sum(e2, o2), Idct.sum(e3, o3));
    const r45 = i16x8.narrow_i32x4_s(Idct.difference(e3, o3), Idct.difference(e2, o2));
    const r67 = i16x8.narrow_i32x4_s(Idct.difference(e1, o1), Idct.difference(e0, o0));
    Idct.put(to, stride, Idct.leftAcross(r01), Idct.rightAcross(r01));
    Idct.put(to + 2 * stride, stride, Idct.leftAcross(r23), Idct.rightAcross(r23));
    Idct.put(to + 4 * stride, stride, Idct.leftAcross(r45), Idct.rightAcross(r45));
    Idct.put(to + 6 * stride, stride, Idct.leftAcross(r67), Idct.rightAcross(r67));
  }

  static eight(to: usize, stride: usize, quant: usize): void {
    const i0 = Idct.row(0, quant);
    const i1 = Idct.row(16, quant);
    const i2 = Idct.row(32, quant);
    const i3 = Idct.row(48, quant);
    const i4 = Idct.row(64, quant);
    const i5 = Idct.row(80, quant);
    const i6 = Idct.row(96, quant);
    const i7 = Idct.row(112, quant);
    const rounding = i32x4.splat(1 << (PASS1_SHIFT - 1));
    let c04 = Idct.half(i0, i4);
    let c26 = Idct.half(i2, i6);
    let c13 = Idct.half(i1, i3);
    let c57 = Idct.half(i5, i7);
    let s0 = i32x4.add(Idct.dot(c04, PAIR_04), rounding);
    let s1 = i32x4.add(Idct.dot(c04, PAIR_04 + 4), rounding);
    let s2 = Idct.dot(c26, PAIR_26 + 4);
    let s3 = Idct.dot(c26, PAIR_26);
    let o0 = i32x4.add(Idct.dot(c13, PAIR_13), Idct.dot(c57, PAIR_57));
    let o1 = i32x4.add(Idct.dot(c13, PAIR_13 + 4), Idct.dot(c57, PAIR_57 + 4));
    let o2 = i32x4.add(Idct.dot(c13, PAIR_13 + 8), Idct.dot(c57, PAIR_57 + 8));
    let o3 = i32x4.add(Idct.dot(c13, PAIR_13 + 12), Idct.dot(c57, PAIR_57 + 12));
    let e0 = i32x4.add(s0, s3);
    let e1 = i32x4.add(s1, s2);
    let e2 = i32x4.sub(s1, s2);
    let e3 = i32x4.sub(s0, s3);
    const l0 = Idct.sum(e0, o0);
    const l1 = Idct.sum(e1, o1);
    const l2 = Idct.sum(e2, o2);
    const l3 = Idct.sum(e3, o3);
    const l4 = Idct.difference(e3, o3);
    const l5 = Idct.difference(e2, o2);
    const l6 = Idct.difference(e1, o1);
    const l7 = Idct.difference(e0, o0);
    c04 = Idct.otherHalf(i0, i4);
    c26 = Idct.otherHalf(i2, i6);
    c13 = Idct.otherHalf(i1, i3);
    c57 = Idct.otherHalf(i5, i7);
    s0 = i32x4.add(Idct.dot(c04, PAIR_04), rounding);
    s1 = i32x4.add(Idct.dot(c04, PAIR_04 + 4), rounding);
    s2 = Idct.dot(c26, PAIR_26 + 4);
    s3 = Idct.dot(c26, PAIR_26);
    o0 = i32x4.add(Idct.dot(c13, PAIR_13), Idct.dot(c57, PAIR_57));
    o1 = i32x4.add(Idct.dot(c13, PAIR_13 + 4), Idct.dot(c57, PAIR_57 + 4));
    o2 = i32x4.add(Idct.dot(c13, PAIR_13 + 8), Idct.dot(c57, PAIR_57 + 8));
    o3 = i32x4.add(Idct.dot(c13, PAIR_13 + 12), Idct.dot(c57, PAIR_57 + 12));
    e0 = i32x4.add(s0, s3);
    e1 = i32x4.add(s1, s2);
    e2 = i32x4.sub(s1, s2);
    e3 = i32x4.sub(s0, s3);
    const r0 = i16x8.narrow_i32x4_s(l0, Idct.sum(e0, o0));
    const r1 = i16x8.narrow_i32x4_s(l1, Idct.sum(e1, o1));
    const r2 = i16x8.narrow_i32x4_s(l2, Idct.sum(e2, o2));
    const r3 = i16x8.narrow_i32x4_s(l3, Idct.sum(e3, o3));
    const r4 = i16x8.narrow_i32x4_s(l4, Idct.difference(e3, o3));
    const r5 = i16x8.narrow_i32x4_s(l5, Idct.difference(e2, o2));
    const r6 = i16x8.narrow_i32x4_s(l6, Idct.difference(e1, o1));
    const r7 = i16x8.narrow_i32x4_s(l7, Idct.difference(e0, o0));
    Idct.put(to, stride, Idct.eightAcross(r0), Idct.eightAcross(r1));
    Idct.put(to + 2 * stride, stride, Idct.eightAcross(r2), Idct.eightAcross(r3));
    Idct.put(to + 4 * stride, stride, Idct.eightAcross(r4), Idct.eightAcross(r5));
    Idct.put(to + 6 * stride, stride, Idct.eightAcross(r6), Idct.eightAcross(r7));
  }
}
