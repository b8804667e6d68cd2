// One scan: which blocks come in which order (ITU-T T.81, A.2 and B.2.3). It can stop at any MCU for want of input
// and go on later.
import { Input } from '../input';
import { Limits } from '../picture';
import { COMPLEX, DAMAGED, DONE, MORE } from '../status';
import { Arithmetic } from './arithmetic';
import { ArithmeticBlocks } from './arithmetic-blocks';
import { Bits } from './bits';
import { Blocks } from './blocks';
import { Frame } from './frame';
import { Huffman } from './huffman';
import { Idct } from './idct';
import { Intervals } from './intervals';
import { Progressive } from './progressive';
import { Rows } from './rows';

/** More than any MCU takes: 10 blocks of 64 codes of 31 bits, each byte stuffed, and a restart marker. */
const MARGIN: i32 = 8192;
/** The same for arithmetic coding: 640 values of at most 32 decisions of at most 15 bits, some bytes stuffed. */
const ARITHMETIC_MARGIN: i32 = 1 << 16;
const MEMBERS = memory.data(4);

let count: i32 = 0;
let refining: bool = false;
let x: i32 = 0;
let y: i32 = 0;
let wide: i32 = 0;
let high: i32 = 0;
let scans: i32 = 0;
let visited: i64 = 0;

export class Scan {
  /** Some output has been given: the picture is complete. */
  static complete: bool = false;

  static reset(): void {
    Intervals.length = 0;
    Scan.complete = false;
    scans = 0;
    visited = 0;
  }

  /** Components of a scan header at `at`. */
  @inline static members(at: usize): i32 {
    return load<u8>(at);
  }

  /** Reads the header of a scan (after its length); 0 or an error. */
  static begin(at: usize, end: usize): i32 {
    if (at >= end) return DAMAGED;
    count = Scan.members(at);
    if (count < 1 || count > 4 || at + 4 + <usize>count * 2 > end) return DAMAGED;
    const band = at + 1 + <usize>count * 2;
    const low = <i32>load<u8>(band);
    const high = <i32>load<u8>(band, 1);
    const before = <i32>load<u8>(band, 2) >> 4;
    const shift = <i32>load<u8>(band, 2) & 15;
    if (Frame.progressive) {
      if (high > 63 || low > high || (low === 0 && high > 0) || (low > 0 && count > 1) || shift > 13)
        return DAMAGED;
      Progressive.low = low;
      Progressive.high = high;
      Progressive.shift = shift;
    }
    Progressive.run = 0;
    refining = before > 0;
    let blocks = 0;
    for (let i = 0; i < count; i++) {
      const index = Scan.find(load<u8>(at + 1 + <usize>i * 2), i);
      if (index < 0) return DAMAGED;
      const status = Scan.join(index, load<u8>(at + 2 + <usize>i * 2), low, high, before, shift);
      if (status < 0) return status;
      store<u8>(MEMBERS + i, index);
      const c = Frame.component(index);
      blocks += c.h * c.v;
    }
    if (count > 1 && blocks > 10) return DAMAGED;
    return Scan.startWalk(blocks);
  }

  /** The component with this id, if it is not among the first `members` of the scan. */
  static find(id: i32, members: i32): i32 {
    for (let i = 0; i < Frame.count; i++) {
      if (Frame.component(i).id !== id) continue;
      for (let k = 0; k < members; k++) if (<i32>load<u8>(MEMBERS + k) === i) return -1;
      return i;
    }
    return -1;
  }

  static join(index: i32, tables: i32, low: i32, high: i32, before: i32, shift: i32): i32 {
    const c = Frame.component(index);
    c.dcTable = tables >> 4;
    c.acTable = tables & 15;
    c.prediction = 0;
    if (c.dcTable > 3 || c.acTable > 3) return DAMAGED;
    const usesDc = !Frame.progressive || (low === 0 && before === 0);
    const usesAc = !Frame.progressive || low > 0;
    if (!Frame.arithmetic) {
      if (usesDc && !Huffman.provide(c.dcTable)) return DAMAGED;
      if (usesAc && !Huffman.provide(4 + c.acTable)) return DAMAGED;
    }
    if (Frame.progressive) {
      if (!Progressive.admit(index, low, high, before, shift)) return DAMAGED;
      if (low > 0 || before > 0) return 0;
    } else if (c.started) return DAMAGED;
    c.started = 1;
    return Frame.latch(index);
  }

  /** Prepares the walk and counts its work. */
  static startWalk(blocks: i32): i32 {
    const only = Frame.component(load<u8>(MEMBERS));
    wide = count > 1 ? Frame.mcusWide : only.wide;
    high = count > 1 ? Frame.mcusHigh : only.high;
    x = 0;
    y = 0;
    let wanted: i64 = 0;
    if (!Frame.progressive || (Progressive.low === 0 && !refining))
      for (let i = 0; i < count; i++) {
        const c = Frame.component(load<u8>(MEMBERS + i));
        wanted += <i64>(c.x1 - c.x0) * <i64>(c.y1 - c.y0);
      }
    Intervals.open(wanted);
    Bits.reset();
    Scan.anew();
    scans++;
    visited += <i64>wide * <i64>high * <i64>(count > 1 ? blocks : 1);
    return scans > Limits.scans || visited > Limits.blocks ? COMPLEX : 0;
  }

