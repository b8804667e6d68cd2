// The codes of GIF's LZW (GIF89a, appendix F): a table of strings, each one an earlier string and a byte.
// Codes start at one bit more than the pixels have and grow to 12; the clear code empties the table.

const NONE: i32 = -1;
const PREFIX = memory.data(4096 * 2, 2);
const LAST = memory.data(4096);
const FIRST = memory.data(4096);
const LENGTH = memory.data(4096 * 2, 2);
/** The string of the last code; the longest has 4096 bytes. */
const STRING = memory.data(4096 + 16, 16);

let minimum: i32 = 0;
let next: i32 = 0;
let previous: i32 = NONE;

export class Lzw {
  /** Bits of the next code. */
  static size: i32 = 0;
  /** The clear code ends a table, the one after it the picture. */
  @inline static clearCode(): i32 {
    return 1 << minimum;
  }

  static open(bits: i32): void {
    minimum = bits;
    for (let i = 0; i < 1 << bits; i++) {
      store<u8>(LAST + i, <u8>i);
      store<u8>(FIRST + i, <u8>i);
      store<u16>(LENGTH + (i << 1), 1);
    }
    Lzw.clear();
  }

  static clear(): void {
    Lzw.size = minimum + 1;
    next = (1 << minimum) + 2;
    previous = NONE;
  }

  @inline static string(): usize {
    return STRING;
  }

  /** Bytes that `code` stands for, at `string()`; 0 for a code that cannot be here. */
  static decode(code: i32): i32 {
    const known = code < next && (code < 1 << minimum || code > (1 << minimum) + 1);
    if (previous === NONE) {
      if (!known || code >= 1 << minimum) return 0;
    } else if (!known && (code !== next || next > 4095)) return 0;
    else if (next < 4096) {
      store<u16>(PREFIX + (next << 1), <u16>previous);
      store<u8>(LAST + next, load<u8>(FIRST + (known ? code : previous)));
      store<u8>(FIRST + next, load<u8>(FIRST + previous));
      store<u16>(LENGTH + (next << 1), load<u16>(LENGTH + (previous << 1)) + 1);
      next++;
      if (next === 1 << Lzw.size && Lzw.size < 12) Lzw.size++;
    }
    previous = code;
    const length = <i32>load<u16>(LENGTH + (code << 1));
    for (let i = length - 1; i > 0; i--) {
      store<u8>(STRING + i, load<u8>(LAST + code));
      code = load<u16>(PREFIX + (code << 1));
    }
    store<u8>(STRING, load<u8>(LAST + code));
    return length;
  }
}
