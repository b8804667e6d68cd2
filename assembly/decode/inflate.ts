// zlib streams (RFC 1950) of DEFLATE blocks (RFC 1951), resumable between any two symbols, in 160 KiB.
// Compressed bytes are fed into a buffer of its own, because PNG cuts the stream into chunks; the output
// comes in pieces of up to 64 KiB which the caller uses up before it asks for the next. The checksum at the
// end is not read: rows end before it, and PNG's chunks have their own.
import { Codes, DISTANCE_LOOK, DISTANCES, LENGTHS, LITERAL_LOOK, LITERALS } from './deflate-codes';
import { DAMAGED, TRUNCATED } from './status';

const IN_BYTES: usize = 1 << 15;
const WINDOW: usize = 1 << 15;
const PIECE: usize = 1 << 16;
const IN = memory.data((1 << 15) + 16, 16);
/** 32 KiB of history, a piece, and what the last match and its wide copy run over. */
const OUT = memory.data((1 << 15) + (1 << 16) + 320, 16);
const CODE_LENGTHS = memory.data(320);
/** Order of the code length codes, RFC 1951, 3.2.7. */
const ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
/** More than the header of a block can take: 14 bits, 19 of 3, 320 of 14. */
const HEADER_MARGIN: usize = 600;
const SYMBOL_MARGIN: usize = 16;

const ZLIB: i32 = 0;
const BLOCK: i32 = 1;
const STORED: i32 = 2;
const CODES: i32 = 3;
const END: i32 = 4;

let state: i32 = 0;
let final: bool = false;
let stored: usize = 0;
let at: usize = 0;
let end: usize = 0;
let bits: u64 = 0;
let count: i32 = 0;
/** Zero bits supplied after the last byte. */
let padding: i32 = 0;
let filled: usize = 0;

export class Inflate {
  /** No more bytes will be fed. */
  static last: bool = false;
  /** The piece that `run` has made. */
  static piece: usize = 0;

  static reset(): void {
    state = ZLIB;
    final = false;
    at = IN;
    end = IN;
    bits = 0;
    count = 0;
    padding = 0;
    filled = OUT;
    Inflate.last = false;
  }

  /** Takes what fits of `bytes` at `from`; returns how many that were. */
  static feed(from: usize, bytes: usize): usize {
    if (at > IN && end + bytes > IN + IN_BYTES) {
      memory.copy(IN, at, end - at);
      end = IN + (end - at);
      at = IN;
    }
    const taken = min(bytes, IN + IN_BYTES - end);
    memory.copy(end, from, taken);
    end += taken;
    return taken;
  }

  static ended(): bool {
    return state === END;
  }

  /** Makes the next piece: its bytes, 0 when input is wanted or the stream has ended, or an error. */
  static run(): i32 {
    if (filled > OUT + WINDOW) {
      memory.copy(OUT, filled - WINDOW, WINDOW);
      filled = OUT + WINDOW;
    }
    Inflate.piece = filled;
    const limit = filled + PIECE;
    let status = 1;
    while (status > 0 && state !== END && filled < limit) {
      if (state === CODES) status = Inflate.codes(limit);
      else if (state === STORED) status = Inflate.storedBytes(limit);
      else if (state === BLOCK) status = Inflate.block();
      else status = Inflate.zlib();
    }
    return status < 0 ? status : <i32>(filled - Inflate.piece);
  }

  @inline static enough(bytes: usize): bool {
    return Inflate.last || end - at >= bytes;
  }

  static refill(): void {
    while (count <= 56) {
      if (at < end) bits |= (<u64>load<u8>(at++)) << count;
      else padding += 8;
      count += 8;
    }
  }

  @inline static take(n: i32): i32 {
    const value = <i32>(bits & (((<u64>1) << n) - 1));
    bits >>= n;
    count -= n;
    return value;
  }

  // All of these: 1 to go on, 0 for want of input, or an error.

  static zlib(): i32 {
    if (!Inflate.enough(SYMBOL_MARGIN)) return 0;
    Inflate.refill();
    const method = Inflate.take(8);
    const flags = Inflate.take(8);
    if (padding > count) return TRUNCATED;
    if ((method & 15) !== 8 || method >> 4 > 7 || flags & 32 || ((method << 8) | flags) % 31) return DAMAGED;
    state = BLOCK;
    return 1;
  }

  static block(): i32 {
    if (final) {
      state = END;
      return 1;
    }
    if (!Inflate.enough(HEADER_MARGIN)) return 0;
    Inflate.refill();
    final = Inflate.take(1) !== 0;
    const type = Inflate.take(2);
    if (type === 3) return DAMAGED;
    if (type === 0) {
      Inflate.take(count & 7);
      Inflate.refill();
      stored = Inflate.take(16);
      if ((Inflate.take(16) ^ 0xffff) !== <i32>stored) return padding > count ? TRUNCATED : DAMAGED;
      state = STORED;
    } else {
      const status = type === 1 ? Inflate.fixed() : Inflate.dynamic();
      if (padding > count) return TRUNCATED;
      if (status < 0) return status;
      state = CODES;
    }
    return padding > count ? TRUNCATED : 1;
  }

