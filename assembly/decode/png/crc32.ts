// crc32: the checksum of a PNG chunk (PNG specification, section 5.5), polynomial 0xedb88320, bit by bit: it is
// asked for chunks of a few hundred bytes only.

/** CRC-32 of the bytes from..to. */
export function crc32(from: usize, to: usize): u32 {
  let crc: u32 = 0xffffffff;
  for (; from < to; from++) {
    crc ^= load<u8>(from);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
  }
  return ~crc;
}
