// The cache of heads: bounded whatever is asked, right under random access, and new versions are seen in time.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HeadCatalog } from '../../src/heads/catalog.ts';
import { encodeHead } from '../../src/heads/file.ts';
import {
  encodePointer,
  headVersion,
  pointerKey,
  rolledBack,
  versionKey,
  withVersion,
} from '../../src/heads/published.ts';
import { train } from '../../src/heads/train.ts';
import type { Objects } from '../../src/model/objects.ts';
import { randomIntegers } from '../../tools/fixtures/random.ts';
import { OPTIONS, someExamples } from './examples.ts';

class FakeBucket implements Objects {
  stored = new Map<string, Uint8Array>();
  reads = 0;
  broken = false;
  async get(key: string) {
    this.reads++;
    if (this.broken) throw new Error('the bucket is away');
    return this.stored.get(key);
  }
  async folders() {
    return [...this.stored.keys()]
      .filter((key) => key.endsWith('/current'))
      .map((key) => key.split('/')[1] ?? '');
  }
}

const trained = train(someExamples(['a', 'b'], 5), OPTIONS).head;

async function publish(bucket: FakeBucket, name: string, temperature: number): Promise<string> {
  const { bytes, sha256 } = await encodeHead({ ...trained, facts: { ...trained.facts, name, temperature } });
  const version = headVersion(sha256);
  bucket.stored.set(versionKey(name, version), bytes);
  bucket.stored.set(pointerKey(name), encodePointer(withVersion(undefined, version)));
  return version;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('1,000 heads, random access: each is right, the cache stays within its bytes', async () => {
  const bucket = new FakeBucket();
  for (let i = 0; i < 1_000; i++) await publish(bucket, `head-${i}`, 1 + i);
  const catalog = new HeadCatalog({ cacheBytes: 60_000 });
  const next = randomIntegers(16);
  for (let i = 0; i < 3_000; i++) {
    const which = next(1_000);
    const found = await catalog.find(`head-${which}`, bucket);
    expect(found?.head.facts.temperature).toBe(1 + which);
    expect(catalog.cachedBytes).toBeLessThanOrEqual(60_000);
  }
  expect(await catalog.names(bucket)).toHaveLength(1_000);
});

test('a head in use is not read again; another version is seen within three seconds', async () => {
  const bucket = new FakeBucket();
  const catalog = new HeadCatalog();
  await publish(bucket, 'things', 1);
  await catalog.find('things', bucket);
  expect(bucket.reads).toBe(2);
  await publish(bucket, 'things', 2);
  for (let i = 0; i < 50; i++) await catalog.find('things', bucket);
  expect(bucket.reads).toBe(2);
  vi.advanceTimersByTime(3_000);
  expect((await catalog.find('things', bucket))?.head.facts.temperature).toBe(2);
  expect(bucket.reads).toBe(4);
  bucket.stored.delete(pointerKey('things'));
  vi.advanceTimersByTime(3_000);
  expect(await catalog.find('things', bucket)).toBeUndefined();
  expect(catalog.cachedBytes).toBe(0);
});

test('a cached head outlives the bucket; one that is not there says so', async () => {
  const bucket = new FakeBucket();
  const catalog = new HeadCatalog();
  await publish(bucket, 'things', 1);
  await catalog.find('things', bucket);
  bucket.broken = true;
  vi.advanceTimersByTime(10_000);
  expect((await catalog.find('things', bucket))?.head.facts.temperature).toBe(1);
  await expect(catalog.find('others', bucket)).rejects.toMatchObject({ code: 'model-unreachable' });
});

test.each(['../x', 'a/b', '', 'A', 'x'.repeat(65), '-x', 'a%2e'])('name %j reaches no key', async (name) => {
  const bucket = new FakeBucket();
  await expect(new HeadCatalog().find(name, bucket)).rejects.toMatchObject({ code: 'bad-parameter' });
  expect(bucket.reads).toBe(0);
});

test('a damaged file, pointer or version is head-damaged', async () => {
  const bucket = new FakeBucket();
  const version = await publish(bucket, 'things', 1);
  const file = bucket.stored.get(versionKey('things', version)) ?? new Uint8Array(0);
  bucket.stored.set(versionKey('things', version), file.slice(0, -1));
  await expect(new HeadCatalog().find('things', bucket)).rejects.toMatchObject({ code: 'head-damaged' });
  bucket.stored.delete(versionKey('things', version));
  await expect(new HeadCatalog().find('things', bucket)).rejects.toMatchObject({ code: 'head-damaged' });
  bucket.stored.set(pointerKey('things'), new TextEncoder().encode('{"versions":["../../x"]}'));
  await expect(new HeadCatalog().find('things', bucket)).rejects.toMatchObject({ code: 'head-damaged' });
});

test('pointers: publishing again, rolling back', () => {
  const [a, b] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
  const two = withVersion(withVersion(undefined, a), b);
  expect(two.versions).toEqual([a, b]);
  expect(withVersion(two, a).versions).toEqual([b, a]);
  expect(rolledBack('x', two).versions).toEqual([a]);
  expect(() => rolledBack('x', { versions: [a] })).toThrow(/no version before/);
});
