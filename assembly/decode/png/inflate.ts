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
import { BitInput } from './bit-input';
import {
  BlockCodes,
  CODES_HUNGRY,
  CODES_READY,
  CODES_TOO_MANY,
  DISTANCE_TABLE_BITS,
  LITERAL_TABLE_BITS,
} from './block-codes';
import { END, LITERAL, MAX_CODE_BITS, NO_CODE, RESERVED } from './deflate-code';
import { copyMatch } from './match';

/** All input is used; more is needed. */
export const HUNGRY: i32 = 0;
/** The window is full: read it and call again. */
export const FULL: i32 = 1;
/** The stream has ended and its checksum is right. */
export const ENDED: i32 = 2;
export const INVALID: i32 = -1;
/** More dynamic blocks than Limits.blocks allows. */
export const TOO_MANY_BLOCKS: i32 = -2;

const HISTORY_BYTES: usize = 32768;
const FULL_BYTES: usize = 98304;
const MAX_MATCH: usize = 258;
/** What `copyMatch` may write more. */
const SLACK: usize = 16;

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
  BLOCK_CODES,
  SYMBOLS,
  CHECKSUM,
  ENDED,
}

export class Inflate {
  /** Output of the last `run`: to be read before the next. */
  static start: usize = 0;
  static end: usize = 0;

  private static state: i32 = State.ZLIB_HEADER;
  private static lastBlock: bool = false;
  private static storedBytes: u32 = 0;
  private static sum: u32 = 1;
  private static summed: usize = 0;
  private static window: usize = 0;

  /** Takes memory for a new stream; false when there is not enough. */
  static open(): bool {
    Inflate.window = Arena.take(FULL_BYTES + MAX_MATCH + SLACK);
    if (!Inflate.window || !BlockCodes.open()) return false;
    Inflate.start = Inflate.end = Inflate.window;
    BitInput.open();
    Inflate.sum = 1;
    Inflate.state = State.ZLIB_HEADER;
    return true;
  }

