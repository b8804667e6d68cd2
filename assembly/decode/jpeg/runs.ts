// Coefficients that are not wanted, as most are of a picture that is shrunk in the DCT: a look-up of 12 bits for each AC
// table passes as many whole symbols as fit into them, two on average in a photograph. Made when first asked for.
//
// Entry, 0 where the first code is longer:
//   bits 16..23  coefficients passed before the last symbol: it counts only if this stays inside the block
//   bits  8..15  coefficients passed altogether
//   bits  0..7   bits altogether
import { Huffman } from './huffman';

const LOOK: u32 = 12;
const BYTES: usize = 4 << 12;
const RUNS = memory.data(4 * (4 << 12), 16);
const READY = memory.data(8);

export class Runs {
  static reset(): void {
    memory.fill(READY, 0, 8);
  }

  static forget(table: i32): void {
    store<u8>(READY + table, 0);
  }

  /** The look-up of an AC table, 4 to 7. */
  @inline static of(table: i32): usize {
    if (!load<u8>(READY + table)) Runs.build(table);
    return RUNS + <usize>(table - 4) * BYTES;
  }

  @inline static entry(runs: usize, bits: u64): u32 {
    return load<u32>(runs + ((<usize>(bits >>> (64 - LOOK))) << 2));
  }

  static build(table: i32): void {
    const lookup = Huffman.lookup(table);
    const runs = RUNS + <usize>(table - 4) * BYTES;
    for (let i = 0; i < 1 << LOOK; i++) {
      let bits = (<u64>i) << (64 - LOOK);
      let used: u32 = 0;
      let passed: u32 = 0;
      let before: u32 = 0;
      // Another symbol, as long as its code and the bits that follow it are all in the twelve.
      while (passed < 64) {
        const entry = Huffman.entry(lookup, bits);
        const length = entry & 255;
        if (!entry || (used > 0 && used + length > LOOK)) break;
        before = passed;
        passed += (entry >> 8) & 255;
        used += length;
        if (used >= LOOK) break;
        bits <<= length;
      }
      store<u32>(runs + ((<usize>i) << 2), (before << 16) | (passed << 8) | used);
    }
    store<u8>(READY + table, 1);
  }
}
