// Changes and searches of an index at once, in many orders of the bucket's answers (fast-check's scheduler): whoever searches
// gets one of the states that the index had meanwhile, whole, and never a mixture; no change that was answered is lost. What
// `current` does not name any more is deleted at once here, which is harsher than the minute that it has.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CodeScanner } from '../../src/engine/hamming.ts';
import { ServiceError } from '../../src/errors.ts';
import { Budget, createShared } from '../../src/isolate/budget.ts';
import { codeOf, similarity } from '../../src/retrieval/code.ts';
import { EmbeddedIndex } from '../../src/retrieval/embedded-index.ts';
import { manifestKey, parseManifest, segmentKey } from '../../src/retrieval/manifest.ts';
import { readKeys } from '../../src/retrieval/segment.ts';
import { SegmentCache } from '../../src/retrieval/segments.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { kernelsModule } from '../support/kernel-builds.ts';

const NAME = 'at-once';
const CURRENT = manifestKey(NAME);
const scanner = new CodeScanner(kernelsModule('relaxed'));

/** A photo's vector, by its key and how often it was put before. */
function vectorOf(key: number, version: number): Float32Array {
  const next = randomNumbers(1 + 100 * key + version);
  return Float32Array.from({ length: 1024 }, () => next() - 0.5);
}

interface Stored {
  bytes: Uint8Array<ArrayBuffer>;
  etag: string;
}

/** What of R2 an index needs; each answer comes when the scheduler says, and is of that moment. */
class ScheduledBucket {
  readonly objects = new Map<string, Stored>();
  /** Keys of the photos of each state, in order. */
  readonly states: string[][] = [];
  readonly #scheduler: fc.Scheduler;
  #writes = 0;

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
  }

  async get(key: string, { range }: { range?: { offset: number; length: number } } = {}) {
    await this.#scheduler.schedule(Promise.resolve(), `get ${key}`);
    const found = this.objects.get(key);
    if (!found) return null;
    const bytes = range ? found.bytes.slice(range.offset, range.offset + range.length) : found.bytes;
    return {
      etag: found.etag,
      text: async () => new TextDecoder().decode(bytes),
      arrayBuffer: async () => bytes.slice().buffer,
    };
  }

  async put(
    key: string,
    value: string | Uint8Array,
    { onlyIf }: { onlyIf?: { etagMatches?: string; etagDoesNotMatch?: string } } = {},
  ) {
    await this.#scheduler.schedule(Promise.resolve(), `put ${key}`);
    const before = this.objects.get(key);
    if (onlyIf && onlyIf.etagMatches !== before?.etag) return null;
    const bytes = new Uint8Array(typeof value === 'string' ? new TextEncoder().encode(value) : value);
    const etag = String(++this.#writes);
    this.objects.set(key, { bytes, etag });
    if (key === CURRENT) this.#changed(parseManifest(new TextDecoder().decode(bytes)).segments);
    return { key, etag };
  }

  async delete(keys: string | string[]) {
    await this.#scheduler.schedule(Promise.resolve(), 'delete');
    for (const key of [keys].flat()) this.objects.delete(key);
  }

  #changed(segments: readonly { id: string }[]): void {
    const named = new Set(segments.map(({ id }) => segmentKey(NAME, id)));
    const known = new Set(this.#last);
    for (const key of known) if (!named.has(key)) this.objects.delete(key);
    this.#last = [...named];
    const keys = [...named].flatMap(
      (key) => readKeys(this.objects.get(key)?.bytes ?? new Uint8Array(0)).keys,
    );
    this.states.push(keys.sort());
  }
  #last: string[] = [];
}

type Step = { kind: 'put'; key: number } | { kind: 'remove'; key: number } | { kind: 'all'; keys: number[] };

/** Each writer has keys of its own, so that what is left in the end can be told. */
const stepsOf = (writer: number): fc.Arbitrary<Step[]> => {
  const key = fc.integer({ min: 0, max: 5 }).map((at) => 10 * writer + at);
  return fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('put' as const), key }),
      fc.record({ kind: fc.constant('remove' as const), key }),
      fc.record({ kind: fc.constant('all' as const), keys: fc.array(key, { minLength: 1, maxLength: 4 }) }),
    ),
    { minLength: 1, maxLength: 6 },
  );
};

const LEFT_ALONE = ['not-found', 'too-many-requests'];

test('one state, whole', async () => {
  let changed = 0;
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), stepsOf(0), stepsOf(1), async (scheduler, ...writers) => {
      const bucket = new ScheduledBucket(scheduler);
      const shared = createShared();
      const use = async <T>(work: (index: EmbeddedIndex) => Promise<T>): Promise<T> => {
        const budget = new Budget(shared);
        // A cache of one request: segments have to be read again each time.
        const cache = new SegmentCache();
        const model = 'b'.repeat(64);
        try {
          return await work(
            new EmbeddedIndex({
              bucket: bucket as unknown as R2Bucket,
              cache,
              scanner,
              budget,
              name: NAME,
              model,
            }),
          );
        } finally {
          budget.finish();
        }
      };
      const versions = new Map<number, number>();
      const left = new Set<number>();
      const photo = (key: number) => {
        versions.set(key, (versions.get(key) ?? 0) + 1);
        return { key: String(key), vector: vectorOf(key, versions.get(key) ?? 0) };
      };
      const write = async (steps: readonly Step[]) => {
        for (const step of steps)
          try {
            if (step.kind === 'remove') await use((index) => index.remove(String(step.key)));
            else {
              const keys = step.kind === 'put' ? [step.key] : step.keys;
              await use((index) => index.putAll(keys.map(photo)));
              for (const key of keys) left.add(key);
            }
            if (step.kind === 'remove') left.delete(step.key);
          } catch (error) {
            if (!(error instanceof ServiceError && LEFT_ALONE.includes(error.code))) throw error;
          }
      };
      await scheduler.waitFor(use((index) => index.putAll([photo(99)])));
      left.add(99);
      let writing = true;
      const search = async () => {
        const wanted = vectorOf(99, 1);
        while (writing) {
          const first = bucket.states.length - 1;
          try {
            const found = await use((index) => index.search(wanted, 200));
            const keys = found.map(({ key }) => key).sort();
            const meanwhile = bucket.states.slice(first).map((state) => state.join());
            expect(meanwhile).toContain(keys.join());
            expect(new Set(keys).size).toBe(keys.length);
            expect(found[0]).toMatchObject({ key: '99', similarity: 1, distance: 0 });
            for (const { key, similarity: said } of found) {
              const own = Array.from({ length: versions.get(Number(key)) ?? 0 }, (_, i) =>
                similarity(codeOf(wanted).vector, codeOf(vectorOf(Number(key), i + 1)).vector),
              );
              expect(own).toContain(said);
            }
          } catch (error) {
            if (!(error instanceof ServiceError && error.code === 'too-many-requests')) throw error;
          }
        }
      };
      const writes = Promise.all(writers.map(write)).finally(() => {
        writing = false;
      });
      await scheduler.waitFor(Promise.all([writes, search(), search()]));
      changed += bucket.states.length;
      expect(bucket.states.at(-1)).toEqual([...left].map(String).sort());
      // No segment lies about that nobody names.
      const named = parseManifest(new TextDecoder().decode(bucket.objects.get(CURRENT)?.bytes)).segments
        .length;
      expect(bucket.objects.size).toBe(1 + named);
    }),
    { numRuns: process.env.LONG === '1' ? 200 : 20, seed: 2012 },
  );
  expect(changed).toBeGreaterThan(60);
});
