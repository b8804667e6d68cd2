// The frame of a WebP file on its canvas: rows of the frame go to the resize at their place; what an animation's
// first frame leaves bare is black, as it is in the resize's sums before anything is added.
import { Arena } from '../arena';
import { Header } from '../picture';
import { Resize } from '../resize';

let top: i32 = 0;
let line: usize = 0;
let lead: usize = 0;

export class Canvas {
  /** Columns of the frame that are wanted: [first, end). */
  static first: i32 = 0;
  static end: i32 = 0;
  /** The first row of the frame that nobody wants any more. */
  static rows: i32 = 0;

  /** A frame of width x height at (x, y); false: not enough memory. */
  static open(x: i32, y: i32, width: i32, height: i32): bool {
    const whole = width === Header.width && height === Header.height;
    if (!Resize.begin(<f64>Header.width, <f64>Header.height, Header.width, Header.height, whole))
      return false;
    top = y;
    Canvas.first = max(0, Resize.firstColumn - x);
    Canvas.end = max(Canvas.first, min(width, Resize.endColumn - x));
    Canvas.rows = min(height, Resize.endRow - y);
    lead = <usize>(max(0, x - Resize.firstColumn) * 3);
    // Rows are written 16 pixels at a time.
    line = Arena.takeZeroed(<usize>(max(Resize.endColumn - Resize.firstColumn, 0) + 32) * 3);
    return line !== 0;
  }

  /** Is row y of the frame looked at? */
  @inline static wants(y: i32): bool {
    return y + top >= Resize.firstRow && y < Canvas.rows && Canvas.end > Canvas.first;
  }

  /** Where the RGB bytes of columns [first, end) belong; up to 48 bytes behind them may be overwritten. */
  @inline static pixels(): usize {
    return line + lead;
  }

  /** Row y of the frame is at `pixels`. */
  static row(y: i32): void {
    const end = line + lead + <usize>((Canvas.end - Canvas.first) * 3);
    const edge = line + <usize>((Resize.endColumn - Resize.firstColumn) * 3);
    if (end < edge) memory.fill(end, 0, edge - end);
    Resize.row(y + top, line);
  }
}