  static fixed(): i32 {
    for (let i = 0; i < 288; i++) store<u8>(CODE_LENGTHS + i, i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
    Codes.build(LITERALS, CODE_LENGTHS, 288);
    memory.fill(CODE_LENGTHS, 5, 30);
    Codes.build(DISTANCES, CODE_LENGTHS, 30);
    return 0;
  }

  /** RFC 1951, 3.2.7. */
  static dynamic(): i32 {
    Inflate.refill();
    const literals = Inflate.take(5) + 257;
    const distances = Inflate.take(5) + 1;
    const lengths = Inflate.take(4) + 4;
    if (literals > 286 || distances > 30) return DAMAGED;
    memory.fill(CODE_LENGTHS, 0, 19);
    for (let i = 0; i < lengths; i++) {
      Inflate.refill();
      store<u8>(CODE_LENGTHS + <usize>load<u8>(ORDER + i), <u8>Inflate.take(3));
    }
    if (!Codes.build(LENGTHS, CODE_LENGTHS, 19)) return DAMAGED;
    const total = literals + distances;
    let i = 0;
    while (i < total) {
      Inflate.refill();
      const entry = Codes.long(LENGTHS, bits);
      if (!entry) return DAMAGED;
      Inflate.take(entry & 255);
      const symbol = entry >> 16;
      if (symbol < 16) {
        store<u8>(CODE_LENGTHS + i++, <u8>symbol);
        continue;
      }
      if (symbol === 16 && i === 0) return DAMAGED;
      const value: u8 = symbol === 16 ? load<u8>(CODE_LENGTHS + i - 1) : 0;
      const times =
        symbol === 16 ? 3 + Inflate.take(2) : symbol === 17 ? 3 + Inflate.take(3) : 11 + Inflate.take(7);
      if (i + times > total) return DAMAGED;
      memory.fill(CODE_LENGTHS + i, value, times);
      i += times;
    }
    // Without a code for its end a block has none.
    if (!load<u8>(CODE_LENGTHS + 256)) return DAMAGED;
    if (!Codes.build(LITERALS, CODE_LENGTHS, literals)) return DAMAGED;
    return Codes.build(DISTANCES, CODE_LENGTHS + literals, distances) ? 0 : DAMAGED;
  }

  static storedBytes(limit: usize): i32 {
    while (stored > 0 && count >= 8 && filled < limit) {
      store<u8>(filled++, <u8>Inflate.take(8));
      if (padding > count) return TRUNCATED;
      stored--;
    }
    const now = min(stored, min(limit - filled, end - at));
    memory.copy(filled, at, now);
    filled += now;
    at += now;
    stored -= now;
    if (stored === 0) state = BLOCK;
    else if (filled < limit) return Inflate.last ? TRUNCATED : 0;
    return 1;
  }

  static codes(limit: usize): i32 {
    const literals = Codes.lookup(LITERALS);
    const distances = Codes.lookup(DISTANCES);
    let to = filled;
    let b = bits;
    let n = count;
    let from = at;
    let status = 1;
    while (to < limit) {
      if (from + SYMBOL_MARGIN <= end) {
        if (n < 48) {
          b |= load<u64>(from) << n;
          from += (63 - n) >> 3;
          n |= 56;
          // Bits of the byte that was loaded in part are dropped: they are loaded again.
          b &= ((<u64>1) << n) - 1;
        }
      } else {
        if (!Inflate.last) {
          status = 0;
          break;
        }
        bits = b;
        count = n;
        at = from;
        Inflate.refill();
        b = bits;
        n = count;
        from = at;
        if (padding > n) return TRUNCATED;
      }
      let entry = load<u32>(literals + ((<usize>b & ((1 << LITERAL_LOOK) - 1)) << 2));
      if (!entry) {
        entry = Codes.long(LITERALS, b);
        if (!entry) return DAMAGED;
      }
      const length = entry & 255;
      b >>= length;
      n -= length;
      if (entry >> 31) {
        store<u8>(to++, <u8>(entry >> 8));
        // A second literal, if a short one follows.
        entry = load<u32>(literals + ((<usize>b & ((1 << LITERAL_LOOK) - 1)) << 2));
        if (entry >> 31 && padding === 0) {
          b >>= entry & 255;
          n -= entry & 255;
          store<u8>(to++, <u8>(entry >> 8));
        }
        continue;
      }
      if (entry & 0x8000) {
        state = BLOCK;
        break;
      }
      const lengthExtra = (entry >> 8) & 127;
      const bytes = <usize>(entry >> 16) + (<usize>b & ((1 << lengthExtra) - 1));
      b >>= lengthExtra;
      n -= lengthExtra;
      entry = load<u32>(distances + ((<usize>b & ((1 << DISTANCE_LOOK) - 1)) << 2));
      if (!entry) {
        entry = Codes.long(DISTANCES, b);
        if (!entry) return DAMAGED;
      }
      b >>= entry & 255;
      n -= entry & 255;
      const distanceExtra = (entry >> 8) & 127;
      const distance = <usize>(entry >> 16) + (<usize>b & ((1 << distanceExtra) - 1));
      b >>= distanceExtra;
      n -= distanceExtra;
      if (distance > to - OUT) return padding > n ? TRUNCATED : DAMAGED;
      Inflate.copy(to, distance, bytes);
      to += bytes;
    }
    filled = to;
    bits = b;
    count = n;
    at = from;
    return padding > n ? TRUNCATED : status;
  }

  /** A match; up to 15 bytes more may be written. */
  @inline static copy(to: usize, distance: usize, bytes: usize): void {
    let from = to - distance;
    const stop = to + bytes;
    if (distance >= 16) {
      for (; to < stop; to += 16, from += 16) v128.store(to, v128.load(from));
    } else if (distance >= 8) {
      for (; to < stop; to += 8, from += 8) store<u64>(to, load<u64>(from));
    } else if (distance === 1) memory.fill(to, load<u8>(from), bytes);
    else for (; to < stop; to++, from++) store<u8>(to, load<u8>(from));
  }
}
