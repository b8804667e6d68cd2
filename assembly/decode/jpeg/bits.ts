// The bits of entropy-coded data, most significant first (ITU-T T.81, F.2.2.5): FF 00 stands for a byte FF,
// FF and anything else is a marker and ends the data. Past that end zeros are supplied, and counted, so
// that a decoder need not look at every bit: after a unit, `starved` says whether a zero was really used.
import { Input } from '../input';

export class Bits {
  /** Unused bits, at the top. Below them the bits that follow in the file may stand already, or zeros. */
  static buffer: u64 = 0;
  /** At most 63. */
  static count: i32 = 0;
  /** Zeros supplied after the end of the data; they are the last bits of `buffer`. */
  static padding: i32 = 0;
  /** No byte from `Input.at` up to here is FF: whole words may be read. */
  static clean: usize = 0;

  static reset(): void {
    Bits.buffer = 0;
    Bits.count = 0;
    Bits.padding = 0;
    Bits.clean = 0;
  }

  /** To be called when the window of `Input` may have moved. */
  @inline static resume(): void {
    Bits.clean = 0;
  }

  /** Bits that are not in the file were used. */
  @inline static starved(): bool {
    return Bits.padding > Bits.count;
  }

  /** At least 56 bits in the buffer. */
  @inline static refill(): void {
    const at = Input.at;
    if (at + 8 > Bits.clean) {
      Bits.refillBytes();
      return;
    }
    // The bits of a byte of which a part fits are written again, as the same, by the next call.
    const count = Bits.count;
    Bits.buffer |= bswap<u64>(load<u64>(at)) >> count;
    Input.at = at + ((63 - count) >> 3);
    Bits.count = count | 56;
  }

  static refillBytes(): void {
    let at = Input.at;
    while (Bits.count <= 55) {
      let byte: u64 = 0;
      if (Bits.padding === 0 && at < Input.end) {
        byte = load<u8>(at);
        if (byte !== 0xff) at++;
        else if (at + 1 < Input.end && load<u8>(at, 1) === 0) at += 2;
        else {
          byte = 0;
          Bits.padding = 8;
        }
      } else Bits.padding += 8;
      Bits.buffer |= byte << (56 - Bits.count);
      Bits.count += 8;
    }
    Input.at = at;
    if (at >= Bits.clean) Bits.clean = Bits.nextMark(at);
  }

  /** The first FF at or after `at`, or the end of what has arrived. */
  static nextMark(at: usize): usize {
    const end = Input.end;
    const mark = i8x16.splat(-1);
    for (; at < end; at += 16) {
      const found = i8x16.bitmask(i8x16.eq(v128.load(at), mark));
      if (found) return min(end, at + ctz(found));
    }
    return end;
  }

  @inline static drop(bits: i32): void {
    Bits.buffer <<= bits;
    Bits.count -= bits;
  }

  /** The next `bits` (1..16) as a number; the caller has refilled. */
  @inline static take(bits: i32): i32 {
    const value = <i32>(Bits.buffer >>> (64 - bits));
    Bits.drop(bits);
    return value;
  }

  /**
   * EXTEND of T.81, F.2.2.1: a value of `size` bits (1..16) with the sign in its first bit. Without a branch,
   * which would be mispredicted every other time.
   */
  @inline static extend(value: i32, size: i32): i32 {
    return value + (((value - (1 << (size - 1))) >> 31) & ((-1 << size) + 1));
  }
}
