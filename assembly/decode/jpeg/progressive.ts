// The blocks of a progressive scan (ITU-T T.81, G.1.2 and G.2): a scan brings the DC, or a band of AC
// coefficients of one component, first their upper bits and then one bit more at a time.
// Bits must be read for every block; values are kept for the wanted blocks and frequencies only. To know
// which coefficients get a correction bit (G.1.2.3) a mask of 64 bits is kept for every block.
import { Bits } from './bits';
import { Blocks } from './blocks';
import { Frame } from './frame';
import { Huffman } from './huffman';
import { NATURAL } from './idct';

/** Al of the last scan of each component's coefficient, -1 before the first: 4 x 64 x i8. */
const PRECISION = memory.data(4 * 64);

export class Progressive {
  /** Blocks whose band is known to be zero: the end-of-band run, G.1.2.2. */
  static run: i32 = 0;
  static low: i32 = 0;
  static high: i32 = 0;
  static shift: i32 = 0;
  static symbolValue: i32 = 0;

  static reset(): void {
    memory.fill(PRECISION, 0xff, 4 * 64);
  }

  /** Whether the scan may follow the earlier ones (G.1.1.1.1): bands start once, then one bit a scan. */
  static admit(index: i32, low: i32, high: i32, before: i32, shift: i32): bool {
    const states = PRECISION + (index << 6);
    if (low > 0 && load<i8>(states) < 0) return false;
    if (before > 0 && before !== shift + 1) return false;
    for (let k = low; k <= high; k++) {
      if (<i32>load<i8>(states + k) !== (before > 0 ? before : -1)) return false;
      store<i8>(states + k, <i8>shift);
    }
    return true;
  }

  static begins(index: i32): bool {
    return load<i8>(PRECISION + (index << 6)) >= 0;
  }

  static firstDc(index: i32, x: i32, y: i32): void {
    const c = Frame.component(index);
    c.prediction += Blocks.difference(c.dcTable);
    if (c.keeps(x, y)) store<i16>(c.block(x, y), <i16>(c.prediction << Progressive.shift));
  }

  static refineDc(index: i32, x: i32, y: i32): void {
    const c = Frame.component(index);
    Bits.refill();
    if (!Bits.take(1) || !c.keeps(x, y)) return;
    const at = c.block(x, y);
    store<i16>(at, load<i16>(at) | ((<i16>1) << (<i16>Progressive.shift)));
  }

  /** Where coefficient k of a block lies in its store, or 0 if it is not kept. */
  @inline static slot(block: usize, size: i32, k: i32): usize {
    const natural = <i32>load<u8>(NATURAL + k);
    const row = natural >> 3;
    const column = natural & 7;
    return block && row < size && column < size ? block + <usize>((row * size + column) * 2) : 0;
  }

  /** The next symbol of an AC table, -1 if there is none such. */
  @inline static symbol(table: i32): i32 {
    Bits.refill();
    const entry = Huffman.entry(Huffman.lookup(table), Bits.buffer);
    if (entry) {
      Bits.drop(entry >>> 24);
      return (entry >> 16) & 255;
    }
    const long = Huffman.long(table, Bits.buffer);
    if (long < 0) return -1;
    Bits.drop(long >> 8);
    return long & 255;
  }

  /** 2^run + the next `run` bits: the blocks of an end-of-band run, this one included. */
  @inline static runLength(run: i32): i32 {
    if (run === 0) return 1;
    Bits.refill();
    return (1 << run) + Bits.take(run);
  }

  static firstAc(index: i32, x: i32, y: i32): void {
    if (Progressive.run > 0) {
      Progressive.run--;
      return;
    }
    const c = Frame.component(index);
    const block = c.keeps(x, y) ? c.block(x, y) : 0;
    let mask: u64 = 0;
    let k = Progressive.low;
    while (k <= Progressive.high) {
      const symbol = Progressive.symbol(4 + c.acTable);
      if (symbol < 0) {
        Blocks.failed = true;
        return;
      }
      const size = symbol & 15;
      const run = symbol >> 4;
      if (size === 0) {
        if (run < 15) {
          Progressive.run = Progressive.runLength(run) - 1;
          break;
        }
        k += 16;
        continue;
      }
      k += run;
      const value = Bits.extend(Bits.take(size), size);
      if (k > Progressive.high) {
        Blocks.failed = true;
        return;
      }
      mask |= (<u64>1) << k;
      const slot = Progressive.slot(block, c.size, k);
      if (slot) store<i16>(slot, <i16>(value << Progressive.shift));
      k++;
    }
    const at = c.mask(x, y);
    store<u64>(at, load<u64>(at) | mask);
  }

  /** A correction bit for coefficient k, whose bits so far are not all zero. */
  @inline static correct(block: usize, size: i32, k: i32): void {
    Bits.refill();
    if (!Bits.take(1)) return;
    const slot = Progressive.slot(block, size, k);
    if (!slot) return;
    const value = <i32>load<i16>(slot);
    const step = 1 << Progressive.shift;
    store<i16>(slot, <i16>(value >= 0 ? value + step : value - step));
  }

  static refineAc(index: i32, x: i32, y: i32): void {
    const c = Frame.component(index);
    const block = c.keeps(x, y) ? c.block(x, y) : 0;
    const at = c.mask(x, y);
    const high = Progressive.high;
    let mask = load<u64>(at);
    let k = Progressive.low;
    if (Progressive.run === 0) {
      while (k <= high) {
        const symbol = Progressive.symbol(4 + c.acTable);
        // A coefficient that becomes nonzero now is 1 or -1: one bit, the sign.
        if (symbol < 0 || (symbol & 15) > 1) {
          Blocks.failed = true;
          return;
        }
        let zeros = symbol >> 4;
        let value = 0;
        if (symbol & 15) value = Bits.take(1) ? 1 << Progressive.shift : -(1 << Progressive.shift);
        else if (zeros < 15) {
          Progressive.run = Progressive.runLength(zeros);
          break;
        }
        // Passes `zeros` coefficients that are zero so far, and corrects the others on the way.
        for (; k <= high; k++) {
          if ((mask >> k) & 1) Progressive.correct(block, c.size, k);
          else if (zeros-- === 0) break;
        }
        if (value) {
          if (k > high) {
            Blocks.failed = true;
            return;
          }
          mask |= (<u64>1) << k;
          const slot = Progressive.slot(block, c.size, k);
          if (slot) store<i16>(slot, <i16>value);
        }
        k++;
      }
      store<u64>(at, mask);
    }
    if (Progressive.run > 0) {
      Progressive.run--;
      let rest = k < 64 ? (mask >> k) << k : 0;
      if (high < 63) rest &= ((<u64>1) << (high + 1)) - 1;
      for (; rest; rest &= rest - 1) Progressive.correct(block, c.size, <i32>ctz(rest));
    }
  }
}
