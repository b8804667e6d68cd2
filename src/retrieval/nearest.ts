// The photos that are most like one: of all segments the 200 whose codes differ in the fewest bits, then those in the order
// of their vectors. Ties by the earlier photo, so that the answer is one.
import type { CodeScanner } from '../engine/hamming.ts';
import { type Code, similarity } from './code.ts';
import type { Segment } from './segment.ts';

/** Photos whose vectors are compared. */
export const CANDIDATES = 200;
const BITS = 256;

export interface Match {
  key: string;
  /** Cosine of the angle between the vectors, -1 to 1. */
  similarity: number;
  /** Bits in which the codes differ, 0 to 256. */
  distance: number;
}

interface Candidate {
  key: string;
  distance: number;
  vector: Int8Array;
}

/** Places of the up to 200 smallest distances, each at most `limit`, in order; of equal ones the first. */
function smallest(distances: Int32Array, limit: number): number[] {
  const counts = new Int32Array(BITS + 1);
  for (const distance of distances) counts[distance] = (counts[distance] as number) + 1;
  let last = 0;
  for (let all = counts[0] as number; all < CANDIDATES && last < limit; all += counts[last] as number) last++;
  const found: number[] = [];
  for (let at = 0; at < distances.length; at++) if ((distances[at] as number) <= last) found.push(at);
  return found
    .sort((a, b) => (distances[a] as number) - (distances[b] as number) || a - b)
    .slice(0, CANDIDATES);
}

export class Nearest {
  readonly #scanner: CodeScanner;
  readonly #code: Code;
  #candidates: Candidate[] = [];

  constructor(scanner: CodeScanner, code: Code) {
    this.#scanner = scanner;
    this.#code = code;
  }

  /** Takes another segment in. Segments come in the order of their photos. */
  scan(segment: Segment): void {
    const distances = this.#scanner.distances(this.#code.bits, segment.codes);
    const worst = this.#candidates.length < CANDIDATES ? BITS : (this.#candidates.at(-1)?.distance ?? BITS);
    const found = smallest(distances, worst).map((at): Candidate => {
      const { key, vector } = segment.entry(at);
      return { key, distance: distances[at] as number, vector: vector.slice() };
    });
    // Sorting is stable: earlier photos stay before later ones of the same distance.
    this.#candidates = [...this.#candidates, ...found]
      .sort((a, b) => a.distance - b.distance)
      .slice(0, CANDIDATES);
  }

  /** The `k` most alike, best first; `k` at most 200. */
  best(k: number): Match[] {
    return this.#candidates
      .map(({ key, distance, vector }) => ({
        key,
        distance,
        similarity: similarity(this.#code.vector, vector),
      }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, k);
  }
}
