// The orientation tag (274) of IFD0 in an EXIF block, which is a TIFF file: byte order, 42, offset of the
// first directory, then 12-byte entries (TIFF 6.0, section 2; EXIF 2.32, 4.6.2 and 4.6.4 A). Everything
// else in the block is ignored; a malformed block means orientation 1.

export class Exif {
  /** Orientation 1..8 of the TIFF block at `start`; 1 when there is none. */
  static orientation(start: usize, end: usize): i32 {
    if (start + 8 > end) return 1;
    const order = load<u16>(start);
    if (order !== 0x4949 && order !== 0x4d4d) return 1;
    const little = order === 0x4949;
    if (Exif.u16(start + 2, little) !== 42) return 1;
    const offset: u32 = little ? load<u32>(start, 4) : bswap<u32>(load<u32>(start, 4));
    if (<u64>offset + 2 > <u64>(end - start)) return 1;
    const directory = start + <usize>offset;
    const entries = Exif.u16(directory, little);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + <usize>i * 12;
      if (entry + 12 > end) return 1;
      if (Exif.u16(entry, little) !== 274) continue;
      const value = Exif.u16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
  }

  @inline static u16(at: usize, little: bool): i32 {
    const value = load<u16>(at);
    return <i32>(little ? value : bswap<u16>(value));
  }
}
