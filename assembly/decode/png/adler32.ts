// adler32: the checksum of a zlib stream (RFC 1950, section 8.2): a = 1 + sum of the bytes, b = sum of all
// values that a takes, both modulo 65521; 16 bytes at a time.

const MODULUS: u32 = 65521;
/** The longest run after which b still fits in 32 bits, down to a multiple of 16. */
const RUN_BYTES: usize = 5552;

/**
 * @param sum checksum so far; 1 at the beginning
 * @returns checksum with the bytes from..to added
 */
export function adler32(sum: u32, from: usize, to: usize): u32 {
  let a = sum & 0xffff;
  let b = sum >> 16;
  while (from < to) {
    const stop = min(to, from + RUN_BYTES);
    const vectors = (stop - from) & ~15;
    if (vectors > 0) {
      // In 16 bytes x0..x15, b grows by 16 * a + 16 * x0 + 15 * x1 + ... + x15.
      let sums = i32x4.splat(0);
      let before = i32x4.splat(0);
      let weighted = i32x4.splat(0);
      for (const end = from + vectors; from < end; from += 16) {
        const x = v128.load(from);
        before = i32x4.add(before, sums);
        sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(x)));
        const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(x), i16x8(16, 15, 14, 13, 12, 11, 10, 9));
        const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(x), i16x8(8, 7, 6, 5, 4, 3, 2, 1));
        weighted = i32x4.add(weighted, i32x4.add(low, high));
      }
      b += a * <u32>vectors + 16 * lanes(before) + lanes(weighted);
      a += lanes(sums);
    }
    for (; from < stop; from++) {
      a += load<u8>(from);
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return (b << 16) | a;
}

function lanes(x: v128): u32 {
  return (
    i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3)
  );
}
