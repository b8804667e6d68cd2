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

  /** All coefficients of all components have come with all of their bits. */
  static isComplete(): bool {
    for (let i = 0; i < Frame.count * 64; i++) if (load<i8>(PRECISION + i) !== 0) return false;
    return true;
  }

  static firstDc(index: i32, x: i32, y: i32): void {
    const c = Frame.component(index);
    c.prediction += Blocks.difference(c.dcTable);
    if (c.keeps(x, y)) store<i16>(c.block(x, y), <i16>(c.prediction << Progressive.shift));
  }

  static refineDc(index: i32, x: i32, y: i32): void {
    Bits.refill();
    if (Bits.take(1)) Progressive.setDcBit(index, x, y);
  }

  static setDcBit(index: i32, x: i32, y: i32): void {
    const c = Frame.component(index);
    if (!c.keeps(x, y)) return;
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
    const table = 4 + c.acTable;
    const lookup = Huffman.lookup(table);
    const last = block ? c.lastIndex : 0;
    const high = Progressive.high;
    let mask: u64 = 0;
    let bits = Bits.buffer;
    let count = Bits.count;
    let k = Progressive.low;
    while (k <= high) {
      if (count < 32) {
        Bits.buffer = bits;
        Bits.count = count;
        Bits.refill();
        bits = Bits.buffer;
        count = Bits.count;
      }
      let entry = Huffman.entry(lookup, bits);
      if (!entry) {
        entry = Huffman.long(table, bits);
        if (!entry) {
          Blocks.failed = true;
          return;
        }
      }
      const size = <i32>(entry >> 16) & 15;
      const run = <i32>(entry >> 20) & 15;
      bits <<= entry >>> 24;
      count -= <i32>(entry & 255);
      if (size === 0) {
        if (run < 15) {
          Bits.buffer = bits;
          Bits.count = count;
          Progressive.run = Progressive.runLength(run) - 1;
          bits = Bits.buffer;
          count = Bits.count;
          break;
        }
        k += 16;
        continue;
      }
      k += run;
      if (k > high) {
        Blocks.failed = true;
        return;
      }
      mask |= (<u64>1) << k;
      if (k <= last) {
        const value = Bits.extend(<i32>(bits >>> (64 - size)), size);
        const slot = Progressive.slot(block, c.size, k);
        if (slot) store<i16>(slot, <i16>(value << Progressive.shift));
      }
      bits <<= size;
      k++;
    }
    Bits.buffer = bits;
    Bits.count = count;
    if (!mask) return;
    const at = c.mask(x, y);
    store<u64>(at, load<u64>(at) | mask);
  }

  /** Coefficient k of a block, not zero so far, gets one more bit: away from zero. */
  @inline static correct(block: usize, size: i32, k: i32): void {
    const slot = Progressive.slot(block, size, k);
    if (!slot) return;
    const value = <i32>load<i16>(slot);
    const step = 1 << Progressive.shift;
    store<i16>(slot, <i16>(value >= 0 ? value + step : value - step));
  }

  /** Bits [from, end) of a mask, 0 <= from <= end <= 64. */
  @inline static range(mask: u64, from: i32, end: i32): u64 {
    const above = from < 64 ? (mask >> from) << from : 0;
    return end < 64 ? above & (((<u64>1) << end) - 1) : above;
  }

  /** Index of the zero of `mask` at or after k that has `zeros` zeros before it (from k); at most `end`. */
  @inline static passZeros(mask: u64, k: i32, zeros: i32, end: i32): i32 {
    let free = k < 64 ? (~mask >> k) << k : 0;
    for (; zeros > 0 && free; zeros--) free &= free - 1;
    return free ? min(end, <i32>ctz(free)) : end;
  }

  /** How many blocks of up to `most`, from (x, y) on, have no coefficient in the band to be corrected. */
  static unchanged(index: i32, x: i32, y: i32, most: i32): i32 {
    const band = Progressive.range(~(<u64>0), Progressive.low, Progressive.high + 1);
    const masks = Frame.component(index).mask(x, y);
    let blocks = 0;
    while (blocks < most && !(load<u64>(masks + ((<usize>blocks) << 3)) & band)) blocks++;
    return blocks;
  }

  static refineAc(index: i32, x: i32, y: i32): void {
    const c = Frame.component(index);
    const at = c.mask(x, y);
    const end = Progressive.high + 1;
    const old = load<u64>(at);
    let k = Progressive.low;
    if (Progressive.run > 0 && !Progressive.range(old, k, end)) {
      Progressive.run--;
      return;
    }
    const block = c.keeps(x, y) ? c.block(x, y) : 0;
    const table = 4 + c.acTable;
    const lookup = Huffman.lookup(table);
    const last = c.lastIndex;
    const kept: u64 = block ? ((<u64>2) << last) - 1 : 0;
    let mask = old;
    let bits = Bits.buffer;
    let count = Bits.count;
    while (k < end) {
      if (count < 32) {
        Bits.buffer = bits;
        Bits.count = count;
        Bits.refill();
        bits = Bits.buffer;
        count = Bits.count;
      }
      let stop = end;
      let value = 0;
      if (Progressive.run === 0) {
        let entry = Huffman.entry(lookup, bits);
        if (!entry) entry = Huffman.long(table, bits);
        const size = (entry >> 16) & 15;
        const zeros = <i32>(entry >> 20) & 15;
        // A coefficient that becomes nonzero now is 1 or -1: one bit, the sign.
        if (!entry || size > 1) {
          Blocks.failed = true;
          return;
        }
        bits <<= entry >>> 24;
        count -= <i32>(entry >>> 24);
        if (size || zeros === 15) {
          stop = Progressive.passZeros(old, k, zeros, end);
          if (size) {
            value = (1 - 2 * <i32>(~bits >>> 63)) << Progressive.shift;
            bits <<= 1;
            count--;
          }
        } else {
          Bits.buffer = bits;
          Bits.count = count;
          Progressive.run = Progressive.runLength(zeros);
          bits = Bits.buffer;
          count = Bits.count;
        }
      }
      // Those on the way that are not zero get a correction bit each; of the unwanted it is passed over.
      let ones = Progressive.range(old, k, stop);
      while (ones) {
        if (count < 32) {
          Bits.buffer = bits;
          Bits.count = count;
          Bits.refill();
          bits = Bits.buffer;
          count = Bits.count;
        }
        if (ones & kept) {
          if (<i64>bits < 0) Progressive.correct(block, c.size, <i32>ctz(ones));
          bits <<= 1;
          count--;
          ones &= ones - 1;
          continue;
        }
        const left = <i32>popcnt(ones);
        if (left <= 32) {
          bits <<= left;
          count -= left;
          break;
        }
        bits <<= 1;
        count--;
        ones &= ones - 1;
      }
      if (Progressive.run > 0) {
        Progressive.run--;
        break;
      }
      k = stop + 1;
      if (!value) continue;
      if (stop >= end) {
        Blocks.failed = true;
        return;
      }
      mask |= (<u64>1) << stop;
      const slot = stop <= last ? Progressive.slot(block, c.size, stop) : 0;
      if (slot) store<i16>(slot, <i16>value);
    }
    if (mask !== old) store<u64>(at, mask);
    Bits.buffer = bits;
    Bits.count = count;
  }
}
