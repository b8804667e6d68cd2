// passes: which pixels of the picture a row of a pass has (PNG specification, section 8.2, Adam7):
//
//   1 6 4 6 2 6 4 6
//   7 7 7 7 7 7 7 7
//   5 6 5 6 5 6 5 6
//   7 7 7 7 7 7 7 7
//   3 6 4 6 3 6 4 6
//   ...
//
// A picture that is not interlaced is one pass with all of them.

/** Passes 1..7; the pass of all pixels is WHOLE. */
export const LAST_PASS = 7;
export const WHOLE = 8;

// First column, first row, column step, row step of passes 1..8.
const GEOMETRY = memory.data<u8>([
  0, 0, 8, 8, 4, 0, 8, 8, 0, 4, 4, 8, 2, 0, 4, 4, 0, 2, 2, 4, 1, 0, 2, 2, 0, 1, 1, 2, 0, 0, 1, 1,
]);

export class Pass {
  static number: i32 = 0;
  static firstColumn: i32 = 0;
  static firstRow: i32 = 0;
  static columnStep: i32 = 1;
  static rowStep: i32 = 1;
  /** Pixels a row, and rows. */
  static columns: i32 = 0;
  static rows: i32 = 0;

  /** Chooses pass `number` of a picture of width x height; it may have no columns or no rows. */
  static choose(number: i32, width: i32, height: i32): void {
    const geometry = GEOMETRY + ((<usize>(number - 1)) << 2);
    Pass.number = number;
    Pass.firstColumn = load<u8>(geometry);
    Pass.firstRow = load<u8>(geometry, 1);
    Pass.columnStep = load<u8>(geometry, 2);
    Pass.rowStep = load<u8>(geometry, 3);
    Pass.columns = Pass.indexFrom(width);
    Pass.rows = max(0, (height - Pass.firstRow + Pass.rowStep - 1) / Pass.rowStep);
  }

  /** Index of the pass's first pixel at column `column` or right of it. */
  static indexFrom(column: i32): i32 {
    return max(0, (column - Pass.firstColumn + Pass.columnStep - 1) / Pass.columnStep);
  }
}
