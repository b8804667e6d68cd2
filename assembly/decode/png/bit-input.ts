// bit-input: the piece of a deflate stream that is being read, and the bits of it that have been taken in but not
// used (RFC 1951, section 3.1.1: lowest bit first). Pieces may end anywhere.

export class BitInput {
  /** The piece: set by the caller of Inflate.run, which moves `from`. */
  static from: usize = 0;
  static to: usize = 0;
  /** Bits that were read and not used yet, first bit lowest; above `count` bits a copy of what follows, or 0. */
  static bits: u64 = 0;
  static count: u32 = 0;

  static open(): void {
    BitInput.from = BitInput.to = 0;
    BitInput.bits = 0;
    BitInput.count = 0;
  }

  /** Reads on until `count` bits (0..56) are there, or all input is used. */
  static has(count: u32): bool {
    while (BitInput.count < count && BitInput.from < BitInput.to) {
      BitInput.bits |= (<u64>load<u8>(BitInput.from++)) << BitInput.count;
      BitInput.count += 8;
    }
    return BitInput.count >= count;
  }

  /** The next `count` bits (0..32), which must be there. */
  static take(count: u32): u32 {
    const value = <u32>(BitInput.bits & (((<u64>1) << count) - 1));
    BitInput.bits >>= count;
    BitInput.count -= count;
    return value;
  }
}
