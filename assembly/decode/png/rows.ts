// rows: inflated bytes of a PNG, cut into rows, unfiltered and pushed to the sink (PNG specification, sections 7
// to 9). Two rows are kept, and the pieces of the next. Rows below the sink's window are counted, not unfiltered.
import { Header } from '../header';
import { Heap } from '../heap';
import { Sink } from '../resize';
import { NEED, PNG_EXTRA, PNG_FILTER } from '../status';
import { LAST_PASS, Pass, WHOLE } from './passes';
import { Pixels } from './pixels';
import { unfilter } from './unfilter';

const BEFORE: usize = 16;
const BEHIND: u64 = 32;
const NO_FILTER = -1;

export class Rows {
  /** All rows of the header are there. */
  static complete: bool = false;
  private static pixelBytes: i32 = 1;
  private static rowBytes: usize = 0;
  private static row: usize = 0;
  private static above: usize = 0;
  private static pieces: usize = 0;
  /** Filter type of the row that is being collected, its bytes so far, its number in the pass. */
  private static filter: i32 = NO_FILTER;
  private static collected: usize = 0;
  private static index: i32 = 0;

  /** After Pixels.open and Sink.configure. Takes memory for three rows; check `Heap.full` afterwards. */
  static open(interlaced: bool): void {
    Rows.pixelBytes = max(1, Pixels.bitsPerPixel >> 3);
    Rows.row = Rows.take();
    Rows.above = Rows.take();
    Rows.pieces = Rows.take();
    Rows.complete = false;
    if (!Heap.full) Rows.choosePass(interlaced ? 1 : WHOLE);
  }

  /** Uncompressed bytes of the picture, filter types left out: what the header announces. */
  static announcedBytes(): u64 {
    return ((<u64>Header.width * Pixels.bitsPerPixel + 7) / 8) * Header.height;
  }

  /** Takes the bytes from..end. @returns NEED, or an error */
  static accept(from: usize, end: usize): i32 {
    while (from < end) {
      if (Rows.complete) return PNG_EXTRA;
      if (Rows.filter === NO_FILTER) {
        Rows.filter = load<u8>(from++);
        if (Rows.filter > 4) return PNG_FILTER;
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
    return NEED;
  }

  private static take(): usize {
    const bytes = (<u64>Header.width * Pixels.bitsPerPixel + 7) >> 3;
    return Heap.zeroed(BEFORE + bytes + BEHIND) + BEFORE;
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
    if (y < Sink.endRow) {
      unfilter(Rows.row, source, Rows.above, <i32>Rows.rowBytes, Rows.filter, Rows.pixelBytes);
      if (y >= Sink.firstRow) Rows.push(y);
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
    const first = Pass.indexFrom(Sink.firstColumn);
    const count = Pass.indexFrom(Sink.endColumn) - first;
    if (count <= 0) return;
    const step = <usize>Pass.columnStep * 3;
    const offset = <usize>(Pass.firstColumn + first * Pass.columnStep - Sink.firstColumn) * 3;
    // A pass has only some of the row's pixels; the sink adds up what several passes push of the same row.
    if (Pass.number !== WHOLE) memory.fill(Sink.row, 0, <usize>(Sink.endColumn - Sink.firstColumn) * 3);
    Pixels.write(Sink.row + offset, step, Rows.row, first, count);
    Sink.push(y);
  }
}
