// The segments of indexes that an isolate has in memory: what was read last stays, up to a bound. Plain data, and segments
// never change: each request reads for itself, and nobody waits for another's read.
import { ServiceError } from '../errors.ts';
import type { Part } from './manifest.ts';
import { segmentKey } from './manifest.ts';
import { readKeys, Segment } from './segment.ts';

/** 30,000 photos of short keys. */
const CACHE_BYTES = 9_600_000;

export class SegmentCache {
  readonly #limit: number;
  /** In order of use. */
  readonly #segments = new Map<string, Segment>();
  #bytes = 0;

  constructor(limit = CACHE_BYTES) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(key: string): Segment | undefined {
    const found = this.#segments.get(key);
    if (found) {
      this.#segments.delete(key);
      this.#segments.set(key, found);
    }
    return found;
  }

  keep(key: string, segment: Segment): void {
    if (segment.bytes > this.#limit || this.#segments.has(key)) return;
    this.#segments.set(key, segment);
    this.#bytes += segment.bytes;
    for (const [oldest, { bytes }] of this.#segments) {
      if (this.#bytes <= this.#limit) break;
      this.#segments.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

/** Undefined: it is not there any more, because the index has changed. */
async function read(
  bucket: R2Bucket,
  key: string,
  expected: number,
  range?: R2Range,
): Promise<Uint8Array | undefined> {
  const object = await bucket.get(key, range ? { range } : {});
  if (!object) return undefined;
  const bytes = new Uint8Array(await object.arrayBuffer());
  if (bytes.length === expected) return bytes;
  throw new ServiceError(
    'index-damaged',
    `a segment of the index: expected ${expected} bytes, found ${bytes.length}; make the index anew`,
  );
}

/** The segment, from memory where it is there; undefined where it is gone. */
export async function readSegment(
  bucket: R2Bucket,
  cache: SegmentCache,
  name: string,
  part: Part,
): Promise<Segment | undefined> {
  const key = segmentKey(name, part.id);
  const known = cache.find(key);
  if (known) return known;
  const bytes = await read(bucket, key, part.bytes);
  if (!bytes) return undefined;
  const segment = new Segment(bytes);
  cache.keep(key, segment);
  return segment;
}

/** The keys of a segment without the rest; undefined where it is gone. */
export async function readSegmentKeys(
  bucket: R2Bucket,
  cache: SegmentCache,
  name: string,
  part: Part,
): Promise<readonly string[] | undefined> {
  const key = segmentKey(name, part.id);
  const known = cache.find(key);
  if (known) return known.keys;
  const bytes = await read(bucket, key, part.key_bytes, { offset: 0, length: part.key_bytes });
  return bytes && readKeys(bytes).keys;
}
