// inflate: a zlib stream (RFC 1950) of deflate blocks (RFC 1951), taken in pieces of any size. Output goes to a
// window that its reader empties between two calls, so memory is bounded whatever the stream says:
//
//   | history, up to 32 KiB | fresh output .............. | room for one match and wide stores |
//   window                  start           end      window + FULL
//
// Refused: what zlib refuses, a preset dictionary, and a wrong Adler-32. A stream that stops early only ever
// answers HUNGRY.

import { Arena } from '../arena';
import { adler32 } from './adler32';
import {
  CODE_LENGTHS,
  DeflateCode,
  DISTANCES,
  END,
  LITERAL,
  LITERALS,
  MAX_CODE_BITS,
  NO_CODE,
  RESERVED,
} from './deflate-code';

/** All input is used; more is needed. */
export const HUNGRY: i32 = 0;
/** The window is full: read it and call again. */
export const FULL: i32 = 1;
/** The stream has ended and its checksum is right. */
export const ENDED: i32 = 2;
export const INVALID: i32 = -1;

const HISTORY_BYTES: usize = 32768;
const FULL_BYTES: usize = 98304;
const MAX_MATCH: usize = 258;
/** Matches are copied 16 bytes at a time and may write past their end. */
const SLACK: usize = 16;

const LITERAL_TABLE_BITS = 11;
const DISTANCE_TABLE_BITS = 8;
const MAX_LENGTHS = 288 + 32;
/** The input of one symbol at most, read 8 bytes at a time. */
const FAST_BYTES: usize = 16;
/** A length code, its extra bits, a distance code, its extra bits. */
const MAX_SYMBOL_BITS: u32 = 15 + 5 + 15 + 13;
const LITERAL_MASK: usize = (1 << LITERAL_TABLE_BITS) - 1;
const DISTANCE_MASK: usize = (1 << DISTANCE_TABLE_BITS) - 1;
/** Between the steps of `run`. */
const GO_ON: i32 = 3;

enum State {
  ZLIB_HEADER,
  BLOCK_HEADER,
  STORED_SIZE,
  STORED,
  TABLE_SIZES,
  CODE_LENGTH,
  SYMBOL_LENGTH,
  SYMBOLS,
  CHECKSUM,
  ENDED,
}

// Section 3.2.7: the order in which the lengths of the code length code are sent.
const CODE_LENGTH_ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

export class Inflate {
  /** The piece of the stream that is read: set by the caller, moved by `run`. */
  static from: usize = 0;
  static to: usize = 0;
  /** Output of the last `run`: to be read before the next. */
  static start: usize = 0;
  static end: usize = 0;

  private static state: i32 = State.ZLIB_HEADER;
  /** Bits that were read and not used yet, first bit lowest; above `count` bits a copy of what follows, or 0. */
  private static bits: u64 = 0;
  private static count: u32 = 0;
  private static lastBlock: bool = false;
  private static storedBytes: u32 = 0;
  private static literalLengths: i32 = 0;
  private static distanceLengths: i32 = 0;
  private static codeLengths: i32 = 0;
  private static lengthsRead: i32 = 0;
  private static fixedBuilt: bool = false;
  private static sum: u32 = 1;
  private static summed: usize = 0;
  private static window: usize = 0;
  private static lengths: usize = 0;
  private static literals: DeflateCode = changetype<DeflateCode>(0);
  private static distances: DeflateCode = changetype<DeflateCode>(0);

  /** Takes memory for a new stream; false when there is not enough. */
  static open(): bool {
    const literals = DeflateCode.take(LITERAL_TABLE_BITS);
    const distances = DeflateCode.take(DISTANCE_TABLE_BITS);
    Inflate.lengths = Arena.take(MAX_LENGTHS);
    Inflate.window = Arena.take(FULL_BYTES + MAX_MATCH + SLACK);
    if (literals === null || distances === null || !Inflate.lengths || !Inflate.window) return false;
    Inflate.literals = literals;
    Inflate.distances = distances;
    Inflate.start = Inflate.end = Inflate.window;
    Inflate.from = Inflate.to = 0;
    Inflate.bits = 0;
    Inflate.count = 0;
    Inflate.fixedBuilt = false;
    Inflate.sum = 1;
    Inflate.state = State.ZLIB_HEADER;
    return true;
  }

  /** Reads from `from` towards `to` until one of the answers above is due. */
  static run(): i32 {
    if (Inflate.end >= Inflate.window + FULL_BYTES) {
      memory.copy(Inflate.window, Inflate.end - HISTORY_BYTES, HISTORY_BYTES);
      Inflate.end = Inflate.window + HISTORY_BYTES;
    }
    Inflate.start = Inflate.summed = Inflate.end;
    let answer = GO_ON;
    while (answer === GO_ON) answer = Inflate.step();
    Inflate.addToSum();
    return answer;
  }

