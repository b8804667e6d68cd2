// Indexes of photos over HTTP, in workerd: what was put in is found, changes while others search and change, other models,
// and the same routes over a stub of Vectorize with the platform's limits.
import { describe, expect, it } from 'vitest';
import kernelsModule from '../../../build/kernels.wasm';
import { CodeScanner } from '../../../src/engine/hamming.ts';
import type { Bindings } from '../../../src/http/bindings.ts';
import { Budget, createShared } from '../../../src/isolate/budget.ts';
import { EmbeddedIndex } from '../../../src/retrieval/embedded-index.ts';
import { SegmentCache } from '../../../src/retrieval/segments.ts';
import { randomNumbers } from '../../../tools/fixtures/random.ts';
import { bindings, jpeg, jpegBase64, png, send, text } from '../worker.ts';

const WRITER = { WRITE_TOKENS: 'writer' };
const headers = { authorization: 'Bearer writer' };

interface Answer {
  status: number;
  matches: { key: string; similarity: number; distance?: number }[];
  pairs: { keys: string[]; distance: number }[];
  photos: number | null;
  complete: boolean;
  embedding: number[];
  parameter?: string;
  detail?: string;
  type?: string;
}

async function ask(
  method: string,
  path: string,
  body?: BodyInit,
  more: Partial<Bindings> = {},
): Promise<Answer> {
  const response = await send(
    path,
    { method, headers, ...(body === undefined ? {} : { body }) },
    { ...WRITER, ...more },
  );
  return { ...((await response.json()) as Answer), status: response.status };
}

const add = (path: string, body: BodyInit = jpeg) => ask('PUT', `/v1/index/${path}`, body);
const find = (name: string, body: BodyInit = jpeg, query = '') =>
  ask('POST', `/v1/index/${name}:search${query}`, body);

describe('an index in the bucket', () => {
  it('finds what was put in, best first', async () => {
    expect((await add('first/jpeg')).status).toBe(200);
    expect((await add('first/folder/a b.png', png)).status).toBe(200);
    const { matches, status } = await find('first');
    expect(status).toBe(200);
    expect(matches.map(({ key }) => key)).toEqual(['jpeg', 'folder/a b.png']);
    expect(matches[0]).toMatchObject({ similarity: 1, distance: 0 });
    expect(matches[1]?.similarity).toBeLessThan(1);
    expect((await find('first', png, '?k=1')).matches.map(({ key }) => key)).toEqual(['folder/a b.png']);
    expect(await ask('GET', '/v1/index/first')).toMatchObject({ photos: 2, store: 'embedded' });
  });

  it('takes the vector that classifying answers, of 256 and 1,024 numbers', async () => {
    await add('vectors/jpeg');
    for (const dims of [256, 1024]) {
      const { embedding } = await ask('POST', `/v1/classify?include=embedding&dims=${dims}`, jpeg);
      expect(embedding).toHaveLength(dims);
      const { matches } = await find('vectors', JSON.stringify({ vector: embedding }));
      expect(matches).toMatchObject([{ key: 'jpeg', similarity: 1, distance: 0 }]);
    }
    const json = await find('vectors', JSON.stringify({ image: jpegBase64 }));
    expect(json.matches).toMatchObject([{ key: 'jpeg', distance: 0 }]);
  });

  it('a key stands for its last photo; removed ones are gone', async () => {
    await add('keys/one');
    await add('keys/two', png);
    await add('keys/one', png);
    expect((await find('keys')).matches.map(({ distance }) => distance === 0)).toEqual([false, false]);
    expect((await ask('GET', '/v1/index/keys')).photos).toBe(2);
    expect((await ask('DELETE', '/v1/index/keys/one')).status).toBe(200);
    expect((await find('keys')).matches.map(({ key }) => key)).toEqual(['two']);
    expect(await ask('DELETE', '/v1/index/keys/one')).toMatchObject({ status: 404 });
    expect((await ask('DELETE', '/v1/index/keys')).status).toBe(200);
    expect((await find('keys')).status).toBe(404);
    const left = await bindings.MODELS?.list({ prefix: 'index/keys/' });
    expect(left?.objects).toEqual([]);
  });

  it('pairs that are nearly the same', async () => {
    await add('pairs/a');
    await add('pairs/b', png);
    await add('pairs/c');
    const { pairs, complete } = await ask('GET', '/v1/index/pairs/duplicates?max_distance=0');
    expect(pairs).toEqual([{ keys: ['a', 'c'], distance: 0 }]);
    expect(complete).toBe(true);
    expect((await ask('GET', '/v1/index/pairs/duplicates?max_distance=64')).pairs[0]?.keys).toEqual([
      'a',
      'c',
    ]);
  });

  it('refuses by name', async () => {
    await add('refused/a');
    expect(await add('NAME/a')).toMatchObject({ status: 400, parameter: 'name' });
    expect(await add(`refused/${'k'.repeat(257)}`)).toMatchObject({ status: 400, parameter: 'key' });
    expect(await add('refused/a%01b')).toMatchObject({ status: 400, parameter: 'key' });
    expect(await find('refused', jpeg, '?k=0')).toMatchObject({ status: 400, parameter: 'k' });
    expect(await find('refused', jpeg, '?k=101')).toMatchObject({ status: 400, parameter: 'k' });
    const short = await find('refused', JSON.stringify({ vector: [1, 2] }));
    expect(short).toMatchObject({ status: 400, parameter: 'vector' });
    expect(short.detail).toContain('256 or 1024 numbers');
    const both = await find('refused', JSON.stringify({ vector: new Array(256).fill(1), image: jpegBase64 }));
    expect(both).toMatchObject({ status: 400, parameter: 'image' });
    expect(await ask('GET', '/v1/index/refused/duplicates?max_distance=65')).toMatchObject({
      status: 400,
      parameter: 'max_distance',
    });
    expect(await find('nowhere')).toMatchObject({ status: 404 });
    expect(await find('refused', text)).toMatchObject({ status: 415 });
    const reader = await send('/v1/index/refused/a', { method: 'PUT', body: jpeg, headers }, {});
    expect(reader.status).toBe(403);
  });

  it('of another model is not searched', async () => {
    await bindings.MODELS?.put(
      'index/other/current',
      JSON.stringify({ format: 'alexnet-edge-index/1', model: 'a'.repeat(64), segments: [], gone: [] }),
    );
    const refused = await find('other');
    expect(refused).toMatchObject({ status: 409, type: 'urn:alexnet-edge:problem:index-model' });
    await bindings.MODELS?.put('index/broken/current', 'nothing of the kind');
    expect(await find('broken')).toMatchObject({ status: 500 });
  });
});

