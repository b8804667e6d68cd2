// The blocks of a sequential scan (ITU-T T.81, F.2.2): one DC difference, then runs of zeros and values.
// A wanted block is either turned into samples at once or, in a picture of several scans, stored; of the
// others only the bits are passed over.
import { DAMAGED } from '../status';
import { Bits } from './bits';
import { Component, Frame } from './frame';
import { ENDED, Huffman } from './huffman';
import { BLOCK, Idct, NATURAL } from './idct';
import { Pairs } from './pairs';
import { Runs } from './runs';

export class Blocks {
  static failed: bool = false;

  /** The next DC difference, F.2.2.1; the table is 0..3. Sets `failed` at an impossible code. Leaves 25 bits or more. */
  @inline static difference(table: i32): i32 {
    Bits.refill();
    const bits = Bits.buffer;
    const entry = Huffman.find(table, bits);
    if (!entry) Blocks.failed = true;
    const size = <i32>(entry >> 16) & 15;
    Bits.drop(entry & 255);
    // In two steps, as a shift by 64 would be none.
    return Bits.extend(<i32>(((bits << (entry >>> 24)) >>> 1) >>> (63 - size)), size);
  }

  /** One block of component `index`, at block (x, y); 0 or DAMAGED. */
  static sequential(index: i32, x: i32, y: i32, buffered: bool): i32 {
    const c = Frame.component(index);
    c.prediction += Blocks.difference(c.dcTable);
    const keep = c.keeps(x, y);
    if (keep) {
      Idct.clear();
      store<i16>(BLOCK, <i16>c.prediction);
    }
    // At full size a block that is not wanted is read like the others: a second table would cost more.
    const last = keep || c.size === 8 ? c.lastIndex : 0;
    const reached = Blocks.alternating(4 + c.acTable, last);
    if (reached < 0 || Blocks.failed) return DAMAGED;
    if (keep) Blocks.finish(index, c, x, y, buffered, reached);
    return 0;
  }

  /** A wanted block is in BLOCK; its last coefficient is at zigzag index `reached`, or before it. */
  @inline static finish(index: i32, c: Component, x: i32, y: i32, buffered: bool, reached: i32): void {
    if (buffered) Blocks.save(c.block(x, y), c.size);
    else Idct.samples(index, Blocks.place(c, x, y), reached);
  }

  /** Where the samples of block (x, y) go. */
  @inline static place(c: Component, x: i32, y: i32): usize {
    return c.ring + <usize>(((y * c.size) % c.ringRows) * c.stride + (x - c.x0) * c.size);
  }

  /**
   * The AC coefficients; those up to zigzag index `last`, and some behind it, go to BLOCK. Returns an index behind which
   * none of them stands, or -1.
   */
  static alternating(table: i32, last: i32): i32 {
    // In locals: as globals they would go through memory for every symbol.
    let bits = Bits.buffer;
    let count = Bits.count;
    let k = 1;
    if (last) {
      const pairs = Pairs.of(table);
      do {
        if (count < 32) {
          Bits.buffer = bits;
          Bits.count = count;
          Bits.refill();
          bits = Bits.buffer;
          count = Bits.count;
        }
        const entry = Pairs.entry(pairs, bits);
        const second = k + (<i32>(entry >> 40) & 255);
        if (second > 63) {
          const symbol = Huffman.find(table, bits);
          if (!symbol) return -1;
          k += <i32>(symbol >> 8) & 255;
          const size = <i32>(symbol >> 16) & 15;
          if (size) {
            if (k > 64) return -1;
            const value = Bits.extend(<i32>((bits << (symbol >>> 24)) >>> (64 - size)), size);
            store<i16>(BLOCK + ((<usize>load<u8>(NATURAL - 1 + k)) << 1), <i16>value);
          }
          bits <<= symbol & 255;
          count -= <i32>(symbol & 255);
          continue;
        }
        // The second first: without one, it is a zero where the first stands.
        store<i16>(BLOCK + ((<usize>load<u8>(NATURAL + second)) << 1), <i16>(entry >> 16));
        store<i16>(BLOCK + ((<usize>load<u8>(NATURAL + k + (<i32>(entry >> 32) & 255))) << 1), <i16>entry);
        const used = entry >>> 56;
        bits <<= used;
        count -= <i32>used;
        k += <i32>(entry >> 48) & 255;
      } while (k <= last);
    }
    const reached = (k & (ENDED - 1)) - 1;
    if (k < 64) {
      const runs = Runs.of(table);
      do {
        if (count < 32) {
          Bits.buffer = bits;
          Bits.count = count;
          Bits.refill();
          bits = Bits.buffer;
          count = Bits.count;
        }
        let entry = Runs.entry(runs, bits);
        if (!entry || k + <i32>(entry >> 16) > 63) {
          entry = Huffman.find(table, bits);
          if (!entry) return -1;
        }
        bits <<= entry & 255;
        count -= <i32>(entry & 255);
        k += <i32>((entry >> 8) & 255);
      } while (k < 64);
    }
    Bits.buffer = bits;
    Bits.count = count;
    return reached;
  }

  /** BLOCK to the store of a buffered picture and back. */
  static save(to: usize, size: i32): void {
    const row = <usize>size * 2;
    for (let y: usize = 0; y < <usize>size; y++) memory.copy(to + y * row, BLOCK + (y << 4), row);
  }

  static restore(from: usize, size: i32): void {
    const row = <usize>size * 2;
    Idct.clear();
    for (let y: usize = 0; y < <usize>size; y++) memory.copy(BLOCK + (y << 4), from + y * row, row);
  }
}
