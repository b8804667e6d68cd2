// Rows of the five colour types and five depths of PNG (PNG specification, 11.2.2) to RGB bytes: 16 bits are
// cut to their upper 8, 1, 2 and 4 bits of grey are stretched to 0..255, alpha and tRNS are dropped.
import { Palette } from '../palette';

export const GREY: i32 = 0;
export const RGB: i32 = 2;
export const INDEXED: i32 = 3;
export const GREY_ALPHA: i32 = 4;
export const RGB_ALPHA: i32 = 6;

export class Pixels {
  static channels(type: i32): i32 {
    if (type === RGB) return 3;
    if (type === GREY_ALPHA) return 2;
    return type === RGB_ALPHA ? 4 : 1;
  }

  /** Whether the specification has this combination. */
  static exists(type: i32, depth: i32): bool {
    if (depth === 8)
      return type === GREY || type === RGB || type === INDEXED || type === GREY_ALPHA || type === RGB_ALPHA;
    if (depth === 16) return type === GREY || type === RGB || type === GREY_ALPHA || type === RGB_ALPHA;
    return (depth === 1 || depth === 2 || depth === 4) && (type === GREY || type === INDEXED);
  }

  /** Pixels [first, end) of a row to `to`, 3 bytes each; one byte more may be written. */
  static toRgb(type: i32, depth: i32, row: usize, first: i32, end: i32, to: usize): void {
    if (depth < 8) {
      Pixels.packed(type, depth, row, first, end, to);
      return;
    }
    const sample = depth >> 3;
    const step = <usize>(Pixels.channels(type) * sample);
    let from = row + <usize>first * step;
    const stop = row + <usize>end * step;
    if (type === INDEXED) Palette.expand(to, from, end - first);
    else if (type === RGB && depth === 8) memory.copy(to, from, stop - from);
    else if (type === RGB || type === RGB_ALPHA) {
      for (; from < stop; from += step, to += 3) {
        store<u8>(to, load<u8>(from));
        store<u8>(to, load<u8>(from + sample), 1);
        store<u8>(to, load<u8>(from + 2 * sample), 2);
      }
    } else for (; from < stop; from += step, to += 3) store<u32>(to, <u32>load<u8>(from) * 0x10101);
  }

  static packed(type: i32, depth: i32, row: usize, first: i32, end: i32, to: usize): void {
    const most = (1 << depth) - 1;
    for (let x = first; x < end; x++, to += 3) {
      const bit = x * depth;
      const value = (<i32>load<u8>(row + (bit >> 3)) >> (8 - depth - (bit & 7))) & most;
      if (type === INDEXED) Palette.put(to, value);
      else store<u32>(to, ((value * 255) / most) * 0x10101);
    }
  }
}
