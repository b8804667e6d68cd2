// Huffman tables of JPEG (ITU-T T.81, B.2.4.2, C.2, F.2.2.3): up to four for DC, four for AC.
// Codes of up to 10 bits are found by one look-up, longer ones by comparing with the codes of each length.
//
// Entry of the look-up, 0 where the code is longer:
//   bits 24..31  length of the code
//   bits 16..23  symbol; its low half is the number of bits that follow
//   bits  8..15  AC: coefficients that the symbol passes, itself included; ENDED for the end of the block
//   bits  0..7   length of the code and of the bits that follow
import { DAMAGED } from '../status';
import { Pairs } from './pairs';
import { Runs } from './runs';
import { usualCounts, usualSymbols } from './usual-codes';

const LOOK: i32 = 10;
/** Coefficients passed by the end of a block: more than any block has. */
export const ENDED: i32 = 128;
const TABLES: i32 = 8;
const LOOK_BYTES: usize = 4 << 10;
const LOOKUP = memory.data(8 * (4 << 10), 16);
/** Per table and length 0..16: first code that is longer than all of this length, or -1. */
const LIMIT = memory.data(8 * 17 * 4, 4);
/** Per table and length: what to add to a code to get its place among the symbols. */
const SHIFT = memory.data(8 * 17 * 4, 4);
const SYMBOLS = memory.data(8 * 256);
const DEFINED = memory.data(8);
export class Huffman {
  static reset(): void {
    memory.fill(DEFINED, 0, TABLES);
    Pairs.reset();
    Runs.reset();
  }

  @inline static defined(table: i32): bool {
    return load<u8>(DEFINED + table) !== 0;
  }

  /** The look-up of a table: index it with the next ten bits. Tables 0..3 are DC, 4..7 AC. */
  @inline static lookup(table: i32): usize {
    return LOOKUP + <usize>table * LOOK_BYTES;
  }

  /** The entry of the code at the top of `bits`; 0: there is no such code. */
  @inline static find(table: i32, bits: u64): u32 {
    const entry = Huffman.entry(Huffman.lookup(table), bits);
    return entry ? entry : Huffman.long(table, bits);
  }

  @inline static entry(lookup: usize, bits: u64): u32 {
    return load<u32>(lookup + ((<usize>(bits >>> (64 - LOOK))) << 2));
  }

  /** The entry of a code longer than ten bits at the top of `bits`; 0 when there is none. */
  static long(table: i32, bits: u64): u32 {
    const limits = LIMIT + <usize>table * 68;
    const shifts = SHIFT + <usize>table * 68;
    for (let length = LOOK + 1; length <= 16; length++) {
      const code = <i32>(bits >>> (64 - length));
      if (code < load<i32>(limits + (length << 2))) {
        const place = code + load<i32>(shifts + (length << 2));
        return Huffman.pack(length, load<u8>(SYMBOLS + (table << 8) + place));
      }
    }
    return 0;
  }

  /** Without a DHT segment the first two tables of each kind are those of Annex K, as in frames of Motion JPEG. */
  static provide(table: i32): bool {
    if (Huffman.defined(table)) return true;
    return (
      (table & 3) < 2 && Huffman.fill(table, usualCounts(table), usualSymbols(table), table < 4 ? 12 : 162)
    );
  }

  /** Reads the tables of a DHT segment; 0 or DAMAGED. */
  static define(at: usize, end: usize): i32 {
    while (at < end) {
      if (at + 17 > end) return DAMAGED;
      const kind = <i32>load<u8>(at) >> 4;
      const number = <i32>load<u8>(at) & 15;
      if (kind > 1 || number > 3) return DAMAGED;
      let symbols = 0;
      for (let i = 1; i <= 16; i++) symbols += <i32>load<u8>(at + i);
      if (symbols > 256 || at + 17 + symbols > end) return DAMAGED;
      if (!Huffman.fill(kind * 4 + number, at + 1, at + 17, symbols)) return DAMAGED;
      at += 17 + symbols;
    }
    return 0;
  }

  /** A table of 16 `counts` of codes by length, and `symbols` in the order of the codes. False: no code. */
  static fill(table: i32, counts: usize, symbols: usize, count: i32): bool {
    const values = SYMBOLS + (table << 8);
    memory.copy(values, symbols, count);
    memory.fill(Huffman.lookup(table), 0, LOOK_BYTES);
    let code = 0;
    let place = 0;
    for (let length = 1; length <= 16; length++) {
      const codes = <i32>load<u8>(counts + length - 1);
      store<i32>(SHIFT + <usize>(table * 68 + (length << 2)), place - code);
      if (code + codes > 1 << length) return false;
      for (let i = 0; i < codes; i++, code++, place++) {
        const symbol = <i32>load<u8>(values + place);
        // A DC symbol is a number of bits, at most 15 (F.1.2.1).
        if (table < 4 && symbol > 15) return false;
        if (length > LOOK) continue;
        const entry = Huffman.pack(length, symbol);
        const first = Huffman.lookup(table) + ((<usize>(code << (LOOK - length))) << 2);
        for (let k = 0; k < 1 << (LOOK - length); k++) store<u32>(first + ((<usize>k) << 2), entry);
      }
      store<i32>(LIMIT + <usize>(table * 68 + (length << 2)), codes ? code : -1);
      code <<= 1;
    }
    store<u8>(DEFINED + table, 1);
    Pairs.forget(table);
    Runs.forget(table);
    return true;
  }

  @inline static pack(length: i32, symbol: i32): u32 {
    const size = symbol & 15;
    const run = symbol >> 4;
    const passed = size ? run + 1 : run === 15 ? 16 : ENDED;
    return (length << 24) | (symbol << 16) | (passed << 8) | (length + size);
  }
}
