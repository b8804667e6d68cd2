// One row of a component at the scale of the frame. Factor 1 is a pointer; factor 2 across is the triangle
// filter 3/4, 1/4 of libjpeg's "fancy" upsampling, in both directions for 2 x 2, with its alternating
// roundings (8, 7 of 16; 1, 2 of 4); any other factor repeats the nearest sample.
import { Arena } from '../arena';
import { Resize } from '../resize';
import { Component, Frame } from './frame';

/** Per component a row of bytes, and one row of i16 sums with an edge of 8 on both sides. */
const ROWS = memory.data(4 * 4);
let sums: usize = 0;

export class Upsample {
  static allocate(): bool {
    const width = Resize.endColumn - Resize.firstColumn;
    for (let i = 0; i < Frame.count; i++) {
      const row = Arena.take(<usize>(width + 64));
      if (!row) return false;
      store<u32>(ROWS + (i << 2), row);
    }
    sums = Arena.takeZeroed(<usize>(width + 64) * 2);
    return sums !== 0;
  }

  /** The frame is exactly twice as high (or wide) as the component. */
  @inline static isDouble(c: Component, vertical: bool): bool {
    return vertical ? Frame.v * Frame.size === 2 * c.v * c.size : Frame.h * Frame.size === 2 * c.h * c.size;
  }

  @inline static sampleRow(c: Component, row: i32): usize {
    const real = max(0, min(c.height - 1, row));
    return c.ring + <usize>((real % c.ringRows) * c.stride);
  }

  /** Pointer to the samples of frame row y, columns firstColumn to endColumn. */
  static row(index: i32, y: i32): usize {
    const c = Frame.component(index);
    const first = Resize.firstColumn;
    const sameWidth = c.h * c.size === Frame.h * Frame.size;
    const sameHeight = c.v * c.size === Frame.v * Frame.size;
    const left = c.x0 * c.size;
    if (sameWidth && sameHeight) return Upsample.sampleRow(c, y) + (first - left);
    // libjpeg mixes neither single samples of blocks nor lines of one or two samples.
    const fancy = Frame.size > 1;
    const wideEnough = sameWidth || c.width > 2;
    const out = <usize>load<u32>(ROWS + (index << 2));
    const doubleHigh = fancy && wideEnough && Upsample.isDouble(c, true);
    if (fancy && wideEnough && Upsample.isDouble(c, false) && (sameHeight || doubleHigh))
      return Upsample.double(c, y, doubleHigh, out);
    const source = Upsample.sampleRow(c, (y * c.v * c.size) / (Frame.v * Frame.size));
    if (sameWidth && doubleHigh) return Upsample.between(c, y, out);
    for (let x = first; x < Resize.endColumn; x++) {
      const from = min(c.width - 1, (x * c.h * c.size) / (Frame.h * Frame.size));
      store<u8>(out + (x - first), load<u8>(source + (from - left)));
    }
    return out;
  }

  /** Twice as high only. */
  static between(c: Component, y: i32, out: usize): usize {
    const near = Upsample.sampleRow(c, y >> 1) + (Resize.firstColumn - c.x0 * c.size);
    const far = Upsample.sampleRow(c, (y >> 1) + (y & 1 ? 1 : -1)) + (Resize.firstColumn - c.x0 * c.size);
    const bias = y & 1 ? 2 : 1;
    for (let x = 0; x < Resize.endColumn - Resize.firstColumn; x++)
      store<u8>(out + x, <u8>((3 * <i32>load<u8>(near + x) + <i32>load<u8>(far + x) + bias) >> 2));
    return out;
  }

  /** Twice as wide, and twice as high if `high`. */
  static double(c: Component, y: i32, high: bool, out: usize): usize {
    const first = Resize.firstColumn >> 1;
    const last = (Resize.endColumn - 1) >> 1;
    const from = max(0, first - 1);
    const to = min(c.width - 1, last + 1);
    const row = high ? y >> 1 : y;
    const offset = from - c.x0 * c.size;
    const near = Upsample.sampleRow(c, row) + offset;
    const far = high ? Upsample.sampleRow(c, row + (y & 1 ? 1 : -1)) + offset : 0;
    // sums[8 + i] is that of sample `first + i`.
    const base = sums + 16;
    let at = base + <usize>((from - first) * 2);
    const count = to - from + 1;
    for (let x = 0; x < count; x += 8, at += 16) {
      let sum = v128.load8x8_u(near + x);
      if (high) sum = i16x8.add(i16x8.add(sum, i16x8.shl(sum, 1)), v128.load8x8_u(far + x));
      v128.store(at, sum);
    }
    const edge = base + <usize>((to - first) * 2);
    if (from === first) store<i16>(base - 2, load<i16>(base));
    if (to === last) store<i16>(edge + 2, load<i16>(edge));
    const shift = high ? 4 : 2;
    const even = i16x8.splat(high ? 8 : 1);
    const odd = i16x8.splat(high ? 7 : 2);
    for (let x = 0; x <= last - first; x += 8) {
      const here = base + <usize>(x * 2);
      const centre = v128.load(here);
      const triple = i16x8.add(centre, i16x8.shl(centre, 1));
      const leftwards = i16x8.shr_u(i16x8.add(i16x8.add(triple, v128.load(here - 2)), even), shift);
      const rightwards = i16x8.shr_u(i16x8.add(i16x8.add(triple, v128.load(here + 2)), odd), shift);
      v128.store(out + <usize>(x * 2), v128.or(leftwards, i16x8.shl(rightwards, 8)));
    }
    return out + (Resize.firstColumn & 1);
  }
}