  /** Reads BitInput until one of the answers above is due. */
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
      case State.BLOCK_CODES:
        return Inflate.blockCodes();
      case State.SYMBOLS:
        return Inflate.symbols();
      case State.CHECKSUM:
        return Inflate.checksum();
      default:
        return ENDED;
    }
  }

  private static zlibHeader(): i32 {
    if (!BitInput.has(16)) return HUNGRY;
    const method = BitInput.take(8);
    const flags = BitInput.take(8);
    // Deflate with a window of at most 32 KiB; check bits; no preset dictionary.
    if ((method & 15) !== 8 || method >> 4 > 7) return INVALID;
    if (((method << 8) | flags) % 31 !== 0 || (flags & 32) !== 0) return INVALID;
    Inflate.state = State.BLOCK_HEADER;
    return GO_ON;
  }

  private static blockHeader(): i32 {
    if (!BitInput.has(3)) return HUNGRY;
    Inflate.lastBlock = BitInput.take(1) === 1;
    const type = BitInput.take(2);
    if (type === 3) return INVALID;
    if (type === 0) {
      BitInput.take(BitInput.count & 7);
      Inflate.state = State.STORED_SIZE;
    } else if (type === 1) {
      BlockCodes.useFixed();
      Inflate.state = State.SYMBOLS;
    } else {
      BlockCodes.start();
      Inflate.state = State.BLOCK_CODES;
    }
    return GO_ON;
  }

  private static blockEnd(): i32 {
    Inflate.state = Inflate.lastBlock ? State.CHECKSUM : State.BLOCK_HEADER;
    if (Inflate.lastBlock) BitInput.take(BitInput.count & 7);
    return GO_ON;
  }

  private static storedSize(): i32 {
    if (!BitInput.has(32)) return HUNGRY;
    Inflate.storedBytes = BitInput.take(16);
    if ((BitInput.take(16) ^ 0xffff) !== Inflate.storedBytes) return INVALID;
    Inflate.state = State.STORED;
    return GO_ON;
  }

  private static stored(): i32 {
    const full = Inflate.window + FULL_BYTES;
    while (Inflate.storedBytes > 0 && BitInput.count >= 8 && Inflate.end < full) {
      store<u8>(Inflate.end++, <u8>BitInput.take(8));
      Inflate.storedBytes--;
    }
    if (Inflate.storedBytes === 0) return Inflate.blockEnd();
    if (BitInput.count === 0) {
      BitInput.bits = 0;
      const count = min(<usize>Inflate.storedBytes, min(BitInput.to - BitInput.from, full - Inflate.end));
      memory.copy(Inflate.end, BitInput.from, count);
      BitInput.from += count;
      Inflate.end += count;
      Inflate.storedBytes -= <u32>count;
      if (Inflate.storedBytes === 0) return Inflate.blockEnd();
    }
    return Inflate.end >= full ? FULL : HUNGRY;
  }

  private static blockCodes(): i32 {
    const answer = BlockCodes.read();
    if (answer === CODES_HUNGRY) return HUNGRY;
    if (answer === CODES_TOO_MANY) return TOO_MANY_BLOCKS;
    if (answer !== CODES_READY) return INVALID;
    Inflate.state = State.SYMBOLS;
    return GO_ON;
  }

  private static symbols(): i32 {
    const full = Inflate.window + FULL_BYTES;
    while (Inflate.end < full) {
      const answer = BitInput.to - BitInput.from >= FAST_BYTES ? Inflate.manySymbols() : Inflate.oneSymbol();
      if (answer !== GO_ON) return answer;
      if (Inflate.state !== State.SYMBOLS) return GO_ON;
    }
    return FULL;
  }

  /** The loop that all time is spent in: at least FAST_BYTES of input, so nothing can be missing. */
  private static manySymbols(): i32 {
    const window = Inflate.window;
    const full = window + FULL_BYTES;
    const stop = BitInput.to - FAST_BYTES;
    const literals = BlockCodes.literals.table;
    const distances = BlockCodes.distances.table;
    let from = BitInput.from;
    let end = Inflate.end;
    let bits = BitInput.bits;
    let count = <u64>BitInput.count;
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
      if (entry === 0) entry = BlockCodes.literals.search(bits);
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
      if (entry === 0) entry = BlockCodes.distances.search(bits);
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
    BitInput.from = from;
    Inflate.end = end;
    BitInput.bits = bits;
    BitInput.count = <u32>count;
    if (stopped & RESERVED) return INVALID;
    return stopped & END ? Inflate.blockEnd() : GO_ON;
  }

  /** One literal, match or end of block, if all of its bits are here. */
  private static oneSymbol(): i32 {
    BitInput.has(MAX_SYMBOL_BITS);
    const entry = BlockCodes.literals.lookup(BitInput.bits);
    let codeBits = entry & 0xff;
    // Without MAX_CODE_BITS bits, what looks like no code may be the beginning of one.
    if (codeBits > BitInput.count || (entry === NO_CODE && BitInput.count < MAX_CODE_BITS)) return HUNGRY;
    if (entry & RESERVED) return INVALID;
    if (entry & LITERAL) {
      store<u8>(Inflate.end++, <u8>(entry >> 16));
      BitInput.take(codeBits);
      return GO_ON;
    }
    if (entry & END) {
      BitInput.take(codeBits);
      return Inflate.blockEnd();
    }
    const lengthBits = codeBits + ((entry >> 8) & 0xff);
    if (lengthBits > BitInput.count) return HUNGRY;
    const second = BlockCodes.distances.lookup(BitInput.bits >> lengthBits);
    const left = BitInput.count - lengthBits;
    if (second === NO_CODE && left < MAX_CODE_BITS) return HUNGRY;
    if ((second & 0xff) + ((second >> 8) & 0x3f) > left) return HUNGRY;
    if (second & RESERVED) return INVALID;

    BitInput.take(codeBits);
    const length = (entry >> 16) + BitInput.take(lengthBits - codeBits);
    BitInput.take(second & 0xff);
    const distance = <usize>((second >> 16) + BitInput.take((second >> 8) & 0xff));
    if (distance > Inflate.end - Inflate.window) return INVALID;
    copyMatch(Inflate.end, distance, length);
    Inflate.end += length;
    return GO_ON;
  }

  private static checksum(): i32 {
    if (!BitInput.has(32)) return HUNGRY;
    Inflate.addToSum();
    if (bswap<u32>(BitInput.take(32)) !== Inflate.sum) return INVALID;
    Inflate.state = State.ENDED;
    return ENDED;
  }

  private static addToSum(): void {
    Inflate.sum = adler32(Inflate.sum, Inflate.summed, Inflate.end);
    Inflate.summed = Inflate.end;
  }
}