  private static step(): i32 {
    switch (Inflate.state) {
      case State.ZLIB_HEADER:
        return Inflate.zlibHeader();
      case State.BLOCK_HEADER:
        return Inflate.blockHeader();
      case State.STORED_SIZE:
        return Inflate.storedSize();
      case State.STORED:
        return Inflate.stored();
      case State.TABLE_SIZES:
        return Inflate.tableSizes();
      case State.CODE_LENGTH:
        return Inflate.codeLength();
      case State.SYMBOL_LENGTH:
        return Inflate.symbolLength();
      case State.SYMBOLS:
        return Inflate.symbols();
      case State.CHECKSUM:
        return Inflate.checksum();
      default:
        return ENDED;
    }
  }

  private static zlibHeader(): i32 {
    if (!Inflate.has(16)) return HUNGRY;
    const method = Inflate.take(8);
    const flags = Inflate.take(8);
    // Deflate with a window of at most 32 KiB; check bits; no preset dictionary.
    if ((method & 15) !== 8 || method >> 4 > 7) return INVALID;
    if (((method << 8) | flags) % 31 !== 0 || (flags & 32) !== 0) return INVALID;
    Inflate.state = State.BLOCK_HEADER;
    return GO_ON;
  }

  private static blockHeader(): i32 {
    if (!Inflate.has(3)) return HUNGRY;
    Inflate.lastBlock = Inflate.take(1) === 1;
    const type = Inflate.take(2);
    if (type === 3) return INVALID;
    if (type === 0) {
      Inflate.take(Inflate.count & 7);
      Inflate.state = State.STORED_SIZE;
    } else if (type === 1) {
      Inflate.state = State.SYMBOLS;
      if (!Inflate.fixedBuilt) return Inflate.buildFixed();
    } else {
      Inflate.state = State.TABLE_SIZES;
    }
    return GO_ON;
  }

  private static blockEnd(): i32 {
    Inflate.state = Inflate.lastBlock ? State.CHECKSUM : State.BLOCK_HEADER;
    if (Inflate.lastBlock) Inflate.take(Inflate.count & 7);
    return GO_ON;
  }

  private static storedSize(): i32 {
    if (!Inflate.has(32)) return HUNGRY;
    Inflate.storedBytes = Inflate.take(16);
    if ((Inflate.take(16) ^ 0xffff) !== Inflate.storedBytes) return INVALID;
    Inflate.state = State.STORED;
    return GO_ON;
  }

  private static stored(): i32 {
    const full = Inflate.window + FULL_BYTES;
    while (Inflate.storedBytes > 0 && Inflate.count >= 8 && Inflate.end < full) {
      store<u8>(Inflate.end++, <u8>Inflate.take(8));
      Inflate.storedBytes--;
    }
    if (Inflate.storedBytes === 0) return Inflate.blockEnd();
    if (Inflate.count === 0) {
      Inflate.bits = 0;
      const count = min(<usize>Inflate.storedBytes, min(Inflate.to - Inflate.from, full - Inflate.end));
      memory.copy(Inflate.end, Inflate.from, count);
      Inflate.from += count;
      Inflate.end += count;
      Inflate.storedBytes -= <u32>count;
      if (Inflate.storedBytes === 0) return Inflate.blockEnd();
    }
    return Inflate.end >= full ? FULL : HUNGRY;
  }

  /** Section 3.2.6. */
  private static buildFixed(): i32 {
    const lengths = Inflate.lengths;
    memory.fill(lengths, 8, 288);
    memory.fill(lengths + 144, 9, 112);
    memory.fill(lengths + 256, 7, 24);
    memory.fill(lengths + 288, 5, 32);
    Inflate.literals.build(LITERALS, lengths, 288);
    Inflate.distances.build(DISTANCES, lengths + 288, 32);
    Inflate.fixedBuilt = true;
    return GO_ON;
  }

  private static tableSizes(): i32 {
    if (!Inflate.has(14)) return HUNGRY;
    Inflate.literalLengths = <i32>Inflate.take(5) + 257;
    Inflate.distanceLengths = <i32>Inflate.take(5) + 1;
    Inflate.codeLengths = <i32>Inflate.take(4) + 4;
    if (Inflate.literalLengths > 286 || Inflate.distanceLengths > 30) return INVALID;
    Inflate.lengthsRead = 0;
    memory.fill(Inflate.lengths, 0, 19);
    Inflate.state = State.CODE_LENGTH;
    return GO_ON;
  }

