// "Find alike": the photos of a folder as vectors and codes, searched as an index of the server is (src/retrieval).
import { CodeScanner } from '../engine/hamming.ts';
import { type Code, codeOf } from '../retrieval/code.ts';
import { Nearest } from '../retrieval/nearest.ts';
import { NARROW, project } from '../retrieval/projection.ts';
import { encodeSegment, SEGMENT_PHOTOS, Segment } from '../retrieval/segment.ts';

export interface Alike {
  photo: number;
  /** Cosine of the angle between the vectors, -1 to 1. */
  similarity: number;
  /** Bits of 256 in which the codes differ. */
  distance: number;
}

export class Album {
  readonly #codes = new Map<number, Code>();
  /** Of all photos; made when they are searched. */
  #segments: Segment[] | undefined;

  clear(): void {
    this.#codes.clear();
    this.#segments = undefined;
  }

  /** @param embedding f32: what the last layer reads */
  add(photo: number, embedding: Float32Array): void {
    this.#codes.set(photo, codeOf(project(embedding, NARROW)));
    this.#segments = undefined;
  }

  /** The `count` most alike, best first, without the photo itself. @param of its number, or another photo's embedding */
  alike(kernels: WebAssembly.Module, of: number | Float32Array, count: number): Alike[] {
    const code = typeof of === 'number' ? this.#codes.get(of) : codeOf(project(of, NARROW));
    if (!code) return [];
    const nearest = new Nearest(new CodeScanner(kernels), code);
    this.#segments ??= this.#pack();
    for (const segment of this.#segments) nearest.scan(segment);
    return nearest
      .best(count + 1)
      .map(({ key, ...rest }) => ({ photo: Number(key), ...rest }))
      .filter(({ photo }) => photo !== of)
      .slice(0, count);
  }

  #pack(): Segment[] {
    const entries = [...this.#codes].map(([photo, code]) => ({ key: String(photo), ...code }));
    const segments: Segment[] = [];
    for (let from = 0; from < entries.length; from += SEGMENT_PHOTOS)
      segments.push(new Segment(encodeSegment(entries.slice(from, from + SEGMENT_PHOTOS))));
    return segments;
  }
}
