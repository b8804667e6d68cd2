// A seeded generator whose numbers are the same everywhere: xoshiro128** (Blackman and Vigna 2018), 32-bit integers only.
// Its four words of state are made of seed and stream by the finaliser of MurmurHash3, which is a bijection: they are
// never all zero, and neighbouring seeds have nothing in common.

const GOLDEN = 0x9e3779b9;
const WORDS = 4;

function mixed(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function rotated(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** The state that a seed and a stream begin with: u32 [4]. */
export function seededState(seed: number, stream: number): Uint32Array {
  return Uint32Array.from({ length: WORDS }, (_, i) => mixed(mixed(seed + Math.imul(i, GOLDEN)) + stream));
}

export class Xoshiro128 {
  readonly #state: Uint32Array;

  /** @param state u32 [4], not all zero */
  constructor(state: Uint32Array) {
    this.#state = state;
  }

  /** @param seed 0 to 2^32 - 1 @param stream another sequence of the same seed */
  static seeded(seed: number, stream = 0): Xoshiro128 {
    return new Xoshiro128(seededState(seed, stream));
  }

  /** u32 */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    this.#state[1] = b ^ third;
    this.#state[0] = a ^ fourth;
    this.#state[2] = third ^ (b << 9);
    this.#state[3] = rotated(fourth, 11);
    return result;
  }

  /** A number of 32 bits from 0 to below 1. */
  fraction(): number {
    return this.next() / 2 ** 32;
  }
}