  private static codeLength(): i32 {
    if (!Inflate.has(3)) return HUNGRY;
    const symbol = load<u8>(CODE_LENGTH_ORDER + <usize>Inflate.lengthsRead);
    store<u8>(Inflate.lengths + symbol, <u8>Inflate.take(3));
    if (++Inflate.lengthsRead < Inflate.codeLengths) return GO_ON;
    // The table of literals is free until the lengths are complete.
    Inflate.fixedBuilt = false;
    if (!Inflate.literals.build(CODE_LENGTHS, Inflate.lengths, 19)) return INVALID;
    Inflate.lengthsRead = 0;
    Inflate.state = State.SYMBOL_LENGTH;
    return GO_ON;
  }

  private static symbolLength(): i32 {
    Inflate.has(14);
    const entry = Inflate.literals.lookup(Inflate.bits);
    const codeBits = entry & 0xff;
    if (codeBits > Inflate.count) return HUNGRY;
    const symbol = (entry >> 16) & 0xff;
    const extraBits: u32 = symbol < 16 ? 0 : symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
    if (codeBits + extraBits > Inflate.count) return HUNGRY;
    Inflate.take(codeBits);
    const extra = <i32>Inflate.take(extraBits);
    const at = Inflate.lengths + <usize>Inflate.lengthsRead;
    let value = <u8>symbol;
    let count = 1;
    if (symbol === 16) {
      if (Inflate.lengthsRead === 0) return INVALID;
      value = load<u8>(at - 1);
      count = 3 + extra;
    } else if (symbol > 16) {
      value = 0;
      count = symbol === 17 ? 3 + extra : 11 + extra;
    }
    const all = Inflate.literalLengths + Inflate.distanceLengths;
    if (Inflate.lengthsRead + count > all) return INVALID;
    memory.fill(at, value, count);
    Inflate.lengthsRead += count;
    return Inflate.lengthsRead < all ? GO_ON : Inflate.buildDynamic();
  }

  private static buildDynamic(): i32 {
    const lengths = Inflate.lengths;
    const literals = Inflate.literalLengths;
    // A block without an end-of-block code could never end.
    if (load<u8>(lengths + 256) === 0) return INVALID;
    if (!Inflate.literals.build(LITERALS, lengths, literals)) return INVALID;
    if (!Inflate.distances.build(DISTANCES, lengths + <usize>literals, Inflate.distanceLengths))
      return INVALID;
    Inflate.state = State.SYMBOLS;
    return GO_ON;
  }

  private static symbols(): i32 {
    const full = Inflate.window + FULL_BYTES;
    while (Inflate.end < full) {
      const answer = Inflate.to - Inflate.from >= FAST_BYTES ? Inflate.manySymbols() : Inflate.oneSymbol();
      if (answer !== GO_ON) return answer;
      if (Inflate.state !== State.SYMBOLS) return GO_ON;
    }
    return FULL;
  }

  /** The loop that all time is spent in: at least FAST_BYTES of input, so nothing can be missing. */
  private static manySymbols(): i32 {
    const window = Inflate.window;
    const full = window + FULL_BYTES;
    const stop = Inflate.to - FAST_BYTES;
    const literals = Inflate.literals.table;
    const distances = Inflate.distances.table;
    let from = Inflate.from;
    let end = Inflate.end;
    let bits = Inflate.bits;
    let count = <u64>Inflate.count;
    let stopped: u32 = 0;
    while (from <= stop && end < full) {
      // 56 bits or more from here on: three literals of the table, or two and a length.
      bits |= load<u64>(from) << count;
      from += <usize>((63 - count) >> 3);
      count |= 56;
      let entry = load<u32>(literals + ((<usize>bits & LITERAL_MASK) << 2));
      if (<i32>entry < 0) {
        bits >>= <u64>(entry & 0xff);
        count -= <u64>(entry & 0xff);
        store<u8>(end++, <u8>(entry >> 16));
        entry = load<u32>(literals + ((<usize>bits & LITERAL_MASK) << 2));
        if (<i32>entry < 0) {
          bits >>= <u64>(entry & 0xff);
          count -= <u64>(entry & 0xff);
          store<u8>(end++, <u8>(entry >> 16));
          entry = load<u32>(literals + ((<usize>bits & LITERAL_MASK) << 2));
        }
      }
      if (entry === 0) entry = Inflate.literals.search(bits);
      let codeBits = <u64>(entry & 0xff);
      bits >>= codeBits;
      count -= codeBits;
      if (<i32>entry < 0) {
        store<u8>(end++, <u8>(entry >> 16));
        continue;
      }
      if (entry & (END | RESERVED)) {
        stopped = entry;
        break;
      }
      let extraBits = <u64>((entry >> 8) & 0xff);
      const length = <usize>(entry >> 16) + (<usize>bits & ((1 << (<usize>extraBits)) - 1));
      bits >>= extraBits;
      count -= extraBits;

      bits |= load<u64>(from) << count;
      from += <usize>((63 - count) >> 3);
      count |= 56;
      entry = load<u32>(distances + ((<usize>bits & DISTANCE_MASK) << 2));
      if (entry === 0) entry = Inflate.distances.search(bits);
      codeBits = <u64>(entry & 0xff);
      bits >>= codeBits;
      extraBits = <u64>((entry >> 8) & 0xff);
      const distance = <usize>(entry >> 16) + (<usize>bits & ((1 << (<usize>extraBits)) - 1));
      bits >>= extraBits;
      count -= codeBits + extraBits;
      if (entry & RESERVED || distance > end - window) {
        stopped = RESERVED;
        break;
      }
      copyMatch(end, distance, length);
      end += length;
    }
    Inflate.from = from;
    Inflate.end = end;
    Inflate.bits = bits;
    Inflate.count = <u32>count;
    if (stopped & RESERVED) return INVALID;
    return stopped & END ? Inflate.blockEnd() : GO_ON;
  }

