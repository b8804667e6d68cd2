// Up to 256 colours, and rows of indices into them. An index without a colour is black.

const COLORS = memory.data(256 * 4, 16);

export class Palette {
  static reset(): void {
    memory.fill(COLORS, 0, 1024);
  }

  /** Every index stands for its grey level. */
  static greys(): void {
    for (let i: u32 = 0; i < 256; i++) Palette.set(i, i, i, i);
  }

  @inline static set(index: i32, r: u32, g: u32, b: u32): void {
    store<u32>(COLORS + ((<usize>index) << 2), r | (g << 8) | (b << 16));
  }

  /** `count` entries of R, G, B bytes. */
  static read(from: usize, count: i32): void {
    for (let i = 0; i < count; i++, from += 3)
      Palette.set(i, load<u8>(from), load<u8>(from, 1), load<u8>(from, 2));
  }

  /** Writes 4 bytes at `to`, of which 3 count. */
  @inline static put(to: usize, index: i32): void {
    store<u32>(to, load<u32>(COLORS + ((<usize>index) << 2)));
  }

  /** A row of `count` indices, a byte each, as RGB. */
  static expand(to: usize, indices: usize, count: i32): void {
    for (let i = 0; i < count; i++, to += 3) Palette.put(to, load<u8>(indices + i));
  }
}
