// From the lowest size x size coefficients of a block to size x size samples 0..255 (ITU-T T.81, A.3.3).
//
// size 8: the integer method of Loeffler, Ligtenberg and Moschytz with 13-bit constants, two bits kept
// between the passes, as libjpeg's "islow": the same numbers bit for bit. Written as sums of products so
// that i32x4.dot_i16x8 does two at a time; the constants are c[k] * sqrt(2) * 2^13, c[k] = cos(k * pi / 16).
// size 4: f32, an inverse transform of 4 x 4; 2 and 1 by hand. Their scale is 1/8 of the DC, as for size 8.

/** 64 x i16, row by row (natural order), dequantised. For sizes below 8 the same 8-wide rows are used. */
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

export class Idct {
  static clear(): void {
    const zero = i64x2.splat(0);
    for (let i: usize = 0; i < 128; i += 16) v128.store(BLOCK + i, zero);
  }

  /** BLOCK times 64 x i16 in natural order. */
  @inline static multiply(quant: usize): void {
    for (let i: usize = 0; i < 128; i += 16)
      v128.store(BLOCK + i, i16x8.mul(v128.load(BLOCK + i), v128.load(quant + i)));
  }

  /** The same for samples of 12 bits, of which the 8 upper ones are wanted; the factors are u16. */
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

  /** All coefficients but the first are zero. */
  @inline static isFlat(): bool {
    let others = i16x8.replace_lane(v128.load(BLOCK), 0, 0);
    for (let i: usize = 16; i < 128; i += 16) others = v128.or(others, v128.load(BLOCK + i));
    return !v128.any_true(others);
  }

  @inline static clamp(value: i32): u8 {
    return <u8>max(0, min(255, value));
  }

  /** Writes size x size samples at `to`; coefficients behind zigzag index `reached` are zero. */
  static transform(size: i32, to: usize, stride: usize, reached: i32): void {
    if (reached === 0 || size === 1) {
      const value = Idct.clamp(((<i32>load<i16>(BLOCK) + 4) >> 3) + 128);
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
      return;
    }
    if (size === 8) {
      if (reached <= CORNER) Idct.corner(to, stride);
      else Idct.eight(to, stride);
    } else if (size === 4) Idct.four(to, stride);
    else Idct.two(to, stride);
  }

  static two(to: usize, stride: usize): void {
    const a = <i32>load<i16>(BLOCK) + 4 + 1024;
    const b = <i32>load<i16>(BLOCK, 2);
    const c = <i32>load<i16>(BLOCK, 16);
    const d = <i32>load<i16>(BLOCK, 18);
    store<u8>(to, Idct.clamp((a + b + c + d) >> 3));
    store<u8>(to, Idct.clamp((a - b + c - d) >> 3), 1);
    store<u8>(to + stride, Idct.clamp((a + b - c - d) >> 3));
    store<u8>(to + stride, Idct.clamp((a - b - c + d) >> 3), 1);
  }

  @inline static row4(offset: usize): v128 {
    return f32x4.convert_i32x4_s(v128.load16x4_s(BLOCK + offset));
  }

