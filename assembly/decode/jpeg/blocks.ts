// The blocks of a sequential scan (ITU-T T.81, F.2.2): one DC difference, then runs of zeros and values.
// A wanted block is either turned into samples at once or, in a picture of several scans, stored; of the
// others only the bits are passed over.
import { DAMAGED } from '../status';
import { Bits } from './bits';
import { Component, Frame } from './frame';
import { Huffman } from './huffman';
import { BLOCK, Idct, NATURAL } from './idct';

export class Blocks {
  /** The next DC difference, F.2.2.1; the table is 0..3. Sets `failed` at an impossible code. */
  static difference(table: i32): i32 {
    Bits.refill();
    let entry = Huffman.entry(Huffman.lookup(table), Bits.buffer);
    if (!entry) {
      entry = Huffman.long(table, Bits.buffer);
      if (!entry) {
        Blocks.failed = true;
        return 0;
      }
    }
    Bits.drop(entry >>> 24);
    const size = <i32>(entry >> 16) & 15;
    if (size === 0) return 0;
    // 32 bits less at most 16 for the code leave the 15 that a difference may have.
    return Bits.extend(Bits.take(size), size);
  }

  static failed: bool = false;

  /** One block of component `index`, at block (x, y); 0 or DAMAGED. */
  static sequential(index: i32, x: i32, y: i32, buffered: bool): i32 {
    const c = Frame.component(index);
    c.prediction += Blocks.difference(c.dcTable);
    const keep = c.keeps(x, y);
    let last = 0;
    if (keep) {
      Idct.clear();
      store<i16>(BLOCK, <i16>(c.prediction * load<i32>(Frame.quant(index))));
      last = c.lastIndex;
    }
    const reached = Blocks.alternating(4 + c.acTable, last, Frame.quant(index));
    if (reached < 0 || Blocks.failed) return DAMAGED;
    if (keep) Blocks.finish(index, c, x, y, buffered, reached);
    return 0;
  }

  /** A wanted block is in BLOCK; its last coefficient is at zigzag index `reached`, or before it. */
  @inline static finish(index: i32, c: Component, x: i32, y: i32, buffered: bool, reached: i32): void {
    if (buffered) Blocks.save(c.block(x, y), c.size);
    else {
      if (Frame.deep) Idct.multiplyDeep(Frame.naturalQuant(index));
      Idct.transform(c.size, Blocks.place(c, x, y), c.stride, reached);
    }
  }

  /** Where the samples of block (x, y) go. */
  @inline static place(c: Component, x: i32, y: i32): usize {
    return c.ring + <usize>(((y * c.size) % c.ringRows) * c.stride + (x - c.x0) * c.size);
  }

  /** The AC coefficients; those up to `last` go to BLOCK. Returns the largest index stored, or -1. */
  static alternating(table: i32, last: i32, quant: usize): i32 {
    const lookup = Huffman.lookup(table);
    // In locals: as globals they would go through memory for every symbol.
    let bits = Bits.buffer;
    let count = Bits.count;
    let reached = 0;
    let k = 1;
    while (k <= last) {
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
        if (!entry) return -1;
      }
      const size = <i32>(entry >> 16) & 15;
      bits <<= entry >>> 24;
      count -= <i32>(entry & 255);
      k += <i32>((entry >> 8) & 255);
      if (size === 0) continue;
      const value = Bits.extend(<i32>(bits >>> (64 - size)), size);
      bits <<= size;
      if (k <= last + 1) {
        reached = k - 1;
        store<i16>(
          BLOCK + ((<usize>load<u8>(NATURAL - 1 + k)) << 1),
          <i16>(value * load<i32>(quant - 4 + ((<usize>k) << 2))),
        );
      } else if (k > 64) return -1;
    }
    if (k < 64) {
      const runs = Huffman.runs(table);
      do {
        if (count < 32) {
          Bits.buffer = bits;
          Bits.count = count;
          Bits.refill();
          bits = Bits.buffer;
          count = Bits.count;
        }
        let entry = Huffman.run(runs, bits);
        if (!entry || k + <i32>(entry >> 16) > 63) {
          entry = Huffman.entry(lookup, bits);
          if (!entry) {
            entry = Huffman.long(table, bits);
            if (!entry) return -1;
          }
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
