// The paper's change of light (Krizhevsky et al. 2012, section 4.1): each copy of a picture gets one shift of its colours,
//   [p1 p2 p3] [a1 l1, a2 l2, a3 l3],   a ~ N(0, 0.1),
// along the principal components p of RGB with eigenvalues l (src/network/colors.ts, units of 0..1). The normal numbers are
// Marsaglia's polar method over xoshiro128**, with a logarithm of IEEE operations alone: the same bits everywhere.
import { log } from '../heads/exact-math.ts';
import type { Colors } from '../network/colors.ts';
import { Xoshiro128 } from '../random/xoshiro.ts';

export interface Relight {
  copies: number;
  /** 0 to 2^32 - 1. */
  seed: number;
}

const SIGMA = 0.1;
const LEVELS = 255;
/** Streams of a seed from here on: dropout takes those below. */
const FIRST_STREAM = 1 << 16;

/** Numbers of the standard normal distribution. */
function normals(random: Xoshiro128, count: number): number[] {
  const found: number[] = [];
  while (found.length < count) {
    const x = 2 * random.fraction() - 1;
    const y = 2 * random.fraction() - 1;
    const square = x * x + y * y;
    if (square >= 1 || square === 0) continue;
    const factor = Math.sqrt((-2 * log(square)) / square);
    found.push(x * factor, y * factor);
  }
  return found.slice(0, count);
}

/** What a copy adds to R, G and B, in grey levels. A copy's shift does not depend on how many copies there are. */
export function colorShift(
  { values, vectors }: Colors,
  seed: number,
  copy: number,
): [number, number, number] {
  const [a = 0, b = 0, c = 0] = normals(Xoshiro128.seeded(seed, FIRST_STREAM + copy), 3);
  const along = [a * SIGMA * values[0], b * SIGMA * values[1], c * SIGMA * values[2]] as const;
  const channel = ([x, y, z]: readonly [number, number, number]) =>
    LEVELS * (x * along[0] + y * along[1] + z * along[2]);
  return [channel(vectors[0]), channel(vectors[1]), channel(vectors[2])];
}

/** A shifted copy, rounded to whole levels and cut to 0..255. @param pixels u8 RGB */
export function shifted(pixels: Uint8Array, shift: readonly [number, number, number]): Uint8Array {
  const tables = shift.map((by) =>
    Uint8Array.from({ length: LEVELS + 1 }, (_, level) =>
      Math.min(LEVELS, Math.max(0, Math.floor(level + by + 0.5))),
    ),
  );
  const [red, green, blue] = tables as [Uint8Array, Uint8Array, Uint8Array];
  const copy = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    copy[at] = red[pixels[at] as number] as number;
    copy[at + 1] = green[pixels[at + 1] as number] as number;
    copy[at + 2] = blue[pixels[at + 2] as number] as number;
  }
  return copy;
}