describe('changes at once', () => {
  const bucket = bindings.MODELS;
  if (!bucket) throw new Error('expected a bucket');
  const shared = createShared();
  const scanner = new CodeScanner(kernelsModule);
  const cache = new SegmentCache();
  /** What one request does with an index. */
  const request = async <T>(name: string, use: (index: EmbeddedIndex) => Promise<T>): Promise<T> => {
    const budget = new Budget(shared);
    try {
      return await use(new EmbeddedIndex({ bucket, cache, scanner, budget, name, model: 'b'.repeat(64) }));
    } finally {
      budget.finish();
    }
  };
  const put = (name: string, i: number) =>
    request(name, (index) => index.put(key(i), vectors[i] as Float32Array));
  const search = (name: string, i: number) =>
    request(name, (index) => index.search(vectors[i] as Float32Array, 100));
  const next = randomNumbers(9);
  const vectors = Array.from({ length: 60 }, () => Float32Array.from({ length: 1024 }, () => next() - 0.5));
  const key = (i: number) => `photo ${i}`;

  it('who searches while photos are added sees each of those that were there, once, and none that was removed', async () => {
    const index = 'at-once';
    for (let i = 0; i < 20; i++) await put(index, i);
    let adding = true;
    const change = async () => {
      for (let i = 20; i < 60; i++) {
        await put(index, i);
        if (i % 4 === 0) await request(index, (own) => own.remove(key(i - 20)));
        if (i % 5 === 0) await put(index, i);
      }
      adding = false;
    };
    const look = async () => {
      let searches = 0;
      let least = 20;
      for (; adding; searches++) {
        const found = (await search(index, 3)).map((match) => match.key);
        expect(new Set(found).size).toBe(found.length);
        // At most 10 are removed, and one is added before each.
        expect(found.length).toBeGreaterThanOrEqual(least);
        least = Math.max(least, found.length - 1);
        expect(found[0]).toBe(key(3));
      }
      return searches;
    };
    const [, searches] = await Promise.all([change(), look()]);
    // Here a search gets its turns so seldom that one may last as long as all of the changes.
    expect(searches).toBeGreaterThan(0);
    const expected = vectors.map((_, i) => i).filter((i) => !(i < 40 && i % 4 === 0));
    const found = await search(index, 3);
    expect(found.map((match) => match.key).sort()).toEqual(expected.map(key).sort());
  });

  it('two who change at once both do, or hear that it was not done', async () => {
    const index = 'two';
    const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map((i) => put(index, i)));
    const done = results.filter(({ status }) => status === 'fulfilled').length;
    expect(done).toBeGreaterThan(0);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'too-many-requests' });
    const found = await search(index, 0);
    expect(found).toHaveLength(done);
    const listed = await bucket.list({ prefix: `index/${index}/` });
    // The list, and no segment that nobody names.
    expect(listed.objects.length).toBe(1 + done);
  });
});

