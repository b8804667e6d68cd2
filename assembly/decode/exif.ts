// The orientation of a picture from its EXIF block: a TIFF header and its first directory (TIFF 6.0, section 2;
// EXIF 2.32, tag 0x0112). It reads this one tag; whatever is malformed counts as not there.

const ORIENTATION: u32 = 0x0112;
const ENTRY_BYTES: usize = 12;

/** The TIFF block [start, end), from its byte order mark on. Answers 1..8; 1 where none is given. */
export function exifOrientation(start: usize, end: usize): i32 {
  const bytes = end - start;
  if (end < start || bytes < 8) return 1;
  const mark = load<u16>(start);
  const little = mark === 0x4949;
  if ((!little && mark !== 0x4d4d) || read16(start + 2, little) !== 42) return 1;
  const offset = read32(start + 4, little);
  if (offset > bytes - 2) return 1;
  const directory = start + <usize>offset;
  const count = <usize>read16(directory, little);
  for (let i: usize = 0; i < count; i++) {
    const entry = directory + 2 + i * ENTRY_BYTES;
    if (entry + ENTRY_BYTES > end) return 1;
    if (read16(entry, little) !== ORIENTATION) continue;
    const value = <i32>read16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

function read16(address: usize, little: bool): u32 {
  const value = load<u16>(address);
  return little ? value : bswap<u16>(value);
}

function read32(address: usize, little: bool): u32 {
  const value = load<u32>(address);
  return little ? value : bswap<u32>(value);
}
