// deflate-code: the prefix codes of deflate (RFC 1951, section 3.2) as lookup tables. The next `tableBits` bits
// of the stream index a table of ready entries; longer codes are rare and found by counting (3.2.2).
//
//   entry, u32   literal    1 | value (15) ............ | 0 (11) | code length (5)
//                base       0 | base (15) | extra bits (8) ..... | code length (8)
//                end        bit 15 set                           | code length
//   0: no code of tableBits bits or fewer begins like this
//
// Over-subscribed codes are refused, and incomplete ones but for a single code of one bit, as zlib does.
import { Arena } from '../arena';

export const LITERAL: u32 = 0x80000000;
export const END: u32 = 0x8000;
/** A symbol that the format reserves: length 286, 287, distance 30, 31. */
export const RESERVED: u32 = 0x4000;
/** What `lookup` answers for bits that begin no code. */
export const NO_CODE: u32 = RESERVED;
export const MAX_CODE_BITS: u32 = 15;

const LENGTHS = MAX_CODE_BITS + 1;
const MAX_SYMBOLS = 288;

// Section 3.2.5. Values and extra bits of lengths 257..285 and of distances 0..29.
const LENGTH_BASE = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
]);
const LENGTH_EXTRA = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const DISTANCE_BASE = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
]);
const DISTANCE_EXTRA = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]);

/** The three alphabets: code lengths (a symbol is a literal), literals and lengths, distances. */
export const CODE_LENGTHS = 0;
export const LITERALS = 1;
export const DISTANCES = 2;

@unmanaged
export class DeflateCode {
  alphabet: i32 = 0;
  tableBits: i32 = 0;
  /** u32 [1 << tableBits] */
  table: usize = 0;
  /** u16 [16]: how many codes have each length. */
  counts: usize = 0;
  /** u16 [16]: where the symbols of each length begin in `symbols`. */
  starts: usize = 0;
  /** u16 [288]: symbols in order of their codes. */
  symbols: usize = 0;

  /** Memory for a code; null when there is not enough. */
  static take(tableBits: i32): DeflateCode | null {
    const tableBytes = (<usize>4) << tableBits;
    const bytes = offsetof<DeflateCode>() + tableBytes + 2 * (LENGTHS + LENGTHS + MAX_SYMBOLS);
    const address = Arena.take(bytes);
    if (!address) return null;
    const code = changetype<DeflateCode>(address);
    code.tableBits = tableBits;
    code.table = address + offsetof<DeflateCode>();
    code.counts = code.table + tableBytes;
    code.starts = code.counts + 2 * LENGTHS;
    code.symbols = code.starts + 2 * LENGTHS;
    return code;
  }

  /**
   * Builds the code of `alphabet` in which symbol i has lengths[i] bits; 0 = the symbol does not occur.
   * @param lengths u8 [count], 0..15
   * @returns false when no prefix code has such lengths, or when codes are left over
   */
  build(alphabet: i32, lengths: usize, count: i32): bool {
    this.alphabet = alphabet;
    const counts = this.counts;
    memory.fill(counts, 0, 2 * LENGTHS);
    for (let i = 0; i < count; i++) {
      const at = counts + ((<usize>load<u8>(lengths + i)) << 1);
      store<u16>(at, load<u16>(at) + 1);
    }
    const used = count - <i32>load<u16>(counts);
    store<u16>(counts, 0);

    let free = 1;
    for (let bits: u32 = 1; bits <= MAX_CODE_BITS; bits++) {
      free = (free << 1) - <i32>load<u16>(counts + ((<usize>bits) << 1));
      if (free < 0) return false;
    }
    if (free > 0) {
      if (alphabet === CODE_LENGTHS) return false;
      if (used > 1 || (used === 1 && load<u16>(counts, 2) === 0)) return false;
    }
    this.sortSymbols(lengths, count);
    this.fillTable();
    return true;
  }

  private sortSymbols(lengths: usize, count: i32): void {
    let start: u16 = 0;
    for (let bits: u32 = 1; bits <= MAX_CODE_BITS; bits++) {
      store<u16>(this.starts + ((<usize>bits) << 1), start);
      start += load<u16>(this.counts + ((<usize>bits) << 1));
    }
    for (let i = 0; i < count; i++) {
      const bits = load<u8>(lengths + i);
      if (bits === 0) continue;
      const at = this.starts + ((<usize>bits) << 1);
      const place = load<u16>(at);
      store<u16>(at, place + 1);
      store<u16>(this.symbols + ((<usize>place) << 1), <u16>i);
    }
  }

  private fillTable(): void {
    const table = this.table;
    const size = 1 << this.tableBits;
    memory.fill(table, 0, (<usize>size) << 2);
    let symbol = this.symbols;
    // `code` has its first bit lowest, as in the stream; the next code of a length is the reversed increment.
    let code = 0;
    for (let bits = 1; bits <= this.tableBits; bits++) {
      const step = 1 << bits;
      for (let i = <i32>load<u16>(this.counts + ((<usize>bits) << 1)); i > 0; i--) {
        const entry = this.entry(load<u16>(symbol), bits);
        symbol += 2;
        for (let at = code; at < size; at += step) store<u32>(table + ((<usize>at) << 2), entry);
        let bit = step >> 1;
        while (code & bit) bit >>= 1;
        code = bit === 0 ? 0 : (code & (bit - 1)) | bit;
      }
    }
  }

  private entry(symbol: u32, bits: u32): u32 {
    if (this.alphabet === DISTANCES) {
      if (symbol > 29) return RESERVED | bits;
      const base = <u32>load<u16>(DISTANCE_BASE + ((<usize>symbol) << 1));
      return (base << 16) | ((<u32>load<u8>(DISTANCE_EXTRA + symbol)) << 8) | bits;
    }
    if (symbol < 256) return LITERAL | (symbol << 16) | bits;
    if (symbol === 256) return END | bits;
    if (symbol > 285) return RESERVED | bits;
    const length = symbol - 257;
    const base = <u32>load<u16>(LENGTH_BASE + ((<usize>length) << 1));
    return (base << 16) | ((<u32>load<u8>(LENGTH_EXTRA + length)) << 8) | bits;
  }

  /**
   * The entry of the code that `bits` begins with (first bit lowest), also of one longer than tableBits.
   * @returns NO_CODE when there is none
   */
  lookup(bits: u64): u32 {
    const entry = load<u32>(this.table + ((<usize>bits & ((1 << this.tableBits) - 1)) << 2));
    return entry === 0 ? this.search(bits) : entry;
  }

  /** Section 3.2.2: codes of one length are consecutive numbers, first bit highest. */
  search(bits: u64): u32 {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length: u32 = 1; length <= MAX_CODE_BITS; length++) {
      code |= <i32>(bits & 1);
      bits >>= 1;
      const count = <i32>load<u16>(this.counts + ((<usize>length) << 1));
      if (code - first < count)
        return this.entry(load<u16>(this.symbols + ((<usize>(index + code - first)) << 1)), length);
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return NO_CODE;
  }
}