  /** One literal, match or end of block, if all of its bits are here. */
  private static oneSymbol(): i32 {
    Inflate.has(MAX_SYMBOL_BITS);
    const entry = Inflate.literals.lookup(Inflate.bits);
    let codeBits = entry & 0xff;
    // Without MAX_CODE_BITS bits, what looks like no code may be the beginning of one.
    if (codeBits > Inflate.count || (entry === NO_CODE && Inflate.count < MAX_CODE_BITS)) return HUNGRY;
    if (entry & RESERVED) return INVALID;
    if (entry & LITERAL) {
      store<u8>(Inflate.end++, <u8>(entry >> 16));
      Inflate.take(codeBits);
      return GO_ON;
    }
    if (entry & END) {
      Inflate.take(codeBits);
      return Inflate.blockEnd();
    }
    const lengthBits = codeBits + ((entry >> 8) & 0xff);
    if (lengthBits > Inflate.count) return HUNGRY;
    const second = Inflate.distances.lookup(Inflate.bits >> lengthBits);
    const left = Inflate.count - lengthBits;
    if (second === NO_CODE && left < MAX_CODE_BITS) return HUNGRY;
    if ((second & 0xff) + ((second >> 8) & 0x3f) > left) return HUNGRY;
    if (second & RESERVED) return INVALID;

    Inflate.take(codeBits);
    const length = (entry >> 16) + Inflate.take(lengthBits - codeBits);
    Inflate.take(second & 0xff);
    const distance = <usize>((second >> 16) + Inflate.take((second >> 8) & 0xff));
    if (distance > Inflate.end - Inflate.window) return INVALID;
    copyMatch(Inflate.end, distance, length);
    Inflate.end += length;
    return GO_ON;
  }

  private static checksum(): i32 {
    if (!Inflate.has(32)) return HUNGRY;
    Inflate.addToSum();
    if (bswap<u32>(Inflate.take(32)) !== Inflate.sum) return INVALID;
    Inflate.state = State.ENDED;
    return ENDED;
  }

  private static addToSum(): void {
    Inflate.sum = adler32(Inflate.sum, Inflate.summed, Inflate.end);
    Inflate.summed = Inflate.end;
  }

  /** Reads on until `count` bits (0..56) are there, or all input is used. */
  private static has(count: u32): bool {
    while (Inflate.count < count && Inflate.from < Inflate.to) {
      Inflate.bits |= (<u64>load<u8>(Inflate.from++)) << Inflate.count;
      Inflate.count += 8;
    }
    return Inflate.count >= count;
  }

  /** The next `count` bits (0..32), which must be there. */
  private static take(count: u32): u32 {
    const value = <u32>(Inflate.bits & (((<u64>1) << count) - 1));
    Inflate.bits >>= count;
    Inflate.count -= count;
    return value;
  }
}

/** Section 3.2.3: a match may overlap what it writes, and then repeats it. Writes up to SLACK bytes more. */
function copyMatch(target: usize, distance: usize, length: usize): void {
  let source = target - distance;
  const end = target + length;
  if (distance >= 16) {
    for (; target < end; target += 16, source += 16) v128.store(target, v128.load(source));
  } else if (distance === 1) {
    const repeated = i8x16.splat(load<u8>(source));
    for (; target < end; target += 16) v128.store(target, repeated);
  } else {
    for (; target < end; target++, source++) store<u8>(target, load<u8>(source));
  }
}
