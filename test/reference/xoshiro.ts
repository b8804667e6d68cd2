// xoshiro128** in 64-bit whole numbers, and the way from a seed to its state, written down from the published text of both.
const WORD = 0xffffffffn;

function rotl(x: bigint, bits: bigint): bigint {
  return ((x << bits) | (x >> (32n - bits))) & WORD;
}

export function* xoshiroReference(state: readonly bigint[]): Generator<number> {
  let [s0 = 0n, s1 = 0n, s2 = 0n, s3 = 0n] = state;
  for (;;) {
    yield Number((rotl((s1 * 5n) & WORD, 7n) * 9n) & WORD);
    const t = (s1 << 9n) & WORD;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotl(s3, 11n);
  }
}

function fmix32(key: bigint): bigint {
  let h = key & WORD;
  h ^= h >> 16n;
  h = (h * 0x85ebca6bn) & WORD;
  h ^= h >> 13n;
  h = (h * 0xc2b2ae35n) & WORD;
  return h ^ (h >> 16n);
}

/** The numbers of a seed and a stream. */
export function seededReference(seed: number, stream: number): Generator<number> {
  const state = [0n, 1n, 2n, 3n].map((i) => fmix32(fmix32(BigInt(seed) + i * 0x9e3779b9n) + BigInt(stream)));
  return xoshiroReference(state);
}
