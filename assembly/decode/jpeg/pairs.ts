// AC coefficients, up to two with one look-up: 11 bits hold the codes of one symbol or two and the bits that follow them, in
// most blocks of a photograph. A table for each AC table, made when first asked for.
//
// Entry, of the coefficients that follow index k - 1 of the zigzag:
//   bits  0..15  value of the first, bits 16..31 of the second; 0 for the end of the block and for 16 zeros
//   bits 32..39  where the first stands, less k
//   bits 40..47  where the second stands, less k; without one, where the first stands. ALONE: the entry says nothing, the
//                symbol is to be read by itself. So it is too where k and this are past 63: at the end of a full block
//                the second symbol is another block's
//   bits 48..55  coefficients passed altogether; ENDED for the end of the block
//   bits 56..63  bits altogether
import { Bits } from './bits';
import { ENDED, Huffman } from './huffman';

const LOOK: i32 = 11;
const BYTES: usize = 8 << 11;
const PAIRS = memory.data(4 * (8 << 11), 16);
const READY = memory.data(8);
const ALONE: u64 = 255 << 40;

export class Pairs {
  static reset(): void {
    memory.fill(READY, 0, 8);
  }

  static forget(table: i32): void {
    store<u8>(READY + table, 0);
  }

  /** The look-up of an AC table, 4 to 7. */
  @inline static of(table: i32): usize {
    if (!load<u8>(READY + table)) Pairs.build(table);
    return PAIRS + <usize>(table - 4) * BYTES;
  }

  @inline static entry(pairs: usize, bits: u64): u64 {
    return load<u64>(pairs + ((<usize>(bits >>> (64 - LOOK))) << 3));
  }

  /** The value of a symbol at the top of `index` (of LOOK bits), whose code and value end after `length` bits. */
  @inline static value(index: i32, length: i32, size: i32): i32 {
    return Bits.extend((index >> (LOOK - length)) & ((1 << size) - 1), size);
  }

  static build(table: i32): void {
    const lookup = Huffman.lookup(table);
    const pairs = PAIRS + <usize>(table - 4) * BYTES;
    for (let i = 0; i < 1 << LOOK; i++) store<u64>(pairs + ((<usize>i) << 3), Pairs.make(lookup, i));
    store<u8>(READY + table, 1);
  }

  @inline static make(lookup: usize, index: i32): u64 {
    const first = Huffman.entry(lookup, (<u64>index) << (64 - LOOK));
    const length = <i32>first & 255;
    if (!first || length > LOOK) return ALONE;
    const size = <i32>(first >> 16) & 15;
    const value = Pairs.value(index, length, size);
    const passed = <i32>(first >> 8) & 255;
    // Without a value a zero is written where it does no harm: no coefficient stands at k so far.
    const at = size ? passed - 1 : 0;
    const rest = (index << length) & ((1 << LOOK) - 1);
    const second = passed < 64 ? Huffman.entry(lookup, (<u64>rest) << (64 - LOOK)) : 0;
    const both = length + (<i32>second & 255);
    const next = <i32>(second >> 8) & 255;
    const sizeNext = <i32>(second >> 16) & 15;
    if (!second || both > LOOK || (!sizeNext && next !== ENDED))
      return Pairs.pack(value, 0, at, at, passed, length);
    const then = passed + (sizeNext ? next - 1 : 0);
    return Pairs.pack(value, Pairs.value(rest, <i32>second & 255, sizeNext), at, then, passed + next, both);
  }

  @inline static pack(first: i32, second: i32, at: i32, then: i32, passed: i32, bits: i32): u64 {
    const values = <u64>((first & 0xffff) | (second << 16)) & 0xffffffff;
    return values | ((<u64>((bits << 24) | (passed << 16) | (then << 8) | at)) << 32);
  }
}