  /** Nothing of this scan is wanted: AC of a component of which only the DC is used. */
  static isUnwanted(): bool {
    return Frame.progressive && Progressive.low > 0 && Frame.component(load<u8>(MEMBERS)).size === 1;
  }

  /** All components have had their first scan. */
  static allStarted(): bool {
    for (let i = 0; i < Frame.count; i++) if (!Frame.component(i).started) return false;
    return true;
  }

  /** Goes on: MORE, DONE at the end of the scan (see `complete`), or an error. */
  static run(buffered: bool): i32 {
    const margin = Frame.arithmetic ? ARITHMETIC_MARGIN : MARGIN;
    Bits.resume();
    for (; y < high; y++) {
      for (; x < wide; x++) {
        if (!Input.last && Input.left() < margin) return MORE;
        if (Intervals.length) {
          if (Intervals.atMarker()) {
            const status = Intervals.restart();
            if (status !== DONE) return status;
            Scan.anew();
          }
          if (Intervals.lost === 0) Intervals.pass();
        }
        if (Intervals.lost > 0) {
          const status = Scan.blank(buffered);
          if (status < 0) return status;
          continue;
        }
        if (Progressive.run > 1 && !Intervals.length) {
          // A run of blocks in which nothing changes: a scan of nothing else costs next to nothing.
          const most = min(Progressive.run, wide - x);
          const passed = refining ? Progressive.unchanged(load<u8>(MEMBERS), x, y, most) : most;
          if (passed > 0) {
            Progressive.run -= passed;
            x += passed - 1;
            continue;
          }
        }
        const status = count > 1 ? Scan.interleaved(buffered) : Scan.block(load<u8>(MEMBERS), x, y, buffered);
        const starved = Frame.arithmetic ? Arithmetic.starved : Bits.starved();
        if (status < 0 || Blocks.failed || starved) {
          let failed = Intervals.fail(starved);
          if (!failed) failed = Scan.blank(buffered);
          if (failed) return failed;
        }
      }
      x = 0;
      if (!buffered && Rows.emit(y)) {
        Scan.complete = true;
        return DONE;
      }
    }
    return DONE;
  }

  static interleaved(buffered: bool): i32 {
    for (let i = 0; i < count; i++) {
      const index = <i32>load<u8>(MEMBERS + i);
      const c = Frame.component(index);
      const h = c.h;
      const v = c.v;
      for (let row = 0; row < v; row++)
        for (let column = 0; column < h; column++) {
          const status = Scan.block(index, x * h + column, y * v + row, buffered);
          if (status < 0) return status;
        }
    }
    return 0;
  }

  @inline static block(index: i32, column: i32, row: i32, buffered: bool): i32 {
    if (Frame.arithmetic) return Scan.arithmeticBlock(index, column, row, buffered);
    if (!Frame.progressive) return Blocks.sequential(index, column, row, buffered);
    if (Progressive.low === 0) {
      if (refining) Progressive.refineDc(index, column, row);
      else Progressive.firstDc(index, column, row);
    } else if (refining) Progressive.refineAc(index, column, row);
    else Progressive.firstAc(index, column, row);
    return 0;
  }

  static arithmeticBlock(index: i32, column: i32, row: i32, buffered: bool): i32 {
    if (!Frame.progressive) return ArithmeticBlocks.sequential(index, column, row, buffered);
    if (Progressive.low === 0) {
      if (refining) ArithmeticBlocks.refineDc(index, column, row);
      else ArithmeticBlocks.firstDc(index, column, row);
    } else if (refining) ArithmeticBlocks.refineAc(index, column, row);
    else ArithmeticBlocks.firstAc(index, column, row);
    return 0;
  }

  /** What was learned of the blocks before is forgotten: at the start and at restart markers. */
  static anew(): void {
    Blocks.failed = false;
    Progressive.run = 0;
    for (let i = 0; i < Frame.count; i++) Frame.component(i).prediction = 0;
    if (Frame.arithmetic) ArithmeticBlocks.reset();
  }

  /** A lost MCU; 0, or the status that ends the picture. Stored coefficients stay as they are: zero before the first scan. */
  static blank(buffered: bool): i32 {
    let blocks = 0;
    for (let i = 0; i < count; i++) {
      const c = Frame.component(load<u8>(MEMBERS + i));
      const h = count > 1 ? c.h : 1;
      const v = count > 1 ? c.v : 1;
      for (let row = y * v; row < (y + 1) * v; row++)
        for (let column = x * h; column < (x + 1) * h; column++) {
          if (!c.keeps(column, row)) continue;
          blocks++;
          if (buffered) continue;
          Idct.clear();
          Idct.samples(<i32>load<u8>(MEMBERS + i), Blocks.place(c, column, row), 0);
        }
    }
    return Intervals.lose(blocks);
  }
}
