// The predictor transform of VP8L (RFC 9649, 4.1): a pixel is its residual plus one of 14 functions of its
// neighbours to the left (L), above (T), above left (TL) and above right (TR), each byte for itself.

const BLACK: u32 = 0xff000000;

@inline function add(a: u32, b: u32): u32 {
  return (((a & 0xff00ff00) + (b & 0xff00ff00)) & 0xff00ff00) | (((a & 0xff00ff) + (b & 0xff00ff)) & 0xff00ff);
}

@inline function mean(a: u32, b: u32): u32 {
  return (((a ^ b) & 0xfefefefe) >>> 1) + (a & b);
}

@inline function wide(a: u32): v128 {
  return i16x8.extend_low_i8x16_u(i32x4.splat(a));
}

@inline function packed(words: v128): u32 {
  return i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
}

@inline function distance(a: u32, b: u32): i32 {
  const x = i32x4.splat(a);
  const y = i32x4.splat(b);
  const apart = v128.or(i8x16.sub_sat_u(x, y), i8x16.sub_sat_u(y, x));
  const pairs = i16x8.extadd_pairwise_i8x16_u(apart);
  const both = i32x4.extract_lane(pairs, 0);
  return (both & 0xffff) + (both >>> 16);
}

@inline function select(l: u32, t: u32, tl: u32): u32 {
  return distance(l, tl) <= distance(t, tl) ? t : l;
}

@inline function full(l: u32, t: u32, tl: u32): u32 {
  return packed(i16x8.sub(i16x8.add(wide(l), wide(t)), wide(tl)));
}

@inline function half(l: u32, t: u32, tl: u32): u32 {
  const m = wide(mean(l, t));
  const d = i16x8.sub(m, wide(tl));
  // Divided by two towards zero.
  const halved = i16x8.shr_s(i16x8.add(d, i16x8.shr_u(d, 15)), 1);
  return packed(i16x8.add(m, halved));
}

export class Predictors {
  /** Row 0: black, then the pixel to the left. */
  static first(row: usize, width: i32): void {
    let left = add(load<u32>(row), BLACK);
    store<u32>(row, left);
    const end = row + (<usize>width << 2);
    for (row += 4; row < end; row += 4) {
      left = add(load<u32>(row), left);
      store<u32>(row, left);
    }
  }

  /** A later row; `above`: the row before, with room for one pixel more; `modes`: a byte for 1 << bits pixels. */
  static row(row: usize, above: usize, width: i32, modes: usize, bits: i32): void {
    store<u32>(row, add(load<u32>(row), load<u32>(above)));
    // The pixel above right of the last one is the first of this row.
    store<u32>(above + (<usize>width << 2), load<u32>(row));
    let x = 1;
    while (x < width) {
      const tile = x >> bits;
      const end = min(width, (tile + 1) << bits);
      const offset = <usize>x << 2;
      Predictors.run(load<u8>(modes + tile), row + offset, row + (<usize>end << 2), above + offset);
      x = end;
    }
  }

  static run(mode: i32, at: usize, end: usize, above: usize): void {
    let l = load<u32>(at - 4);
    switch (mode) {
      case 1:
        for (; at < end; at += 4) store<u32>(at, (l = add(load<u32>(at), l)));
        return;
      case 2:
        Predictors.sum(at, end, above);
        return;
      case 3:
        Predictors.sum(at, end, above + 4);
        return;
      case 4:
        Predictors.sum(at, end, above - 4);
        return;
      case 5:
        for (; at < end; at += 4, above += 4)
          store<u32>(at, (l = add(load<u32>(at), mean(mean(l, load<u32>(above, 4)), load<u32>(above)))));
        return;
      case 6:
        for (; at < end; at += 4, above += 4)
          store<u32>(at, (l = add(load<u32>(at), mean(l, load<u32>(above - 4)))));
        return;
      case 7:
        for (; at < end; at += 4, above += 4)
          store<u32>(at, (l = add(load<u32>(at), mean(l, load<u32>(above)))));
        return;
      case 8:
        for (; at < end; at += 4, above += 4)
          store<u32>(at, add(load<u32>(at), mean(load<u32>(above - 4), load<u32>(above))));
        return;
      case 9:
        for (; at < end; at += 4, above += 4)
          store<u32>(at, add(load<u32>(at), mean(load<u32>(above), load<u32>(above, 4))));
        return;
      case 10:
        for (; at < end; at += 4, above += 4) {
          const right = mean(load<u32>(above), load<u32>(above, 4));
          store<u32>(at, (l = add(load<u32>(at), mean(mean(l, load<u32>(above - 4)), right))));
        }
        return;
      case 11:
        for (; at < end; at += 4, above += 4)
          store<u32>(at, (l = add(load<u32>(at), select(l, load<u32>(above), load<u32>(above - 4)))));
        return;
      case 12:
        for (; at < end; at += 4, above += 4)
          store<u32>(at, (l = add(load<u32>(at), full(l, load<u32>(above), load<u32>(above - 4)))));
        return;
      case 13:
        for (; at < end; at += 4, above += 4)
          store<u32>(at, (l = add(load<u32>(at), half(l, load<u32>(above), load<u32>(above - 4)))));
        return;
      default:
        for (; at < end; at += 4) store<u32>(at, add(load<u32>(at), BLACK));
    }
  }

  /** Adds other pixels that are all there. */
  static sum(at: usize, end: usize, other: usize): void {
    for (; at + 16 <= end; at += 16, other += 16)
      v128.store(at, i8x16.add(v128.load(at), v128.load(other)));
    for (; at < end; at += 4, other += 4) store<u32>(at, add(load<u32>(at), load<u32>(other)));
  }
}
