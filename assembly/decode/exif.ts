// The orientation tag (274) of IFD0 in an EXIF block, which is a TIFF file: byte order, 42, offset of the
// first directory, then 12-byte entries: tag, type, count, value (TIFF 6.0, section 2; EXIF 2.32, 4.6.2 and 4.6.4 A).
// The value is a SHORT, but some writers make it a BYTE or a LONG. Everything else in the block is ignored; a malformed
// block means orientation 1.
import { BAD_EXIF, Damage } from './damage';

const BYTE: i32 = 1;
const LONG: i32 = 4;

export class Exif {
  /** Orientation 1..8 of the TIFF block at `start`; 1 when there is none. */
  static orientation(start: usize, end: usize): i32 {
    const value = Exif.value(start, end);
    if (value < 0) Damage.note(BAD_EXIF);
    return value >= 1 && value <= 8 ? value : 1;
  }

  /** The tag's value; 0 when there is none, -1 when the block is malformed. */
  static value(start: usize, end: usize): i32 {
    if (start + 8 > end) return -1;
    const order = load<u16>(start);
    if (order !== 0x4949 && order !== 0x4d4d) return -1;
    const little = order === 0x4949;
    if (Exif.u16(start + 2, little) !== 42) return -1;
    const offset = Exif.u32(start + 4, little);
    if (<u64>offset + 2 > <u64>(end - start)) return -1;
    const directory = start + <usize>offset;
    const entries = Exif.u16(directory, little);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + <usize>i * 12;
      if (entry + 12 > end) return -1;
      if (Exif.u16(entry, little) !== 274) continue;
      const type = Exif.u16(entry + 2, little);
      if (type === BYTE) return load<u8>(entry, 8);
      if (type === LONG) return <i32>min<u32>(Exif.u32(entry + 8, little), 9);
      return Exif.u16(entry + 8, little);
    }
    return 0;
  }

  @inline static u16(at: usize, little: bool): i32 {
    const value = load<u16>(at);
    return <i32>(little ? value : bswap<u16>(value));
  }

  @inline static u32(at: usize, little: bool): u32 {
    const value = load<u32>(at);
    return little ? value : bswap<u32>(value);
  }
}
