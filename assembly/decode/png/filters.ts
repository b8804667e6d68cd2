// The five filters of PNG's rows (PNG specification, 9.2): each byte is a difference to the byte `pixel`
// bytes before it (a), the one above (b), or the one above that (c). Undone in place.
// Before both rows lie 16 zero bytes, so that a and c exist for the first pixel.

export class Filters {
  /** False for a filter that does not exist. `pixel`: bytes of a whole pixel, at least 1. */
  static undo(filter: i32, row: usize, above: usize, bytes: i32, pixel: i32): bool {
    if (filter === 0) return true;
    if (filter === 1) Filters.sub(row, bytes, pixel);
    else if (filter === 2) Filters.up(row, above, bytes);
    else if (filter === 3) Filters.average(row, above, bytes, pixel);
    else if (filter === 4) {
      if (pixel === 3 || pixel === 4) Filters.paethWide(row, above, bytes, pixel);
      else Filters.paeth(row, above, bytes, pixel);
    } else return false;
    return true;
  }

  static sub(row: usize, bytes: i32, pixel: i32): void {
    if (pixel === 3 || pixel === 4) {
      let a = i8x16.splat(0);
      for (let i = 0; i < bytes; i += pixel) {
        a = i8x16.add(a, v128.load32_zero(row + i));
        Filters.put(row + i, a, pixel);
      }
      return;
    }
    for (let i = 0; i < bytes; i++) store<u8>(row + i, load<u8>(row + i) + load<u8>(row + i - pixel));
  }

  @inline static put(to: usize, value: v128, pixel: i32): void {
    if (pixel === 4) v128.store32_lane(to, value, 0);
    else {
      v128.store16_lane(to, value, 0);
      v128.store8_lane(to, value, 2, 2);
    }
  }

  static up(row: usize, above: usize, bytes: i32): void {
    let i = 0;
    for (; i + 16 <= bytes; i += 16) v128.store(row + i, i8x16.add(v128.load(row + i), v128.load(above + i)));
    for (; i < bytes; i++) store<u8>(row + i, load<u8>(row + i) + load<u8>(above + i));
  }

  static average(row: usize, above: usize, bytes: i32, pixel: i32): void {
    if (pixel === 3 || pixel === 4) {
      let a = i16x8.splat(0);
      for (let i = 0; i < bytes; i += pixel) {
        const b = i16x8.extend_low_i8x16_u(v128.load32_zero(above + i));
        const mean = i16x8.shr_u(i16x8.add(a, b), 1);
        const sum = i8x16.add(v128.load32_zero(row + i), i8x16.narrow_i16x8_u(mean, mean));
        Filters.put(row + i, sum, pixel);
        a = i16x8.extend_low_i8x16_u(sum);
      }
      return;
    }
    for (let i = 0; i < bytes; i++) {
      const sum = <u32>load<u8>(row + i - pixel) + <u32>load<u8>(above + i);
      store<u8>(row + i, load<u8>(row + i) + <u8>(sum >> 1));
    }
  }

  static paeth(row: usize, above: usize, bytes: i32, pixel: i32): void {
    for (let i = 0; i < bytes; i++) {
      const a = <i32>load<u8>(row + i - pixel);
      const b = <i32>load<u8>(above + i);
      const c = <i32>load<u8>(above + i - pixel);
      const pa = abs(b - c);
      const pb = abs(a - c);
      const pc = abs(a + b - 2 * c);
      const nearest = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      store<u8>(row + i, load<u8>(row + i) + <u8>nearest);
    }
  }

  /** A pixel a step, its bytes in i16 lanes. */
  static paethWide(row: usize, above: usize, bytes: i32, pixel: i32): void {
    let a = i16x8.splat(0);
    let c = i16x8.splat(0);
    for (let i = 0; i < bytes; i += pixel) {
      const b = i16x8.extend_low_i8x16_u(v128.load32_zero(above + i));
      const da = i16x8.sub(b, c);
      const db = i16x8.sub(a, c);
      const pa = i16x8.abs(da);
      const pb = i16x8.abs(db);
      const least = i16x8.min_s(i16x8.min_s(pa, pb), i16x8.abs(i16x8.add(da, db)));
      const bc = v128.bitselect(b, c, i16x8.eq(least, pb));
      const nearest = v128.bitselect(a, bc, i16x8.eq(least, pa));
      const sum = i8x16.add(v128.load32_zero(row + i), i8x16.narrow_i16x8_u(nearest, nearest));
      Filters.put(row + i, sum, pixel);
      c = b;
      a = i16x8.extend_low_i8x16_u(sum);
    }
  }
}
