// Pixels of 16 and 32 bits whose colours lie where three masks say: each field is stretched to 0..255,
// value * 255 / most, rounded down as in PIL.

const FIELDS = memory.data(3 * 8, 4);

export class Masks {
  static set(red: u32, green: u32, blue: u32): void {
    Masks.field(0, red);
    Masks.field(1, green);
    Masks.field(2, blue);
  }

  /** Shift and largest value of a field; an empty mask gives 0. */
  @inline static field(index: i32, mask: u32): void {
    const shift = mask ? <u32>ctz(mask) : 0;
    store<u32>(FIELDS + (index << 3), shift);
    store<u32>(FIELDS + (index << 3), mask >> shift, 4);
  }

  @inline static value(index: i32, pixel: u32): u32 {
    const most = load<u32>(FIELDS + (index << 3), 4);
    if (most === 255) return (pixel >> load<u32>(FIELDS + (index << 3))) & 255;
    if (!most) return 0;
    const value = <u64>((pixel >> load<u32>(FIELDS + (index << 3))) & most);
    return <u32>((value * 255) / most);
  }

  /** R | G << 8 | B << 16. */
  @inline static rgb(pixel: u32): u32 {
    return Masks.value(0, pixel) | (Masks.value(1, pixel) << 8) | (Masks.value(2, pixel) << 16);
  }
}
