// The bits of entropy-coded data, most significant first (ITU-T T.81, F.2.2.5): FF 00 stands for a byte FF,
// FF and anything else is a marker and ends the data. Past that end zeros are supplied, and counted, so
// that a decoder need not look at every bit: after a unit, `starved` says whether a zero was really used.
import { Input } from '../input';

export class Bits {
  /** Unused bits, at the top; the rest is zero. */
  static buffer: u64 = 0;
  static count: i32 = 0;
  /** Zeros supplied after the end of the data; they are the last bits of `buffer`. */
  static padding: i32 = 0;

  static reset(): void {
    Bits.buffer = 0;
    Bits.count = 0;
    Bits.padding = 0;
  }

  /** Bits that are not in the file were used. */
  @inline static starved(): bool {
    return Bits.padding > Bits.count;
  }

  /** At least 32 bits in the buffer. */
  @inline static refill(): void {
    if (Bits.count >= 32) return;
    const at = Input.at;
    if (at + 4 <= Input.end) {
      const word = load<u32>(at);
      const inverse = ~word;
      // No byte of the word is FF: then no byte of the inverse is 0.
      if (((inverse - 0x01010101) & word & 0x80808080) === 0) {
        Bits.buffer |= (<u64>bswap<u32>(word)) << (32 - Bits.count);
        Bits.count += 32;
        Input.at = at + 4;
        return;
      }
    }
    Bits.refillBytes();
  }

  static refillBytes(): void {
    let at = Input.at;
    while (Bits.count <= 56) {
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
