// The blocks of an arithmetic-coded scan: which bin each decision belongs to (ITU-T T.81, F.1.4 sequential,
// G.1.3 progressive). Bins adapt, so that blocks and frequencies nobody wants are decoded like the others.
//
// Bins of a DC table: five groups of 4 by the size of the difference before (zero, sign, magnitude 1 for both signs),
// then the magnitude's category from 20 and its bits 14 further on. Of an AC table: three for each k (end of block,
// zero, magnitude), then categories from 189 for k up to Kx and from 217 above, their bits 14 further on.
import { DAMAGED } from '../status';
import { Arithmetic } from './arithmetic';
import { Blocks } from './blocks';
import { Component, Frame } from './frame';
import { BLOCK, Idct, NATURAL } from './idct';
import { Progressive } from './progressive';

const DC_BINS = memory.data(4 * 64);
const AC_BINS = memory.data(4 * 256);
/** Conditioning of the DC tables, L and U, and of the AC tables, Kx (F.1.4.4.1.2 and F.1.4.4.2.1). */
const LOWER = memory.data(4);
const UPPER = memory.data(4);
const KX = memory.data(4);

const MAGNITUDES: usize = 20;
const BITS: usize = 14;
const LOW_CATEGORIES: usize = 189;
const HIGH_CATEGORIES: usize = 217;
const LARGEST: i32 = 1 << 15;

export class ArithmeticBlocks {
  /** The conditioning that holds where no DAC segment says another. */
  static open(): void {
    memory.fill(LOWER, 0, 4);
    memory.fill(UPPER, 1, 4);
    memory.fill(KX, 5, 4);
  }

  /** DAC, B.2.4.3. */
  static define(at: usize, end: usize): i32 {
    for (; at + 2 <= end; at += 2) {
      const kind = load<u8>(at) >> 4;
      const table = load<u8>(at) & 15;
      const value = load<u8>(at, 1);
      if (kind > 1 || table > 3) return DAMAGED;
      if (kind === 1) {
        if (value < 1 || value > 63) return DAMAGED;
        store<u8>(KX + table, value);
      } else {
        if ((value & 15) > value >> 4) return DAMAGED;
        store<u8>(LOWER + table, value & 15);
        store<u8>(UPPER + table, value >> 4);
      }
    }
    return at === end ? 0 : DAMAGED;
  }

  /** At the start of a scan and after a restart marker. */
  static reset(): void {
    memory.fill(DC_BINS, 0, 4 * 64);
    memory.fill(AC_BINS, 0, 4 * 256);
    for (let i = 0; i < Frame.count; i++) Frame.component(i).dcGroup = 0;
    Arithmetic.reset();
  }

  /** The rest of a magnitude: its category from the bin `at` on, of which `first` is known, then its bits; 0 and failed. */
  @inline static magnitude(at: usize, first: i32): i32 {
    let top = first;
    while (Arithmetic.decide(at)) {
      top <<= 1;
      at++;
      if (top >= LARGEST) {
        Blocks.failed = true;
        return 0;
      }
    }
    return ArithmeticBlocks.lowerBits(at + BITS, top);
  }

  @inline static lowerBits(bin: usize, top: i32): i32 {
    let value = top;
    for (let bit = top >> 1; bit > 0; bit >>= 1) if (Arithmetic.decide(bin)) value |= bit;
    return value + 1;
  }

  /** The DC value of the next block of a component, F.1.4.4.1. */
  static dc(c: Component): i32 {
    const bins = DC_BINS + <usize>(c.dcTable << 6);
    const group = bins + <usize>c.dcGroup;
    if (!Arithmetic.decide(group)) {
      c.dcGroup = 0;
      return c.prediction;
    }
    const sign = Arithmetic.decide(group + 1);
    const first = group + 2 + sign;
    let size = 0;
    if (!Arithmetic.decide(first)) size = ArithmeticBlocks.lowerBits(first + BITS, 0);
    else size = ArithmeticBlocks.magnitude(bins + MAGNITUDES, 1);
    // By the power of two in size - 1, against the bounds of the conditioning.
    const top = size > 1 ? 1 << (31 - clz(size - 1)) : 0;
    if (top < (1 << load<u8>(LOWER + c.dcTable)) >> 1) c.dcGroup = 0;
    else c.dcGroup = (top > (1 << load<u8>(UPPER + c.dcTable)) >> 1 ? 12 : 4) + sign * 4;
    c.prediction += sign ? -size : size;
    return c.prediction;
  }

