// runs: RLE8 and RLE4 of BMP: runs of colour numbers, literal numbers, and jumps; what is jumped over has colour 0.
// Row after row goes out as one byte a pixel. Pixels past the right edge are dropped, rows past the last are an
// error.
import { Header } from '../header';
import { Heap } from '../heap';
import { Input } from '../input';
import { BMP_RUNS, DONE, NEED } from '../status';

/** `next`: a row is complete. */
export const RUNS_ROW: i32 = 3;

export class Runs {
  /** u8 [width]: colour numbers of the row that `next` completed. */
  static row: usize = 0;
  private static x: i32 = 0;
  private static rows: i32 = 0;
  /** Empty rows and columns still to come: after a jump, or after the end of the data. */
  private static jumpRows: i32 = 0;
  private static jumpTo: i32 = 0;
  private static fresh: bool = true;
  private static nibbles: bool = false;

  /** Check `Heap.full` afterwards. */
  static open(nibbles: bool): void {
    Runs.row = Heap.zeroed(<u64>Header.width);
    Runs.x = 0;
    Runs.rows = 0;
    Runs.jumpRows = 0;
    Runs.fresh = true;
    Runs.nibbles = nibbles;
  }

  /** Reads from Input up to the end of a row. @returns RUNS_ROW, NEED, DONE after the last row, or BMP_RUNS */
  static next(): i32 {
    if (!Runs.fresh) {
      memory.fill(Runs.row, 0, Header.width);
      Runs.fresh = true;
    }
    while (Runs.rows < Header.height) {
      if (Runs.jumpRows > 0) {
        if (--Runs.jumpRows === 0) Runs.x = Runs.jumpTo;
        return Runs.endRow();
      }
      if (Input.available() < 2) return NEED;
      // What lies past the right edge is not drawn.
      const space = Header.width - Runs.x;
      const count = <i32>load<u8>(Input.at);
      const value = load<u8>(Input.at, 1);
      if (count > 0) {
        for (let i = 0, end = min(count, space); i < end; i++)
          Runs.put(Runs.nibbles ? half(value, i) : value);
      } else if (value > 2) {
        const bytes = Runs.nibbles ? (<i32>value + 1) >> 1 : <i32>value;
        const padded = (bytes + 1) & ~1;
        if (Input.available() < 2 + padded) return NEED;
        const literals = Input.at + 2;
        for (let i = 0, end = min(<i32>value, space); i < end; i++)
          Runs.put(Runs.nibbles ? half(load<u8>(literals + (i >> 1)), i) : load<u8>(literals + i));
        Input.at += padded;
      } else if (value === 2) {
        if (Input.available() < 4) return NEED;
        Runs.x += min(<i32>load<u8>(Input.at, 2), space);
        Runs.jumpRows = load<u8>(Input.at, 3);
        Runs.jumpTo = Runs.x;
        Input.at += 2;
        if (Runs.rows + Runs.jumpRows >= Header.height) return BMP_RUNS;
      } else {
        Runs.jumpRows = value === 0 ? 1 : Header.height - Runs.rows;
        Runs.jumpTo = 0;
      }
      Input.at += 2;
    }
    return DONE;
  }

  private static put(colour: u8): void {
    store<u8>(Runs.row + Runs.x++, colour);
  }

  private static endRow(): i32 {
    Runs.rows++;
    Runs.fresh = false;
    return RUNS_ROW;
  }
}

/** The upper half of a byte comes first. */
function half(byte: u8, i: i32): u8 {
  return i & 1 ? byte & 15 : byte >> 4;
}
