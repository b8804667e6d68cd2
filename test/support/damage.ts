// How long the tests of damaged files are, by one variable for all of them, and how a file is damaged.

/** Mutations of each file: DAMAGE in the environment, or a length that ends in seconds. `npm run test:all` sets 2000. */
export const MUTATIONS_PER_FILE = Number(process.env.DAMAGE ?? 100);

/** The seed of the damage: SEED in the environment. */
export const SEED = Number(process.env.SEED ?? 20121206);

const TRUNCATIONS_PER_FILE = 5 * MUTATIONS_PER_FILE;

/** Lengths below a file's own, from 0: all of them, or as many as the tests' length allows. */
export function truncations(length: number): number[] {
  const step = Math.max(1, Math.floor(length / TRUNCATIONS_PER_FILE));
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);
}

/**
 * A copy with one to four edits: bits turned, bytes set, moved, left out or put in between.
 * @param next numbers from 0 to below 1
 */
export function mutated(file: Uint8Array, next: () => number): Uint8Array {
  const pick = (n: number) => Math.floor(next() * n);
  let bytes = Uint8Array.from(file);
  for (let edits = 1 + pick(4); edits > 0; edits--) {
    // Headers are short and matter most: half of the edits go there.
    const header = next() < 0.5 ? 64 : 200;
    const at = pick(next() < 0.5 ? Math.min(bytes.length, header) : bytes.length);
    const kind = next();
    if (kind < 0.4) bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8));
    else if (kind < 0.6) bytes[at] = pick(256);
    else if (kind < 0.7) bytes[at] = [0, 0xff, 0x80, 0x7f][pick(4)] ?? 0;
    else if (kind < 0.8) bytes.copyWithin(at, pick(bytes.length), pick(bytes.length));
    else if (kind < 0.9)
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + pick(8))]);
    else bytes = Uint8Array.from([...bytes.subarray(0, at), pick(256), pick(256), ...bytes.subarray(at)]);
  }
  return bytes;
}