  /** The nonzero value of coefficient k; its bins start at `bin`. F.1.4.4.2. */
  static value(table: i32, bin: usize, k: i32): i32 {
    const sign = Arithmetic.fair();
    const first = bin + 2;
    let size = 1;
    if (Arithmetic.decide(first)) {
      if (!Arithmetic.decide(first)) size = ArithmeticBlocks.lowerBits(first + BITS, 1);
      else {
        const bins = AC_BINS + <usize>(table << 8);
        const categories = k <= <i32>load<u8>(KX + table) ? LOW_CATEGORIES : HIGH_CATEGORIES;
        size = ArithmeticBlocks.magnitude(bins + categories, 2);
      }
    }
    return sign ? -size : size;
  }

  @inline static bin(table: i32, k: i32): usize {
    return AC_BINS + <usize>((table << 8) + 3 * (k - 1));
  }

  /** One block of a sequential scan; 0 or DAMAGED. */
  static sequential(index: i32, x: i32, y: i32, buffered: bool): i32 {
    const c = Frame.component(index);
    const keep = c.keeps(x, y);
    const last = keep ? c.lastIndex : 0;
    const dc = ArithmeticBlocks.dc(c);
    if (keep) {
      Idct.clear();
      store<i16>(BLOCK, <i16>dc);
    }
    let reached = 0;
    for (let k = 1; k < 64; k++) {
      let bin = ArithmeticBlocks.bin(c.acTable, k);
      if (Arithmetic.decide(bin)) break;
      while (!Arithmetic.decide(bin + 1)) {
        bin += 3;
        if (++k > 63) return DAMAGED;
      }
      const value = ArithmeticBlocks.value(c.acTable, bin, k);
      if (k > last) continue;
      reached = k;
      store<i16>(BLOCK + ((<usize>load<u8>(NATURAL + k)) << 1), <i16>value);
    }
    if (Blocks.failed) return DAMAGED;
    if (keep) Blocks.finish(index, c, x, y, buffered, reached);
    return 0;
  }

  static firstDc(index: i32, x: i32, y: i32): void {
    const c = Frame.component(index);
    const value = ArithmeticBlocks.dc(c);
    if (c.keeps(x, y)) store<i16>(c.block(x, y), <i16>(value << Progressive.shift));
  }

  static refineDc(index: i32, x: i32, y: i32): void {
    if (Arithmetic.fair()) Progressive.setDcBit(index, x, y);
  }

  static firstAc(index: i32, x: i32, y: i32): void {
    const c = Frame.component(index);
    const block = c.keeps(x, y) ? c.block(x, y) : 0;
    const high = Progressive.high;
    let mask: u64 = 0;
    for (let k = Progressive.low; k <= high; k++) {
      let bin = ArithmeticBlocks.bin(c.acTable, k);
      if (Arithmetic.decide(bin)) break;
      while (!Arithmetic.decide(bin + 1)) {
        bin += 3;
        if (++k > high) {
          Blocks.failed = true;
          return;
        }
      }
      const value = ArithmeticBlocks.value(c.acTable, bin, k);
      mask |= (<u64>1) << k;
      const slot = Progressive.slot(block, c.size, k);
      if (slot) store<i16>(slot, <i16>(value << Progressive.shift));
    }
    if (!mask) return;
    const at = c.mask(x, y);
    store<u64>(at, load<u64>(at) | mask);
  }

  /** G.1.3.3: an end of block can only come behind the last coefficient that the scans before have brought. */
  static refineAc(index: i32, x: i32, y: i32): void {
    const c = Frame.component(index);
    const block = c.keeps(x, y) ? c.block(x, y) : 0;
    const high = Progressive.high;
    const at = c.mask(x, y);
    const old = load<u64>(at);
    const inBand = Progressive.range(old, Progressive.low, high + 1);
    const before = inBand ? 63 - <i32>clz(inBand) : 0;
    let mask = old;
    for (let k = Progressive.low; k <= high; k++) {
      let bin = ArithmeticBlocks.bin(c.acTable, k);
      if (k > before && Arithmetic.decide(bin)) break;
      for (;;) {
        if ((old >> k) & 1) {
          if (Arithmetic.decide(bin + 2)) Progressive.correct(block, c.size, k);
          break;
        }
        if (Arithmetic.decide(bin + 1)) {
          const value = (1 - 2 * Arithmetic.fair()) << Progressive.shift;
          const slot = Progressive.slot(block, c.size, k);
          if (slot) store<i16>(slot, <i16>value);
          mask |= (<u64>1) << k;
          break;
        }
        bin += 3;
        if (++k > high) {
          Blocks.failed = true;
          return;
        }
      }
    }
    if (mask !== old) store<u64>(at, mask);
  }
}
