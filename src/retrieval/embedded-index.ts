// An index in the bucket itself, searched in the isolate. Whoever changes it writes new segments first and then `current`,
// on condition that nobody else did in between; else it begins again. Whoever searches reads `current` once: segments
// that it names are whole and stay for a minute after they were replaced; where one is gone already, the search begins again.
import type { CodeScanner } from '../engine/hamming.ts';
import { excerpt, ServiceError } from '../errors.ts';
import type { Budget } from '../isolate/budget.ts';
import { codeOf } from './code.ts';
import {
  checkKey,
  emptyManifest,
  indexPrefix,
  MAX_SEGMENTS,
  type Manifest,
  manifestKey,
  mergeCount,
  type Part,
  parseManifest,
  photosOf,
  replaced,
  segmentKey,
} from './manifest.ts';
import { NearestOf } from './near.ts';
import { Nearest } from './nearest.ts';
import { duplicatePairs } from './pairs.ts';
import type { Duplicate, Found, IndexFacts, Near, NewPhoto, PhotoIndex } from './photo-index.ts';
import { type Entry, encodeSegment, keyBytes, type Segment } from './segment.ts';
import { readSegment, readSegmentKeys, type SegmentCache } from './segments.ts';

/** Times that a change or a search begins again. */
const TRIES = 5;
/** ms for a photo of a scan, and at least. */
const SCAN_MS = 2e-5;
const LEAST_MS = 1;
/** ms for a byte of segments that are written anew. */
const WRITE_MS = 2e-6;

interface State {
  manifest: Manifest;
  etag: string;
}

/** Thrown inside where a segment is gone. */
class Changed extends Error {}

export interface EmbeddedIndexParts {
  bucket: R2Bucket;
  cache: SegmentCache;
  scanner: CodeScanner;
  budget: Budget;
  name: string;
  /** SHA-256 of the model whose vectors come in. */
  model: string;
}

export class EmbeddedIndex implements PhotoIndex {
  readonly #parts: EmbeddedIndexParts;

  /** Throws ServiceError bad-parameter for a malformed name. */
  constructor(parts: EmbeddedIndexParts) {
    this.#parts = parts;
    indexPrefix(parts.name);
  }

  async put(key: string, vector: Float32Array): Promise<void> {
    await this.putAll([{ key, vector }]);
  }

  checkKey(key: string): void {
    checkKey(key);
  }

