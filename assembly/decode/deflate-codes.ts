// The prefix codes of DEFLATE (RFC 1951, 3.2.2 and 3.2.5): one table for literals and lengths, one for
// distances, one for the code lengths of a block's header. Short codes are found by one look-up of the next
// bits, longer ones bit by bit.
//
// Entry of a look-up, 0 where the code is longer or does not exist:
//   literal            0x80000000 | byte << 8 | length of the code
//   end of block       0x8000 | length of the code
//   length, distance   base << 16 | extra bits << 8 | length of the code
//   code length        symbol << 16 | length of the code

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

export const LITERALS: i32 = 0;
export const DISTANCES: i32 = 1;
export const LENGTHS: i32 = 2;

/** Bits that a look-up takes. */
export const LITERAL_LOOK: i32 = 11;
export const DISTANCE_LOOK: i32 = 9;
const LOOKUPS = memory.data(3 * (4 << 11), 16);
/** Per table: codes of each length, and the symbols in the order of their codes. */
const COUNTS = memory.data(3 * 16 * 4, 4);
const SYMBOLS = memory.data(3 * 288 * 2, 2);
const OFFSETS = memory.data(16 * 4, 4);

export class Codes {
  @inline static lookup(kind: i32): usize {
    return LOOKUPS + <usize>(kind * (4 << 11));
  }

  @inline static count(kind: i32, length: i32): i32 {
    return load<i32>(COUNTS + <usize>(kind * 64 + length * 4));
  }

  @inline static symbol(kind: i32, place: i32): i32 {
    return load<u16>(SYMBOLS + <usize>(kind * 576 + place * 2));
  }

  static reverse(code: i32, length: i32): i32 {
    let reversed = 0;
    for (let i = 0; i < length; i++) reversed |= ((code >> i) & 1) << (length - 1 - i);
    return reversed;
  }

  /** The entry of a symbol; 0 for one that must not occur. */
  static entry(kind: i32, symbol: i32, length: i32): u32 {
    if (kind === LENGTHS) return (symbol << 16) | length;
    if (kind === DISTANCES) {
      if (symbol > 29) return 0;
      const base = <u32>load<u16>(DISTANCE_BASE + (symbol << 1));
      return (base << 16) | ((<u32>load<u8>(DISTANCE_EXTRA + symbol)) << 8) | length;
    }
    if (symbol < 256) return 0x80000000 | (symbol << 8) | length;
    if (symbol === 256) return 0x8000 | length;
    if (symbol > 285) return 0;
    const base = <u32>load<u16>(LENGTH_BASE + ((symbol - 257) << 1));
    return (base << 16) | ((<u32>load<u8>(LENGTH_EXTRA + (symbol - 257))) << 8) | length;
  }

  /** From the code length of each symbol, a byte each; false if there are more codes than bits allow. */
  static build(kind: i32, lengths: usize, symbols: i32): bool {
    const counts = COUNTS + <usize>(kind * 64);
    memory.fill(counts, 0, 64);
    for (let i = 0; i < symbols; i++) {
      const at = counts + ((<usize>load<u8>(lengths + i)) << 2);
      store<i32>(at, load<i32>(at) + 1);
    }
    store<i32>(counts, 0);
    let offset = 0;
    let left = 1;
    for (let length = 1; length < 16; length++) {
      store<i32>(OFFSETS + (length << 2), offset);
      offset += Codes.count(kind, length);
      left = (left << 1) - Codes.count(kind, length);
      if (left < 0) return false;
    }
    for (let i = 0; i < symbols; i++) {
      const length = load<u8>(lengths + i);
      if (!length) continue;
      const at = OFFSETS + ((<usize>length) << 2);
      const place = load<i32>(at);
      store<i32>(at, place + 1);
      store<u16>(SYMBOLS + <usize>(kind * 576 + place * 2), <u16>i);
    }
    Codes.fill(kind);
    return true;
  }

  static fill(kind: i32): void {
    const look = kind === DISTANCES ? DISTANCE_LOOK : LITERAL_LOOK;
    const lookup = Codes.lookup(kind);
    memory.fill(lookup, 0, <usize>(4 << look));
    let code = 0;
    let place = 0;
    for (let length = 1; length <= look; length++, code <<= 1) {
      for (let i = Codes.count(kind, length); i > 0; i--, code++, place++) {
        const entry = Codes.entry(kind, Codes.symbol(kind, place), length);
        for (let at = Codes.reverse(code, length); at < 1 << look; at += 1 << length)
          store<u32>(lookup + ((<usize>at) << 2), entry);
      }
    }
  }

  /** The entry of the code at the bottom of `bits`, whatever its length; 0 when there is none. */
  static long(kind: i32, bits: u64): u32 {
    let code = 0;
    let first = 0;
    let place = 0;
    for (let length = 1; length < 16; length++, bits >>= 1) {
      code |= <i32>(bits & 1);
      const count = Codes.count(kind, length);
      if (code - first < count) return Codes.entry(kind, Codes.symbol(kind, place + code - first), length);
      place += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return 0;
  }
}
