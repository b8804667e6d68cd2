// The prefix codes of VP8L (RFC 9649, 3.7.2): code lengths as they are written, and tables to look them up in. An entry is
// symbol << 8 | length; codes longer than 8 bits go by a second table: its place << 8 | 128 | bits of its index.
// Refused: codes that are not complete. A code of one symbol takes no bits.
import { Arena } from '../../arena';
import { DAMAGED, MEMORY } from '../../status';
import { Bits } from './bits';

const ROOT_BITS: i32 = 8;
/** 256 literals, 24 lengths, a cache of 2048 colours. */
const MOST_SYMBOLS: i32 = 256 + 24 + 2048;
const MOST_BITS: i32 = 15;
const LENGTHS = memory.data(2328 + 16, 16);
const COUNTS = memory.data(16 * 4, 4);
const NEXT = memory.data(16 * 4, 4);
const LONGER = memory.data(256);
const PLACES = memory.data(256 * 4, 4);
const ORDER = memory.data<u8>([17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

/** Bytes that one code takes in the file at most. */
export const CODE_BYTES: i32 = 8192;
/** A code's record: where its table is, and the mask of its index. */
export const CODE_RECORD: usize = 8;

export class PrefixCodes {
  /** Reads a code over `symbols` symbols and makes its record: 0 or an error. */
  static read(symbols: i32, record: usize): i32 {
    memory.fill(LENGTHS, 0, MOST_SYMBOLS);
    if (Bits.read(1)) PrefixCodes.simple();
    else {
      const status = PrefixCodes.lengths(symbols);
      if (status) return status;
    }
    return PrefixCodes.build(symbols, record);
  }

  /** 3.7.2.1.1. */
  static simple(): void {
    const two = Bits.read(1);
    store<u8>(LENGTHS + Bits.read(Bits.read(1) ? 8 : 1), 1);
    if (two) store<u8>(LENGTHS + Bits.read(8), 1);
  }

  /** 3.7.2.1.2. */
  static lengths(symbols: i32): i32 {
    const used = 4 + <i32>Bits.read(4);
    for (let i = 0; i < used; i++) store<u8>(LENGTHS + load<u8>(ORDER + i), <u8>Bits.read(3));
    const record = PLACES;
    const top = Arena.mark();
    const status = PrefixCodes.build(19, record);
    if (status) return status;
    const table: usize = load<u32>(record);
    const mask: usize = load<u32>(record, 4);
    memory.fill(LENGTHS, 0, MOST_SYMBOLS);
    let left = symbols;
    if (Bits.read(1)) {
      left = 2 + <i32>Bits.read(2 + 2 * Bits.read(3));
      if (left > symbols) return DAMAGED;
    }
    let previous: u8 = 8;
    for (let i = 0; i < symbols && left > 0; left--) {
      Bits.refill();
      const entry = load<u32>(table + ((<usize>Bits.bits & mask) << 2));
      const bits = <u64>(entry & 127);
      Bits.bits >>= bits;
      Bits.count -= bits;
      const length = entry >> 8;
      if (length < 16) {
        store<u8>(LENGTHS + i++, <u8>length);
        if (length) previous = <u8>length;
        continue;
      }
      const repeat = <i32>(
        (length === 16 ? 3 + Bits.read(2) : length === 17 ? 3 + Bits.read(3) : 11 + Bits.read(7))
      );
      if (i + repeat > symbols) return DAMAGED;
      if (length === 16) memory.fill(LENGTHS + i, previous, repeat);
      i += repeat;
    }
    Arena.release(top);
    return 0;
  }

  @inline static reversed(code: u32, bits: i32): i32 {
    let value = code;
    value = ((value & 0x5555) << 1) | ((value >> 1) & 0x5555);
    value = ((value & 0x3333) << 2) | ((value >> 2) & 0x3333);
    value = ((value & 0x0f0f) << 4) | ((value >> 4) & 0x0f0f);
    value = ((value & 0x00ff) << 8) | ((value >> 8) & 0x00ff);
    return <i32>(value >> (16 - bits));
  }

  /** The table of LENGTHS. */
  static build(symbols: i32, record: usize): i32 {
    memory.fill(COUNTS, 0, 64);
    let some = 0;
    let only = 0;
    let longest = 0;
    let space = 0;
    for (let i = 0; i < symbols; i++) {
      const bits = <i32>load<u8>(LENGTHS + i);
      if (!bits) continue;
      some++;
      only = i;
      longest = max(longest, bits);
      space += 1 << (MOST_BITS - bits);
      const count = COUNTS + ((<usize>bits) << 2);
      store<u32>(count, load<u32>(count) + 1);
    }
    if (some === 1) {
      const table = Arena.take(4);
      if (!table) return MEMORY;
      store<u32>(table, (<u32>only) << 8);
      store<u32>(record, <u32>table);
      store<u32>(record, 0, 4);
      return 0;
    }
    if (space !== 1 << MOST_BITS) return DAMAGED;
    const root = min(ROOT_BITS, longest);
    let entries = 1 << root;
    if (longest > ROOT_BITS) {
      memory.fill(LONGER, 0, 256);
      PrefixCodes.start();
      for (let i = 0; i < symbols; i++) {
        const bits = <i32>load<u8>(LENGTHS + i);
        if (!bits) continue;
        const code = PrefixCodes.next(bits);
        if (bits <= ROOT_BITS) continue;
        const at = LONGER + <usize>(code & 255);
        store<u8>(at, <u8>max<i32>(load<u8>(at), bits - ROOT_BITS));
      }
      for (let i: usize = 0; i < 256; i++) {
        const bits = <i32>load<u8>(LONGER + i);
        store<u32>(PLACES + (i << 2), entries);
        if (bits) entries += 1 << bits;
      }
    }
    const table = Arena.take(<usize>entries * 4);
    if (!table) return MEMORY;
    PrefixCodes.fill(symbols, table, root, longest);
    store<u32>(record, <u32>table);
    store<u32>(record, (1 << root) - 1, 4);
    return 0;
  }

  static fill(symbols: i32, table: usize, root: i32, longest: i32): void {
    if (longest > ROOT_BITS)
      for (let i: usize = 0; i < 256; i++) {
        const bits = <u32>load<u8>(LONGER + i);
        if (bits) store<u32>(table + (i << 2), (load<u32>(PLACES + (i << 2)) << 8) | 128 | bits);
      }
    PrefixCodes.start();
    for (let i = 0; i < symbols; i++) {
      const bits = <i32>load<u8>(LENGTHS + i);
      if (!bits) continue;
      const code = PrefixCodes.next(bits);
      const entry = ((<u32>i) << 8) | <u32>bits;
      let at = code;
      let step = 1 << bits;
      let end = 1 << root;
      if (bits > ROOT_BITS) {
        const place = <i32>load<u32>(PLACES + ((<usize>(code & 255)) << 2));
        at = place + (code >> ROOT_BITS);
        step = 1 << (bits - ROOT_BITS);
        end = place + (1 << (<i32>load<u8>(LONGER + <usize>(code & 255))));
      }
      for (; at < end; at += step) store<u32>(table + ((<usize>at) << 2), entry);
    }
  }

  /** The first code of each length. */
  static start(): void {
    let code: u32 = 0;
    for (let bits: usize = 1; bits <= <usize>MOST_BITS; bits++) {
      code = (code + load<u32>(COUNTS + ((bits - 1) << 2))) << 1;
      store<u32>(NEXT + (bits << 2), code);
    }
  }

  /** The next code of `bits` bits, as it lies in the file. */
  @inline static next(bits: i32): i32 {
    const at = NEXT + ((<usize>bits) << 2);
    const code = load<u32>(at);
    store<u32>(at, code + 1);
    return PrefixCodes.reversed(code, bits);
  }
}