  static four(to: usize, stride: usize): void {
    let r0 = Idct.row4(0);
    let r1 = Idct.row4(16);
    let r2 = Idct.row4(32);
    let r3 = Idct.row4(48);
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

  /** Two constants, for the dot product with interleaved coefficients. */
  @inline static pair(a: i32, b: i32): v128 {
    return i32x4.splat((b << 16) | (a & 0xffff));
  }

  @inline static put(to: usize, sum: v128, shift: i32): void {
    const value = i32x4.shr_s(sum, shift);
    v128.store64_lane(to, i16x8.narrow_i32x4_s(value, value), 0);
  }

  /** Four columns of a pass: coefficients 0 and 4, 2 and 6, 1 and 3, 5 and 7 interleaved. */
  @inline static half(c04: v128, c26: v128, c13: v128, c57: v128, to: usize, shift: i32): void {
    const rounding = i32x4.splat(1 << (shift - 1));
    const s0 = i32x4.add(i32x4.dot_i16x8_s(c04, Idct.pair(8192, 8192)), rounding);
    const s1 = i32x4.add(i32x4.dot_i16x8_s(c04, Idct.pair(8192, -8192)), rounding);
    const s2 = i32x4.dot_i16x8_s(c26, Idct.pair(4433, -10704));
    const s3 = i32x4.dot_i16x8_s(c26, Idct.pair(10703, 4433));
    const e0 = i32x4.add(s0, s3);
    const e1 = i32x4.add(s1, s2);
    const e2 = i32x4.sub(s1, s2);
    const e3 = i32x4.sub(s0, s3);
    const o0 = i32x4.add(
      i32x4.dot_i16x8_s(c13, Idct.pair(11363, 9633)),
      i32x4.dot_i16x8_s(c57, Idct.pair(6437, 2260)),
    );
    const o1 = i32x4.add(
      i32x4.dot_i16x8_s(c13, Idct.pair(9633, -2259)),
      i32x4.dot_i16x8_s(c57, Idct.pair(-11362, -6436)),
    );
    const o2 = i32x4.add(
      i32x4.dot_i16x8_s(c13, Idct.pair(6437, -11362)),
      i32x4.dot_i16x8_s(c57, Idct.pair(2261, 9633)),
    );
    const o3 = i32x4.add(
      i32x4.dot_i16x8_s(c13, Idct.pair(2260, -6436)),
      i32x4.dot_i16x8_s(c57, Idct.pair(9633, -11363)),
    );
    Idct.put(to, i32x4.add(e0, o0), shift);
    Idct.put(to + 16, i32x4.add(e1, o1), shift);
    Idct.put(to + 32, i32x4.add(e2, o2), shift);
    Idct.put(to + 48, i32x4.add(e3, o3), shift);
    Idct.put(to + 64, i32x4.sub(e3, o3), shift);
    Idct.put(to + 80, i32x4.sub(e2, o2), shift);
    Idct.put(to + 96, i32x4.sub(e1, o1), shift);
    Idct.put(to + 112, i32x4.sub(e0, o0), shift);
  }

  /** The same where coefficients 4 to 7 are zero: 0 with zero, 2 with zero, 1 and 3 interleaved. */
  @inline static quarter(c0: v128, c2: v128, c13: v128, to: usize, shift: i32): void {
    const rounding = i32x4.splat(1 << (shift - 1));
    const s0 = i32x4.add(i32x4.dot_i16x8_s(c0, Idct.pair(8192, 0)), rounding);
    const s2 = i32x4.dot_i16x8_s(c2, Idct.pair(4433, 0));
    const s3 = i32x4.dot_i16x8_s(c2, Idct.pair(10703, 0));
    const e0 = i32x4.add(s0, s3);
    const e1 = i32x4.add(s0, s2);
    const e2 = i32x4.sub(s0, s2);
    const e3 = i32x4.sub(s0, s3);
    const o0 = i32x4.dot_i16x8_s(c13, Idct.pair(11363, 9633));
    const o1 = i32x4.dot_i16x8_s(c13, Idct.pair(9633, -2259));
    const o2 = i32x4.dot_i16x8_s(c13, Idct.pair(6437, -11362));
    const o3 = i32x4.dot_i16x8_s(c13, Idct.pair(2260, -6436));
    Idct.put(to, i32x4.add(e0, o0), shift);
    Idct.put(to + 16, i32x4.add(e1, o1), shift);
    Idct.put(to + 32, i32x4.add(e2, o2), shift);
    Idct.put(to + 48, i32x4.add(e3, o3), shift);
    Idct.put(to + 64, i32x4.sub(e3, o3), shift);
    Idct.put(to + 80, i32x4.sub(e2, o2), shift);
    Idct.put(to + 96, i32x4.sub(e1, o1), shift);
    Idct.put(to + 112, i32x4.sub(e0, o0), shift);
  }

  /** Columns 0 to 3 of BLOCK in place, or all of them. */
  @inline static cornerPass(all: bool, shift: i32): void {
    const zero = i64x2.splat(0);
    const r0 = v128.load(BLOCK);
    const r1 = v128.load(BLOCK, 16);
    const r2 = v128.load(BLOCK, 32);
    const r3 = v128.load(BLOCK, 48);
    Idct.quarter(
      v128.shuffle<i16>(r0, zero, 0, 8, 1, 9, 2, 10, 3, 11),
      v128.shuffle<i16>(r2, zero, 0, 8, 1, 9, 2, 10, 3, 11),
      v128.shuffle<i16>(r1, r3, 0, 8, 1, 9, 2, 10, 3, 11),
      BLOCK,
      shift,
    );
    if (!all) return;
    Idct.quarter(
      v128.shuffle<i16>(r0, zero, 4, 12, 5, 13, 6, 14, 7, 15),
      v128.shuffle<i16>(r2, zero, 4, 12, 5, 13, 6, 14, 7, 15),
      v128.shuffle<i16>(r1, r3, 4, 12, 5, 13, 6, 14, 7, 15),
      BLOCK + 8,
      shift,
    );
  }

  /** One pass over the columns of BLOCK, in place. */
  @inline static pass(shift: i32): void {
    const r0 = v128.load(BLOCK);
    const r1 = v128.load(BLOCK, 16);
    const r2 = v128.load(BLOCK, 32);
    const r3 = v128.load(BLOCK, 48);
    const r4 = v128.load(BLOCK, 64);
    const r5 = v128.load(BLOCK, 80);
    const r6 = v128.load(BLOCK, 96);
    const r7 = v128.load(BLOCK, 112);
    Idct.half(
      v128.shuffle<i16>(r0, r4, 0, 8, 1, 9, 2, 10, 3, 11),
      v128.shuffle<i16>(r2, r6, 0, 8, 1, 9, 2, 10, 3, 11),
      v128.shuffle<i16>(r1, r3, 0, 8, 1, 9, 2, 10, 3, 11),
      v128.shuffle<i16>(r5, r7, 0, 8, 1, 9, 2, 10, 3, 11),
      BLOCK,
      shift,
    );
    Idct.half(
      v128.shuffle<i16>(r0, r4, 4, 12, 5, 13, 6, 14, 7, 15),
      v128.shuffle<i16>(r2, r6, 4, 12, 5, 13, 6, 14, 7, 15),
      v128.shuffle<i16>(r1, r3, 4, 12, 5, 13, 6, 14, 7, 15),
      v128.shuffle<i16>(r5, r7, 4, 12, 5, 13, 6, 14, 7, 15),
      BLOCK + 8,
      shift,
    );
  }

  /** Transposes BLOCK in place: pairs of rows four apart, three times (a perfect shuffle each time). */
  @inline static transpose(): void {
    let r0 = v128.load(BLOCK);
    let r1 = v128.load(BLOCK, 16);
    let r2 = v128.load(BLOCK, 32);
    let r3 = v128.load(BLOCK, 48);
    let r4 = v128.load(BLOCK, 64);
    let r5 = v128.load(BLOCK, 80);
    let r6 = v128.load(BLOCK, 96);
    let r7 = v128.load(BLOCK, 112);
    for (let step = 0; step < 3; step++) {
      const t0 = v128.shuffle<i16>(r0, r4, 0, 8, 1, 9, 2, 10, 3, 11);
      const t1 = v128.shuffle<i16>(r0, r4, 4, 12, 5, 13, 6, 14, 7, 15);
      const t2 = v128.shuffle<i16>(r1, r5, 0, 8, 1, 9, 2, 10, 3, 11);
      const t3 = v128.shuffle<i16>(r1, r5, 4, 12, 5, 13, 6, 14, 7, 15);
      const t4 = v128.shuffle<i16>(r2, r6, 0, 8, 1, 9, 2, 10, 3, 11);
      const t5 = v128.shuffle<i16>(r2, r6, 4, 12, 5, 13, 6, 14, 7, 15);
      const t6 = v128.shuffle<i16>(r3, r7, 0, 8, 1, 9, 2, 10, 3, 11);
      const t7 = v128.shuffle<i16>(r3, r7, 4, 12, 5, 13, 6, 14, 7, 15);
      r0 = t0;
      r1 = t1;
      r2 = t2;
      r3 = t3;
      r4 = t4;
      r5 = t5;
      r6 = t6;
      r7 = t7;
    }
    v128.store(BLOCK, r0);
    v128.store(BLOCK, r1, 16);
    v128.store(BLOCK, r2, 32);
    v128.store(BLOCK, r3, 48);
    v128.store(BLOCK, r4, 64);
    v128.store(BLOCK, r5, 80);
    v128.store(BLOCK, r6, 96);
    v128.store(BLOCK, r7, 112);
  }

  /** Of the first four rows and columns: half the products. */
  static corner(to: usize, stride: usize): void {
    Idct.cornerPass(false, PASS1_SHIFT);
    Idct.transpose();
    Idct.cornerPass(true, PASS2_SHIFT);
    Idct.samples(to, stride);
  }

  static eight(to: usize, stride: usize): void {
    Idct.pass(PASS1_SHIFT);
    Idct.transpose();
    Idct.pass(PASS2_SHIFT);
    Idct.samples(to, stride);
  }

  /** BLOCK, transposed, as samples. */
  @inline static samples(to: usize, stride: usize): void {
    Idct.transpose();
    const centre = i16x8.splat(128);
    for (let y: usize = 0; y < 8; y += 2) {
      const upper = i16x8.add_sat_s(v128.load(BLOCK + (y << 4)), centre);
      const lower = i16x8.add_sat_s(v128.load(BLOCK + (y << 4), 16), centre);
      const bytes = i8x16.narrow_i16x8_u(upper, lower);
      v128.store64_lane(to + y * stride, bytes, 0);
      v128.store64_lane(to + (y + 1) * stride, bytes, 1);
    }
  }
}
