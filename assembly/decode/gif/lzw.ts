// lzw: the variable-length codes of GIF (GIF89a, appendix F), lowest bit first. Code 2^n clears the table, 2^n + 1
// ends the data; every other code stands for a string that is an earlier string and one more byte. A full table
// stays as it is until it is cleared.
import { Heap } from '../heap';

const MAX_BITS: u32 = 12;
const MAX_CODES: u32 = 1 << MAX_BITS;
const NO_CODE: u32 = 0xffffffff;

/** What `next` answers besides the length of a string. */
export const LZW_HUNGRY: i32 = 0;
export const LZW_END: i32 = -1;
export const LZW_DAMAGED: i32 = -2;

export class Lzw {
  /** The string of the last `next`: u8 [length]. */
  static string: usize = 0;
  /** The bytes that are read: set by the caller, moved by `next`. */
  static from: usize = 0;
  static to: usize = 0;

  /** u32 [4096]: code of the string without its last byte (12), length (16) above it. */
  private static strings: usize = 0;
  /** u8 [4096]: last byte. */
  private static lastBytes: usize = 0;
  private static buffer: usize = 0;
  private static bits: u32 = 0;
  private static count: u32 = 0;
  private static codeBits: u32 = 0;
  private static clear: u32 = 0;
  private static free: u32 = 0;
  private static before: u32 = NO_CODE;

  /** @param literalBits 1..8. Check `Heap.full` afterwards. */
  static open(literalBits: u32): void {
    Lzw.strings = Heap.take(MAX_CODES * 4);
    Lzw.lastBytes = Heap.take(MAX_CODES);
    Lzw.buffer = Heap.take(MAX_CODES + 1);
    Lzw.bits = 0;
    Lzw.count = 0;
    Lzw.clear = 1 << literalBits;
    if (Heap.full) return;
    for (let code: u32 = 0; code < Lzw.clear; code++) {
      store<u32>(Lzw.strings + ((<usize>code) << 2), 1 << 12);
      store<u8>(Lzw.lastBytes + code, <u8>code);
    }
    Lzw.reset();
  }

  /** The next string's length; or one of the answers above. */
  static next(): i32 {
    while (true) {
      while (Lzw.count < Lzw.codeBits) {
        if (Lzw.from === Lzw.to) return LZW_HUNGRY;
        Lzw.bits |= (<u32>load<u8>(Lzw.from++)) << Lzw.count;
        Lzw.count += 8;
      }
      const code = Lzw.bits & ((1 << Lzw.codeBits) - 1);
      Lzw.bits >>= Lzw.codeBits;
      Lzw.count -= Lzw.codeBits;
      if (code === Lzw.clear) {
        Lzw.reset();
        continue;
      }
      return code === Lzw.clear + 1 ? LZW_END : Lzw.take(code);
    }
  }

  private static reset(): void {
    Lzw.free = Lzw.clear + 2;
    Lzw.codeBits = 32 - clz(Lzw.clear);
    Lzw.before = NO_CODE;
  }

  private static take(code: u32): i32 {
    const before = Lzw.before;
    if (code >= Lzw.free) {
      // The string that this very code defines: the one before and its own first byte again.
      if (code !== Lzw.free || before === NO_CODE || Lzw.free >= MAX_CODES) return LZW_DAMAGED;
      const length = Lzw.write(before);
      store<u8>(Lzw.string + length, load<u8>(Lzw.string));
      Lzw.define(before);
      Lzw.before = code;
      return length + 1;
    }
    const length = Lzw.write(code);
    if (before !== NO_CODE && Lzw.free < MAX_CODES) Lzw.define(before);
    Lzw.before = code;
    return length;
  }

  /** Writes the string of `code`, from its end; returns its length. */
  private static write(code: u32): i32 {
    const length = load<u32>(Lzw.strings + ((<usize>code) << 2)) >> 12;
    Lzw.string = Lzw.buffer;
    let at = Lzw.buffer + length;
    while (at > Lzw.buffer) {
      store<u8>(--at, load<u8>(Lzw.lastBytes + code));
      code = load<u32>(Lzw.strings + ((<usize>code) << 2)) & 0xfff;
    }
    return <i32>length;
  }

  /** The next free code becomes the string of `before` and the first byte of the present one. */
  private static define(before: u32): void {
    const length = load<u32>(Lzw.strings + ((<usize>before) << 2)) >> 12;
    store<u32>(Lzw.strings + ((<usize>Lzw.free) << 2), ((length + 1) << 12) | before);
    store<u8>(Lzw.lastBytes + Lzw.free, load<u8>(Lzw.string));
    Lzw.free++;
    if (Lzw.free === 1 << Lzw.codeBits && Lzw.codeBits < MAX_BITS) Lzw.codeBits++;
  }
}
