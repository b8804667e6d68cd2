// Intra prediction of VP8 (RFC 6386, section 12), in place: the pixels above and to the left lie in the same
// buffer, 127 and 129 beyond the frame's edges. The ten modes of subblocks go along eight directions; the four modes of whole
// macroblocks and of chroma are four of them.
export const B_DC: i32 = 0;
export const B_TM: i32 = 1;
export const B_VE: i32 = 2;
export const B_HE: i32 = 3;
export const B_RD: i32 = 4;
export const B_VR: i32 = 5;
export const B_LD: i32 = 6;
export const B_VL: i32 = 7;
export const B_HD: i32 = 8;
export const B_HU: i32 = 9;

/** The edge of a subblock at 1: left from below, corner, above, above right; its ends repeated. */
const EDGE = memory.data(32, 16);
/** Means of neighbours in it: of two (i, i + 1) and of three (i - 1, i, i + 1). */
const TWO = memory.data(32, 16);
const THREE = memory.data(32, 16);
const ZIP = memory.data(16, 16);

export class Predict {
  /** A square of `size` 16 or 8. `hasTop`, `hasLeft`: for the mean, which leaves out what is beyond the frame. */
  static whole(to: usize, stride: usize, size: i32, mode: i32, hasTop: bool, hasLeft: bool): void {
    const top = to - stride;
    if (mode === B_TM) Predict.trueMotion(to, stride, size);
    else if (mode === B_VE) for (let y = 0; y < size; y++) memory.copy(to + <usize>y * stride, top, size);
    else if (mode === B_HE)
      for (let y = 0; y < size; y++, to += stride) memory.fill(to, load<u8>(to - 1), size);
    else {
      let sum = 0;
      if (hasTop) for (let x = 0; x < size; x++) sum += load<u8>(top + x);
      if (hasLeft) for (let y = 0; y < size; y++) sum += load<u8>(to + <usize>y * stride - 1);
      const shift = size === 16 ? 3 : 2;
      const value =
        hasTop && hasLeft
          ? (sum + size) >> (shift + 2)
          : hasTop || hasLeft
            ? (sum + (size >> 1)) >> (shift + 1)
            : 128;
      for (let y = 0; y < size; y++, to += stride) memory.fill(to, <u8>value, size);
    }
  }

  /** above + left - corner, clipped. */
  static trueMotion(to: usize, stride: usize, size: i32): void {
    const top = to - stride;
    const corner = <i16>load<u8>(top - 1);
    for (let y = 0; y < size; y++, to += stride) {
      const delta = i16x8.splat(<i16>load<u8>(to - 1) - corner);
      for (let x: usize = 0; x < <usize>size; x += 8) {
        const sum = i16x8.add(v128.load8x8_u(top + x), delta);
        const bytes = i8x16.narrow_i16x8_u(sum, sum);
        if (size === 4) v128.store32_lane(to, bytes, 0);
        else v128.store64_lane(to + x, bytes, 0);
      }
    }
  }

  @inline static rows(to: usize, stride: usize, r0: u32, r1: u32, r2: u32, r3: u32): void {
    store<u32>(to, r0);
    store<u32>(to + stride, r1);
    store<u32>(to + 2 * stride, r2);
    store<u32>(to + 3 * stride, r3);
  }

  /** A square of 4 x 4; `right`: the four pixels above and to the right. */
  static subblock(to: usize, stride: usize, mode: i32, right: u32): void {
    if (mode === B_TM) {
      Predict.trueMotion(to, stride, 4);
      return;
    }
    const e = EDGE + 1;
    const lowest = load<u8>(to + 3 * stride - 1);
    store<u8>(e - 1, lowest);
    store<u8>(e, lowest);
    store<u8>(e, load<u8>(to + 2 * stride - 1), 1);
    store<u8>(e, load<u8>(to + stride - 1), 2);
    store<u8>(e, load<u8>(to - 1), 3);
    store<u8>(e, load<u8>(to - stride - 1), 4);
    store<u32>(e, load<u32>(to - stride), 5);
    store<u32>(e, right, 9);
    store<u8>(e, load<u8>(e, 12), 13);
    if (mode === B_DC) {
      let sum: u32 = 4;
      for (let i: usize = 0; i < 4; i++) sum += <u32>load<u8>(e + i) + <u32>load<u8>(e + 5 + i);
      const row = (sum >> 3) * 0x01010101;
      Predict.rows(to, stride, row, row, row, row);
      return;
    }
    Predict.means(e);
    const a2 = TWO;
    const a3 = THREE;
    if (mode === B_VE) {
      const row = load<u32>(a3, 5);
      Predict.rows(to, stride, row, row, row, row);
    } else if (mode === B_HE)
      Predict.rows(
        to,
        stride,
        Predict.splat(a3 + 3),
        Predict.splat(a3 + 2),
        Predict.splat(a3 + 1),
        Predict.splat(a3),
      );
    else if (mode === B_RD)
      Predict.rows(to, stride, load<u32>(a3, 4), load<u32>(a3, 3), load<u32>(a3, 2), load<u32>(a3, 1));
    else if (mode === B_LD)
      Predict.rows(to, stride, load<u32>(a3, 6), load<u32>(a3, 7), load<u32>(a3, 8), load<u32>(a3, 9));
    else if (mode === B_VR) {
      const even = load<u32>(a2, 4);
      const odd = load<u32>(a3, 4);
      Predict.rows(to, stride, even, odd, (even << 8) | load<u8>(a3, 3), (odd << 8) | load<u8>(a3, 2));
    } else if (mode === B_VL) {
      const even = (load<u32>(a2, 6) & 0xffffff) | ((<u32>load<u8>(a3, 10)) << 24);
      const odd = (load<u32>(a3, 7) & 0xffffff) | ((<u32>load<u8>(a3, 11)) << 24);
      Predict.rows(to, stride, load<u32>(a2, 5), load<u32>(a3, 6), even, odd);
    } else if (mode === B_HD) {
      for (let i: usize = 0; i < 4; i++) {
        store<u8>(ZIP + 2 * i, load<u8>(a2 + i));
        store<u8>(ZIP + 2 * i, load<u8>(a3 + i, 1), 1);
      }
      store<u16>(ZIP, load<u16>(a3, 5), 8);
      Predict.rows(to, stride, load<u32>(ZIP, 6), load<u32>(ZIP, 4), load<u32>(ZIP, 2), load<u32>(ZIP));
    } else {
      for (let i: usize = 0; i < 3; i++) {
        store<u8>(ZIP + 2 * i, load<u8>(a2 + 2 - i));
        store<u8>(ZIP + 2 * i, load<u8>(a3 + 2 - i), 1);
      }
      store<u32>(ZIP, <u32>lowest * 0x01010101, 6);
      Predict.rows(
        to,
        stride,
        load<u32>(ZIP),
        load<u32>(ZIP, 2),
        load<u32>(ZIP, 4),
        <u32>lowest * 0x01010101,
      );
    }
  }

  @inline static splat(at: usize): u32 {
    return <u32>load<u8>(at) * 0x01010101;
  }

  @inline static means(e: usize): void {
    const here = v128.load(e);
    const after = v128.load(e, 1);
    const before = v128.load(e - 1);
    v128.store(TWO, i8x16.avgr_u(here, after));
    // (a + 2b + c + 2) >> 2 is the rounded mean of b and the mean of a and c rounded down.
    const outer = i8x16.sub(i8x16.avgr_u(before, after), v128.and(v128.xor(before, after), i8x16.splat(1)));
    v128.store(THREE, i8x16.avgr_u(outer, here));
  }
}
