// The boolean entropy decoder of VP8 (RFC 6386, section 7): an arithmetic code over bits of given probability.
// Each partition of a frame has one; its state is kept in a record and taken into the fields of this class while
// it is read. Behind its end a partition goes on with zeros, as its writer has cut them off.

/** Bytes of a saved state. */
export const STATE_BYTES: usize = 32;

/** What three decisions of at most 7 bits and a sign take. */
export const BITS_A_TOKEN: i32 = 23;

export class Bools {
  static at: usize = 0;
  static end: usize = 0;
  /** The window: its lowest count + 8 bits are valid. */
  static value: u64 = 0;
  static range: u32 = 255;
  static count: i32 = -8;
  /** Zero bytes taken behind the end. */
  static past: i32 = 0;

  static open(at: usize, end: usize): void {
    Bools.at = at;
    Bools.end = end;
    Bools.value = 0;
    Bools.range = 255;
    Bools.count = -8;
    Bools.past = 0;
  }

  static save(state: usize): void {
    store<u64>(state, Bools.value);
    store<u32>(state, Bools.range, 8);
    store<i32>(state, Bools.count, 12);
    store<u32>(state, <u32>Bools.at, 16);
    store<u32>(state, <u32>Bools.end, 20);
    store<i32>(state, Bools.past, 24);
  }

  static restore(state: usize): void {
    Bools.value = load<u64>(state);
    Bools.range = load<u32>(state, 8);
    Bools.count = load<i32>(state, 12);
    Bools.at = load<u32>(state, 16);
    Bools.end = load<u32>(state, 20);
    Bools.past = load<i32>(state, 24);
  }

  /** Has more been used than there is? The window may hold a byte of the zeros. */
  static overrun(): bool {
    return Bools.past * 8 > Bools.count + 8;
  }

  static fill(): void {
    if (Bools.end - Bools.at >= 8 && Bools.end > Bools.at) {
      Bools.value = (Bools.value << 48) | (bswap<u64>(load<u64>(Bools.at)) >> 16);
      Bools.at += 6;
      Bools.count += 48;
      return;
    }
    let byte: u64 = 0;
    if (Bools.at < Bools.end) byte = load<u8>(Bools.at++);
    else Bools.past++;
    Bools.value = (Bools.value << 8) | byte;
    Bools.count += 8;
  }

  /** For a caller that has the state in locals: the window with at least BITS_A_TOKEN bits more, their number in `count`. */
  static refill(value: u64, count: i32): u64 {
    if (Bools.at + 8 <= Bools.end) {
      Bools.count = count + 32;
      const word = <u64>bswap<u32>(load<u32>(Bools.at));
      Bools.at += 4;
      return (value << 32) | word;
    }
    Bools.value = value;
    Bools.count = count;
    while (Bools.count < BITS_A_TOKEN) Bools.fill();
    return Bools.value;
  }

  /** One bit that is 0 with probability / 256. */
  @inline static bit(probability: u32): u32 {
    if (Bools.count < 0) Bools.fill();
    const split = 1 + (((Bools.range - 1) * probability) >> 8);
    const large = (<u64>split) << (<u64>Bools.count);
    let range = split;
    let bit: u32 = 0;
    if (Bools.value >= large) {
      range = Bools.range - split;
      Bools.value -= large;
      bit = 1;
    }
    const shift = clz<u32>(range) - 24;
    Bools.range = range << shift;
    Bools.count -= <i32>shift;
    return bit;
  }

  static even(): u32 {
    return Bools.bit(128);
  }

  /** A number of `bits` bits, highest first. */
  static literal(bits: i32): i32 {
    let value = 0;
    while (bits-- > 0) value = (value << 1) | <i32>Bools.even();
    return value;
  }

  /** The same with a sign behind it. */
  static signed(bits: i32): i32 {
    const value = Bools.literal(bits);
    return Bools.even() ? -value : value;
  }

  /** The same behind a flag; 0 without it. */
  static optional(bits: i32): i32 {
    return Bools.even() ? Bools.signed(bits) : 0;
  }
}
