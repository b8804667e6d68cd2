// Dropout when answering (Gal and Ghahramani 2016): each pass keeps every unit of the hidden dense layers with
// probability 1/2 and doubles what it keeps, as in training (Krizhevsky et al. 2012, section 4.2, with the factor at the
// other end). What comes before the first mask is the same for all passes and is computed once; the rest runs as a batch.
// Doubling is exact in f32, and a mask is bits of a seeded integer generator: every machine has the same.
import { Xoshiro128 } from '../random/xoshiro.ts';

export interface Dropout {
  /** Masks, each a pass of the dense layers. */
  passes: number;
  /** 0 to 2^32 - 1. */
  seed: number;
}

const WORD_BITS = 32;

/**
 * The masks of each pass, one of each layer: bit u % 32 of word u / 32 keeps unit u. A pass's masks do not depend on how
 * many passes there are. @param units of each layer
 */
export function dropoutMasks(units: readonly number[], { passes, seed }: Dropout): Uint32Array[][] {
  return Array.from({ length: passes }, (_, pass) => {
    const random = Xoshiro128.seeded(seed, pass);
    return units.map((count) =>
      Uint32Array.from({ length: Math.ceil(count / WORD_BITS) }, () => random.next()),
    );
  });
}

/**
 * Doubles what the mask keeps and drops the rest. Returns the largest value written.
 * @param target f32, as long as the source or the source itself
 * @param source f32 [units], not negative
 */
export function applyMask(target: Float32Array, source: Float32Array, mask: Uint32Array): number {
  let max = 0;
  for (let unit = 0; unit < source.length; unit++) {
    const kept = ((mask[unit >>> 5] as number) >>> (unit & 31)) & 1;
    const value = (source[unit] as number) * (kept << 1);
    target[unit] = value;
    if (value > max) max = value;
  }
  return max;
}
