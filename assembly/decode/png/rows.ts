// Inflated bytes to rows to the resize, interlaced or not (PNG specification, 8.1 and 8.2). A row of an
// Adam7 pass is a row of the picture with holes: the holes are zeros, and since the resize is a sum, the
// passes add up to the picture without its being held anywhere.
import { Arena } from '../arena';
import { Header } from '../picture';
import { Resize } from '../resize';
import { DAMAGED, DONE, MEMORY, MORE } from '../status';
import { Filters } from './filters';
import { Pixels } from './pixels';

/** First column, first row, column step, row step of the seven passes. */
const ADAM7 = memory.data<u8>([
  0, 0, 8, 8, 4, 0, 8, 8, 0, 4, 4, 8, 2, 0, 4, 4, 0, 2, 2, 4, 1, 0, 2, 2, 0, 1, 1, 2,
]);

let row: usize = 0;
let above: usize = 0;
let rgb: usize = 0;
let spread: usize = 0;
let filter: i32 = -1;
let filled: i32 = 0;
let rowBytes: i32 = 0;
let pixelBytes: i32 = 0;
let pass: i32 = 0;
let columns: i32 = 0;
let y: i32 = 0;

export class Rows {
  static type: i32 = 0;
  static depth: i32 = 0;
  static interlaced: bool = false;

  static bytesOf(width: i32): i32 {
    return (width * Pixels.channels(Rows.type) * Rows.depth + 7) >> 3;
  }

  static begin(): i32 {
    const full = <usize>Rows.bytesOf(Header.width);
    pixelBytes = max(1, (Pixels.channels(Rows.type) * Rows.depth) >> 3);
    const ordered = !Rows.interlaced;
    if (!Resize.begin(<f64>Header.width, <f64>Header.height, Header.width, Header.height, ordered))
      return MEMORY;
    const width = <usize>(Resize.endColumn - Resize.firstColumn);
    row = Arena.takeZeroed(full);
    above = Arena.takeZeroed(full);
    rgb = Arena.take(width * 3);
    spread = Rows.interlaced ? Arena.take(width * 3) : rgb;
    if (!row || !above || !rgb || !spread) return MEMORY;
    filter = -1;
    filled = 0;
    pass = Rows.interlaced ? 0 : -1;
    Rows.startPass();
    return 0;
  }

  @inline static adam7(field: i32): i32 {
    return pass < 0 ? (field < 2 ? 0 : 1) : <i32>load<u8>(ADAM7 + (pass << 2) + field);
  }

  /** Goes to the next pass that has pixels; false after the last. */
  static startPass(): bool {
    for (; pass < 7; pass++) {
      const step = Rows.adam7(2);
      columns = (Header.width - Rows.adam7(0) + step - 1) / step;
      y = Rows.adam7(1);
      if (columns > 0 && y < Header.height) break;
    }
    if (pass === 7) return false;
    rowBytes = Rows.bytesOf(columns);
    memory.fill(above - 16, 0, <usize>rowBytes + 32);
    return true;
  }

  /** Takes inflated bytes: MORE, DONE, or an error. */
  static consume(from: usize, bytes: i32): i32 {
    while (bytes > 0) {
      if (filter < 0) {
        filter = load<u8>(from++);
        bytes--;
        continue;
      }
      const now = min(bytes, rowBytes - filled);
      memory.copy(row + filled, from, now);
      filled += now;
      from += now;
      bytes -= now;
      if (filled < rowBytes) break;
      if (!Filters.undo(filter, row, above, rowBytes, pixelBytes)) return DAMAGED;
      if (!Rows.next()) {
        Resize.end();
        return DONE;
      }
    }
    return MORE;
  }

  /** Hands the row on and prepares for the next; false when all that is wanted has been seen. */
  static next(): bool {
    if (y >= Resize.firstRow && y < Resize.endRow) {
      if (pass < 0) {
        Pixels.toRgb(Rows.type, Rows.depth, row, Resize.firstColumn, Resize.endColumn, rgb);
        Resize.row(y, rgb);
      } else Rows.spreadRow();
    }
    const free = above;
    above = row;
    row = free;
    filter = -1;
    filled = 0;
    y += Rows.adam7(3);
    const end = pass < 0 || pass === 6 ? Resize.endRow : Header.height;
    if (y < end) return true;
    if (pass < 0) return false;
    pass++;
    return Rows.startPass();
  }

  static spreadRow(): void {
    const start = Rows.adam7(0);
    const step = Rows.adam7(2);
    const first = max(0, (Resize.firstColumn - start + step - 1) / step);
    const end = min(columns, (Resize.endColumn - start + step - 1) / step);
    Pixels.toRgb(Rows.type, Rows.depth, row, first, max(first, end), rgb);
    memory.fill(spread, 0, <usize>(Resize.endColumn - Resize.firstColumn) * 3);
    let from = rgb;
    for (let i = first; i < end; i++, from += 3) {
      const to = spread + <usize>((start + i * step - Resize.firstColumn) * 3);
      store<u16>(to, load<u16>(from));
      store<u8>(to, load<u8>(from, 2), 2);
    }
    Resize.row(y, spread);
  }
}
