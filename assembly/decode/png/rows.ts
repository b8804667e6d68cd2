// rows: inflated bytes of a PNG, cut into rows, unfiltered and handed to the resize (PNG specification, sections 7
// to 9). Two rows are kept, and the pieces of the next. Rows below the wanted ones are counted, not unfiltered.
import { Arena } from '../arena';
import { Header } from '../picture';
import { Resize } from '../resize';
import { DAMAGED, MORE } from '../status';
import { LAST_PASS, Pass, WHOLE } from './passes';
import { Pixels } from './pixels';
import { unfilter } from './unfilter';

/** Behind a row this much may be read or overwritten. */
const BEHIND: usize = 32;
const NO_FILTER = -1;

export class Rows {
  /** All rows of the header are there. */
  static complete: bool = false;
  private static pixelBytes: i32 = 1;
  private static rowBytes: usize = 0;
  private static row: usize = 0;
  private static above: usize = 0;
  private static pieces: usize = 0;
  private static rgb: usize = 0;
  private static rgbBytes: usize = 0;
  /** Filter type of the row that is being collected, its bytes so far, its number in the pass. */
  private static filter: i32 = NO_FILTER;
  private static collected: usize = 0;
  private static index: i32 = 0;

  /** After Pixels.open and Resize.begin. Takes memory for its rows; false when there is not enough. */
  static open(interlaced: bool): bool {
    Rows.pixelBytes = max(1, Pixels.bitsPerPixel >> 3);
    const bytes = <usize>((<u64>Header.width * Pixels.bitsPerPixel + 7) >> 3) + BEHIND;
    Rows.row = Arena.takeZeroed(bytes);
    Rows.above = Arena.takeZeroed(bytes);
    Rows.pieces = Arena.take(bytes);
    Rows.rgbBytes = <usize>(Resize.endColumn - Resize.firstColumn) * 3;
    Rows.rgb = Arena.take(Rows.rgbBytes);
    if (!Rows.row || !Rows.above || !Rows.pieces || !Rows.rgb) return false;
    Rows.choosePass(interlaced ? 1 : WHOLE);
    return true;
  }

  /** Takes the bytes from..end. @returns MORE, or DAMAGED for a filter that does not exist and for bytes behind the last row */
  static accept(from: usize, end: usize): i32 {
    while (from < end) {
      if (Rows.complete) return DAMAGED;
      if (Rows.filter === NO_FILTER) {
        Rows.filter = load<u8>(from++);
        if (Rows.filter > 4) return DAMAGED;
        continue;
      }
      const count = min(Rows.rowBytes - Rows.collected, end - from);
      if (count === Rows.rowBytes) {
        Rows.finishRow(from);
      } else {
        memory.copy(Rows.pieces + Rows.collected, from, count);
        Rows.collected += count;
        if (Rows.collected === Rows.rowBytes) Rows.finishRow(Rows.pieces);
      }
      from += count;
    }
    return MORE;
  }

  private static choosePass(number: i32): void {
    Pass.choose(number, Header.width, Header.height);
    while ((Pass.columns === 0 || Pass.rows === 0) && Pass.number < LAST_PASS)
      Pass.choose(Pass.number + 1, Header.width, Header.height);
    Rows.complete = Pass.columns === 0 || Pass.rows === 0;
    Rows.rowBytes = (<usize>Pass.columns * Pixels.bitsPerPixel + 7) >> 3;
    Rows.index = 0;
    Rows.filter = NO_FILTER;
    Rows.collected = 0;
    memory.fill(Rows.above, 0, Rows.rowBytes);
  }

  private static finishRow(source: usize): void {
    const y = Pass.firstRow + Rows.index * Pass.rowStep;
    if (y < Resize.endRow) {
      unfilter(Rows.row, source, Rows.above, <i32>Rows.rowBytes, Rows.filter, Rows.pixelBytes);
      if (y >= Resize.firstRow) Rows.push(y);
      const row = Rows.row;
      Rows.row = Rows.above;
      Rows.above = row;
    }
    Rows.filter = NO_FILTER;
    Rows.collected = 0;
    if (++Rows.index < Pass.rows) return;
    if (Pass.number < LAST_PASS) Rows.choosePass(Pass.number + 1);
    else Rows.complete = true;
  }

  private static push(y: i32): void {
    const first = Pass.indexFrom(Resize.firstColumn);
    const count = Pass.indexFrom(Resize.endColumn) - first;
    if (count <= 0) return;
    const step = <usize>Pass.columnStep * 3;
    const offset = <usize>(Pass.firstColumn + first * Pass.columnStep - Resize.firstColumn) * 3;
    // A pass has only some of the row's pixels; the resize adds up what several passes bring of the same row.
    if (Pass.number !== WHOLE) memory.fill(Rows.rgb, 0, Rows.rgbBytes);
    Pixels.write(Rows.rgb + offset, step, Rows.row, first, count);
    Resize.row(y, Rows.rgb);
  }
}