/** Vectorize as documented: ids and namespaces of 64 bytes, 1,536 dimensions, 100 matches, cosine. */
class VectorizeStub {
  readonly vectors = new Map<string, { values: number[]; namespace: string }>();
  down = false;

  #check(wrong: boolean, what: string): void {
    if (wrong || this.down) throw new Error(`VECTOR_ERROR ${what}`);
  }

  async upsert(vectors: VectorizeVector[]) {
    for (const { id, values, namespace = '' } of vectors) {
      const bytes = (value: string) => new TextEncoder().encode(value).length;
      this.#check(bytes(id) > 64 || bytes(namespace) > 64, 'id');
      this.#check(values.length !== 1024, 'dimensions');
      this.vectors.set(id, { values: Array.from(values), namespace });
    }
    return { mutationId: 'upsert' };
  }

  async query(vector: ArrayLike<number>, { topK = 5, namespace }: VectorizeQueryOptions) {
    this.#check(vector.length !== 1024 || topK > 100, 'query');
    const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => {
      const dot = (x: ArrayLike<number>, y: ArrayLike<number>) =>
        Array.from(x).reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    };
    const matches = [...this.vectors]
      .filter(([, stored]) => stored.namespace === namespace)
      .map(([id, { values }]) => ({ id, score: cosine(vector, values) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, topK);
    return { matches, count: matches.length };
  }

  async getByIds(ids: string[]) {
    return ids.filter((id) => this.vectors.has(id)).map((id) => ({ id, values: [] }));
  }

  async deleteByIds(ids: string[]) {
    for (const id of ids) this.vectors.delete(id);
    return { mutationId: 'delete' };
  }
}

describe('an index in Vectorize', () => {
  const stub = new VectorizeStub();
  const VECTORIZE = stub as unknown as Vectorize;
  const over = (method: string, path: string, body?: BodyInit) => ask(method, path, body, { VECTORIZE });

  it('the same routes', async () => {
    expect((await over('PUT', '/v1/index/v/jpeg', jpeg)).status).toBe(200);
    expect((await over('PUT', '/v1/index/v/folder/png', png)).status).toBe(200);
    expect((await over('PUT', '/v1/index/w/jpeg', jpeg)).status).toBe(200);
    const { matches } = await over('POST', '/v1/index/v:search?k=100', jpeg);
    expect(matches.map(({ key }) => key)).toEqual(['jpeg', 'folder/png']);
    expect(matches[0]?.similarity).toBeCloseTo(1, 6);
    expect(matches[0]?.distance).toBeUndefined();
    expect((await over('DELETE', '/v1/index/v/jpeg')).status).toBe(200);
    expect((await over('DELETE', '/v1/index/v/jpeg')).status).toBe(404);
    expect(await over('GET', '/v1/index/v')).toMatchObject({ photos: null, store: 'vectorize' });
  });

  it('says what it cannot', async () => {
    const long = await over('PUT', `/v1/index/v/${'k'.repeat(63)}`, jpeg);
    expect(long).toMatchObject({ status: 400, parameter: 'key' });
    const narrow = await over(
      'POST',
      '/v1/index/v:search',
      JSON.stringify({ vector: new Array(256).fill(1) }),
    );
    expect(narrow).toMatchObject({ status: 400, parameter: 'vector' });
    expect((await over('GET', '/v1/index/v/duplicates')).status).toBe(400);
    expect((await over('DELETE', '/v1/index/v')).status).toBe(400);
    stub.down = true;
    expect(await over('POST', '/v1/index/v:search', jpeg)).toMatchObject({ status: 504 });
  });
});
