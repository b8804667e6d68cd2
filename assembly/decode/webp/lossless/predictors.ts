// The predictor transform of VP8L (RFC 9649, 4.1): a pixel is its residual plus one of 14 functions of its
// neighbours to the left (L), above (T), above left (TL) and above right (TR), each byte for itself.

const BLACK: u32 = 0xff000000;

/** The four bytes of a pixel, each for itself. */
class Argb {
  @inline static add(a: u32, b: u32): u32 {
    return (
      (((a & 0xff00ff00) + (b & 0xff00ff00)) & 0xff00ff00) | (((a & 0xff00ff) + (b & 0xff00ff)) & 0xff00ff)
    );
  }

  @inline static mean(a: u32, b: u32): u32 {
    return (((a ^ b) & 0xfefefefe) >>> 1) + (a & b);
  }

  @inline static wide(a: u32): v128 {
    return i16x8.extend_low_i8x16_u(i32x4.splat(a));
  }

  @inline static packed(words: v128): u32 {
    return i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
  }

  @inline static distance(a: u32, b: u32): i32 {
    const x = i32x4.splat(a);
    const y = i32x4.splat(b);
    const apart = v128.or(i8x16.sub_sat_u(x, y), i8x16.sub_sat_u(y, x));
    const pairs = i16x8.extadd_pairwise_i8x16_u(apart);
    const both = i32x4.extract_lane(pairs, 0);
    return (both & 0xffff) + (both >>> 16);
  }

  @inline static select(l: u32, t: u32, tl: u32): u32 {
    return Argb.distance(l, tl) <= Argb.distance(t, tl) ? t : l;
  }

  @inline static full(l: u32, t: u32, tl: u32): u32 {
    return Argb.packed(i16x8.sub(i16x8.add(Argb.wide(l), Argb.wide(t)), Argb.wide(tl)));
  }

  @inline static half(l: u32, t: u32, tl: u32): u32 {
    const m = Argb.wide(Argb.mean(l, t));
    const d = i16x8.sub(m, Argb.wide(tl));
    // Divided by two towards zero.
    const halved = i16x8.shr_s(i16x8.add(d, i16x8.shr_u(d, 15)), 1);
    return Argb.packed(i16x8.add(m, halved));
  }
}

export class Predictors {
  /** Row 0: black, then the pixel to the left. */
  static first(row: usize, width: i32): void {
    let left = Argb.add(load<u32>(row), BLACK);
    store<u32>(row, left);
    const end = row + ((<usize>width) << 2);
    for (row += 4; row < end; row += 4) {
      left = Argb.add(load<u32>(row), left);
      store<u32>(row, left);
    }
  }

  /** A later row; `above`: the row before, with room for one pixel more; `modes`: a byte for 1 << bits pixels. */
  static row(row: usize, above: usize, width: i32, modes: usize, bits: i32): void {
    store<u32>(row, Argb.add(load<u32>(row), load<u32>(above)));
    // The pixel above right of the last one is the first of this row.
    store<u32>(above + ((<usize>width) << 2), load<u32>(row));
    let x = 1;
    while (x < width) {
      const tile = x >> bits;
      const end = min(width, (tile + 1) << bits);
      const offset = (<usize>x) << 2;
      Predictors.run(load<u8>(modes + tile), row + offset, row + ((<usize>end) << 2), above + offset);
      x = end;
    }
  }

  static run(mode: i32, at: usize, end: usize, above: usize): void {
    if (mode === 2) Predictors.sum(at, end, above);
    else if (mode === 3) Predictors.sum(at, end, above + 4);
    else if (mode === 4) Predictors.sum(at, end, above - 4);
    else if (mode === 1) Predictors.each(1, at, end, above);
    else if (mode === 5) Predictors.each(5, at, end, above);
    else if (mode === 6) Predictors.each(6, at, end, above);
    else if (mode === 7) Predictors.each(7, at, end, above);
    else if (mode === 8) Predictors.each(8, at, end, above);
    else if (mode === 9) Predictors.each(9, at, end, above);
    else if (mode === 10) Predictors.each(10, at, end, above);
    else if (mode === 11) Predictors.each(11, at, end, above);
    else if (mode === 12) Predictors.each(12, at, end, above);
    else if (mode === 13) Predictors.each(13, at, end, above);
    else Predictors.each(0, at, end, above);
  }

  /** Inlined with a constant mode, so that the choice is made once for a run. */
  @inline static each(mode: i32, at: usize, end: usize, above: usize): void {
    let left = load<u32>(at - 4);
    for (; at < end; at += 4, above += 4) {
      left = Argb.add(load<u32>(at), Predictors.guess(mode, left, above));
      store<u32>(at, left);
    }
  }

  @inline static guess(mode: i32, l: u32, above: usize): u32 {
    if (mode === 1) return l;
    if (mode === 5) return Argb.mean(Argb.mean(l, load<u32>(above, 4)), load<u32>(above));
    if (mode === 6) return Argb.mean(l, load<u32>(above - 4));
    if (mode === 7) return Argb.mean(l, load<u32>(above));
    if (mode === 8) return Argb.mean(load<u32>(above - 4), load<u32>(above));
    if (mode === 9) return Argb.mean(load<u32>(above), load<u32>(above, 4));
    if (mode === 10)
      return Argb.mean(Argb.mean(l, load<u32>(above - 4)), Argb.mean(load<u32>(above), load<u32>(above, 4)));
    if (mode === 11) return Argb.select(l, load<u32>(above), load<u32>(above - 4));
    if (mode === 12) return Argb.full(l, load<u32>(above), load<u32>(above - 4));
    if (mode === 13) return Argb.half(l, load<u32>(above), load<u32>(above - 4));
    return BLACK;
  }

  /** Adds other pixels that are all there. */
  static sum(at: usize, end: usize, other: usize): void {
    for (; at + 16 <= end; at += 16, other += 16) v128.store(at, i8x16.add(v128.load(at), v128.load(other)));
    for (; at < end; at += 4, other += 4) store<u32>(at, Argb.add(load<u32>(at), load<u32>(other)));
  }
}