  async putAll(photos: readonly NewPhoto[], maxDistance?: number): Promise<(Near | undefined)[]> {
    const entries = photos.map(({ key, vector }): Entry => ({ key: checkKey(key), ...codeOf(vector) }));
    const last = new Map(entries.map((entry) => [entry.key, entry]));
    let near: (Near | undefined)[] = [];
    await this.#change(async (manifest, write) => {
      near = await this.#near(manifest.segments, entries, maxDistance);
      const added = entries.filter((entry, i) => near[i] === undefined && last.get(entry.key) === entry);
      const segments = await this.#withoutKeys(manifest.segments, new Set(last.keys()), write);
      if (segments.length >= MAX_SEGMENTS)
        throw new ServiceError('too-much-work', `index ${this.#parts.name} is full: make another one`);
      if (added.length > 0) segments.push(await write(added));
      return this.#merged(segments, write);
    }, true);
    return near;
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    await this.#change(async (manifest, write) => {
      const segments = await this.#withoutKeys(manifest.segments, new Set([key]), write);
      if (photosOf({ ...manifest, segments }) === photosOf(manifest))
        throw new ServiceError('not-found', `index ${this.#parts.name} has no photo ${excerpt(key)}`);
      return segments;
    }, false);
  }

  async clear(): Promise<void> {
    const { bucket, name } = this.#parts;
    await this.#required();
    await bucket.delete(manifestKey(name));
    for (let cursor: string | undefined; ; ) {
      const found = await bucket.list({ prefix: indexPrefix(name), ...(cursor ? { cursor } : {}) });
      if (found.objects.length > 0) await bucket.delete(found.objects.map(({ key }) => key));
      if (!found.truncated) return;
      cursor = found.cursor;
    }
  }

  search(vector: Float32Array, k: number): Promise<Found[]> {
    const { scanner, budget } = this.#parts;
    return this.#snapshot(async ({ manifest }) => {
      const ms = Math.max(LEAST_MS, photosOf(manifest) * SCAN_MS);
      budget.charge(ms, `searching ${photosOf(manifest)} photos`);
      const nearest = new Nearest(scanner, codeOf(vector));
      for (const part of manifest.segments)
        await this.#visit(part, async (segment) => {
          await budget.turn(Math.max(LEAST_MS, part.photos * SCAN_MS));
          nearest.scan(segment);
        });
      return nearest.best(k);
    });
  }

  async facts(): Promise<IndexFacts> {
    const { manifest } = await this.#required();
    const bytes = manifest.segments.reduce((sum, part) => sum + part.bytes, 0);
    return { photos: photosOf(manifest), bytes, store: 'embedded' };
  }

  duplicates(maxDistance: number): Promise<{ pairs: Duplicate[]; complete: boolean }> {
    const { scanner, budget } = this.#parts;
    return this.#snapshot(({ manifest }) =>
      duplicatePairs(manifest.segments, maxDistance, {
        scanner,
        budget,
        visit: (part, use) => this.#visit(part, use),
      }),
    );
  }

  /** `current`; undefined where there is no such index. Throws ServiceError index-damaged, index-model. */
  async #read(): Promise<State | undefined> {
    const { bucket, name, model } = this.#parts;
    const object = await bucket.get(manifestKey(name));
    if (!object) return undefined;
    const manifest = parseManifest(await object.text());
    if (manifest.model !== model)
      throw new ServiceError(
        'index-model',
        `index ${name} was made with the model ${manifest.model.slice(0, 12)}, this one is ${model.slice(0, 12)}: ` +
          'delete it and add its photos again',
      );
    return { manifest, etag: object.etag };
  }

  async #required(): Promise<State> {
    const state = await this.#read();
    if (state) return state;
    throw new ServiceError('not-found', `there is no index ${this.#parts.name}; PUT a photo into it`);
  }

  /** Does something with one state of the index, from the beginning where that changes meanwhile. */
  async #snapshot<T>(use: (state: State) => Promise<T>): Promise<T> {
    for (let tries = 0; tries < TRIES; tries++)
      try {
        return await use(await this.#required());
      } catch (error) {
        if (!(error instanceof Changed)) throw error;
      }
    throw this.#busy();
  }

  #busy(): ServiceError {
    return new ServiceError(
      'too-many-requests',
      `index ${this.#parts.name} is being changed by too many requests at once; try again`,
      { headers: { 'retry-after': '1' } },
    );
  }

  /** A segment while `use` reads it, out of the request's memory where it is not in the isolate's. */
  async #visit<T>(part: Part, use: (segment: Segment) => Promise<T>): Promise<T> {
    const { bucket, cache, budget, name } = this.#parts;
    const held = await budget.reserve(part.bytes);
    try {
      const segment = await readSegment(bucket, cache, name, part);
      if (!segment) throw new Changed();
      return await use(segment);
    } finally {
      held.leave();
    }
  }

  /** For each entry the photo that it is nearly the same as. */
  async #near(
    parts: readonly Part[],
    entries: readonly Entry[],
    maxDistance: number | undefined,
  ): Promise<(Near | undefined)[]> {
    if (maxDistance === undefined) return entries.map(() => undefined);
    const { scanner, budget, name } = this.#parts;
    const photos = parts.reduce((sum, part) => sum + part.photos, 0);
    budget.charge(photos * entries.length * SCAN_MS, `comparing with the ${photos} photos of index ${name}`);
    const nearest = new NearestOf(scanner, entries, maxDistance);
    for (const part of parts)
      await this.#visit(part, async (segment) => {
        await budget.turn(Math.max(LEAST_MS, part.photos * entries.length * SCAN_MS));
        nearest.scan(segment);
      });
    return nearest.found();
  }

  /** The segments without some keys; those that have one are written anew. */
  async #withoutKeys(parts: readonly Part[], gone: ReadonlySet<string>, write: Write): Promise<Part[]> {
    const { bucket, cache, name } = this.#parts;
    const kept: Part[] = [];
    for (const part of parts) {
      const keys = await readSegmentKeys(bucket, cache, name, part);
      if (!keys) throw new Changed();
      const left = keys.filter((key) => !gone.has(key)).length;
      if (left === keys.length) kept.push(part);
      else if (left > 0)
        await this.#visit(part, async (segment) => {
          kept.push(await write(segment.entries().filter(({ key }) => !gone.has(key))));
        });
    }
    return kept;
  }

  async #merged(parts: Part[], write: Write): Promise<Part[]> {
    const merged = parts.splice(parts.length - mergeCount(parts));
    if (merged.length === 0) return parts;
    const held = await this.#parts.budget.reserve(2 * merged.reduce((sum, { bytes }) => sum + bytes, 0));
    const entries: Entry[] = [];
    for (const part of merged)
      await this.#visit(part, async (segment) => {
        entries.push(...segment.entries());
      });
    const together = await write(entries);
    held.leave();
    return [...parts, together];
  }

  /** Puts other segments into the place of the present ones. @param create whether there may be no index yet */
  async #change(
    change: (manifest: Manifest, write: Write) => Promise<Part[]>,
    create: boolean,
  ): Promise<void> {
    const { bucket, name, model, budget } = this.#parts;
    for (let tries = 0; tries < TRIES; tries++) {
      const state = create ? await this.#read() : await this.#required();
      const written: string[] = [];
      const write: Write = async (entries) => {
        const bytes = encodeSegment(entries);
        budget.charge(bytes.length * WRITE_MS, 'writing the index');
        const id = crypto.randomUUID();
        written.push(id);
        await bucket.put(segmentKey(name, id), bytes);
        const text = entries.reduce((sum, { key }) => sum + new TextEncoder().encode(key).length, 0);
        return { id, photos: entries.length, bytes: bytes.length, key_bytes: keyBytes(entries.length, text) };
      };
      const before = state?.manifest ?? emptyManifest(model);
      let stored: R2Object | null = null;
      let unread: string[] = [];
      try {
        const after = replaced(before, await change(before, write), Date.now());
        unread = after.unread;
        stored = await bucket.put(manifestKey(name), JSON.stringify(after.manifest), {
          onlyIf: state ? { etagMatches: state.etag } : { etagDoesNotMatch: '*' },
        });
      } catch (error) {
        if (!(error instanceof Changed)) throw error;
      }
      const needless = stored ? unread : written;
      if (needless.length > 0) await bucket.delete(needless.map((id) => segmentKey(name, id)));
      if (stored) return;
    }
    throw this.#busy();
  }
}

/** Stores entries as a segment. */
type Write = (entries: readonly Entry[]) => Promise<Part>;
