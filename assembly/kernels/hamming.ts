// hamming: in how many bits codes differ from one code, by counting the bits of their exclusive or, 16 bytes at once.
// A code has 256 bits; two of its bytes count 16 bits at most, so that sums of bytes never overflow.

/**
 * @param target i32 [rows]: 0 to 256
 * @param code u8 [32]
 * @param codes u8 [rows][32]
 */
export function hammingRow(target: usize, code: usize, codes: usize, rows: i32): void {
  const low = v128.load(code);
  const high = v128.load(code, 16);
  for (let row = 0; row < rows; row++) {
    const bits = i8x16.add(
      i8x16.popcnt(v128.xor(v128.load(codes), low)),
      i8x16.popcnt(v128.xor(v128.load(codes, 16), high)),
    );
    const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bits));
    store<i32>(
      target,
      i32x4.extract_lane(sums, 0) +
        i32x4.extract_lane(sums, 1) +
        i32x4.extract_lane(sums, 2) +
        i32x4.extract_lane(sums, 3),
    );
    target += 4;
    codes += 32;
  }
}
