// For photos that are to be added, the photo that each is nearly the same as: the one of another key whose code differs in
// the fewest bits, of those in the index and those before it in the list that are not left out themselves. Ties by the
// earlier photo, so that the answer is one.
import type { CodeScanner } from '../engine/hamming.ts';
import { CODE_BYTES } from './code.ts';
import type { Near } from './photo-index.ts';
import type { Entry, Segment } from './segment.ts';

export class NearestOf {
  readonly #scanner: CodeScanner;
  readonly #entries: readonly Entry[];
  readonly #maxDistance: number;
  /** They are added: what the index has under their keys is no more when they are. */
  readonly #own: ReadonlySet<string>;
  readonly #near: (Near | undefined)[];

  /** @param maxDistance bits in which codes may differ */
  constructor(scanner: CodeScanner, entries: readonly Entry[], maxDistance: number) {
    this.#scanner = scanner;
    this.#entries = entries;
    this.#maxDistance = maxDistance;
    this.#own = new Set(entries.map(({ key }) => key));
    this.#near = entries.map(() => undefined);
  }

  /** Takes another segment in. Segments come in the order of their photos. */
  scan(segment: Segment): void {
    this.#entries.forEach(({ bits }, i) => {
      this.#scanner.distances(bits, segment.codes).forEach((distance, at) => {
        const key = segment.keys[at];
        if (key !== undefined && !this.#own.has(key)) this.#offer(i, { key, distance });
      });
    });
  }

  #offer(i: number, near: Near): void {
    if (near.distance <= Math.min(this.#maxDistance, (this.#near[i]?.distance ?? Infinity) - 1))
      this.#near[i] = near;
  }

  /** For each entry what it is like; to be called once, after the last segment. */
  found(): (Near | undefined)[] {
    const added: Entry[] = [];
    this.#entries.forEach((entry, i) => {
      const codes = new Uint8Array(added.length * CODE_BYTES);
      added.forEach(({ bits }, at) => {
        codes.set(bits, at * CODE_BYTES);
      });
      this.#scanner.distances(entry.bits, codes).forEach((distance, at) => {
        const key = added[at]?.key;
        if (key !== undefined && key !== entry.key) this.#offer(i, { key, distance });
      });
      if (!this.#near[i]) added.push(entry);
    });
    return this.#near;
  }
}
