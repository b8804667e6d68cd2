// Run-length coded rows of BMP, 8 and 4 bits (BI_RLE8, BI_RLE4): pairs of a count and a colour, and after a
// count of 0 an escape: 0 end of row, 1 end of picture, 2 a move by two bytes, else so many literal pixels,
// padded to 16 bits. Pixels that are skipped have index 0.
import { Big, Input } from '../input';
import { Header } from '../picture';
import { DAMAGED, DONE, MORE } from '../status';

let row: usize = 0;
let depth: i32 = 0;
let x: i32 = 0;
/** Bare rows before anything more is read; all that are left after the end of the picture. */
let skipped: i32 = 0;

export class Rle {
  static active: bool = false;

  static open(to: usize, bits: i32): void {
    row = to;
    depth = bits;
    x = 0;
    skipped = 0;
  }

  /** Rows without a pixel that come next, to be asked before `run`. */
  static bareRows(): i32 {
    const rows = skipped;
    skipped = 0;
    return rows;
  }

  /** DONE: a row is complete; MORE: input is wanted; or an error. */
  static run(): i32 {
    while (Input.left() >= 2) {
      const at = Input.at;
      const count = <i32>load<u8>(at);
      const value = <i32>load<u8>(at, 1);
      if (count > 0) {
        Input.at += 2;
        for (let i = 0; i < count; i++) Rle.put(depth === 8 ? value : i & 1 ? value & 15 : value >> 4);
        continue;
      }
      if (value > 2) {
        const bytes = depth === 8 ? value : (value + 1) >> 1;
        const padded = (bytes + 1) & ~1;
        if (Input.left() < 2 + padded) return MORE;
        for (let i = 0; i < value; i++) {
          const byte = <i32>load<u8>(at + 2 + (depth === 8 ? i : i >> 1));
          Rle.put(depth === 8 ? byte : i & 1 ? byte & 15 : byte >> 4);
        }
        Input.at += 2 + padded;
        continue;
      }
      if (value === 2) {
        if (Input.left() < 4) return MORE;
        x += Big.u16(at + 2) >> 8;
        const down = Big.u16(at + 2) & 255;
        Input.at += 4;
        if (x > Header.width) return DAMAGED;
        if (down === 0) continue;
        skipped = down - 1;
        return DONE;
      }
      Input.at += 2;
      x = 0;
      if (value === 1) skipped = Header.height;
      return DONE;
    }
    return MORE;
  }

  @inline static put(index: i32): void {
    // Runs may go on past the right edge for gigabytes, so `x` stops there.
    if (x < Header.width) store<u8>(row + x++, <u8>index);
  }
}
