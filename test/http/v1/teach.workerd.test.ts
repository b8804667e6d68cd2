// Teaching a head over HTTP: photos in, training, publishing, going back; what is refused; two writers at once; an
// object that is killed.
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodePointer, pointerKey } from '../../../src/heads/published.ts';
import type { Bindings } from '../../../src/http/bindings.ts';
import { answer, bindings, coldWorker, form, jpeg, jpegBase64, png, post, send, text } from '../worker.ts';
import { pictures } from './taught-pictures.ts';

const WRITER = { WRITE_TOKENS: 'writer' };
const authorization = 'Bearer writer';

interface Taught {
  detail: string;
  type: string;
  photos: number;
  version: string;
  versions: string[];
  layer: string;
  label: string;
  removed: number;
  heads: string[];
  examples: { id: string; added: boolean; file?: string; problem?: { status: number } }[];
  classes: { label: string; photos: number; ids: string[] }[];
  accuracy: { correct: number; of: number; share: number; low: number; high: number };
  suspicious: { id: string; label: string; predicted: string }[];
  limit?: Record<string, number>;
}

async function ask(
  method: string,
  path: string,
  body?: BodyInit,
  more: Partial<Bindings> = {},
  worker?: Parameters<typeof send>[3],
): Promise<{ status: number; body: Taught; code: string | undefined }> {
  const init = { method, headers: { authorization }, ...(body === undefined ? {} : { body }) };
  const response = await send(path, init, { ...WRITER, ...more }, worker);
  const found = (await response.json()) as Taught;
  return { status: response.status, body: found, code: found.type?.split(':').at(-1) };
}

const put = (name: string, label: string, body: BodyInit, more: Partial<Bindings> = {}) =>
  ask('PUT', `/v1/heads/${name}/examples/${encodeURIComponent(label)}`, body, more);

/** Teaches classes of `count` pictures each. */
async function teach(name: string, labels: readonly string[], count: number, from = 0): Promise<void> {
  for (const [at, label] of labels.entries())
    for (const picture of pictures(at, from, count))
      expect((await put(name, label, picture)).status).toBe(200);
}

describe('photos, training, serving', () => {
  beforeAll(() => teach('fruit', ['apple', 'pear'], 4));

  test('the same photo again is the same example', async () => {
    const [first] = pictures(0, 0, 1);
    const again = await put('fruit', 'apple', first ?? '');
    expect(again.body).toMatchObject({
      name: 'fruit',
      label: 'apple',
      photos: 4,
      examples: [{ added: false }],
    });
    expect((await ask('GET', '/v1/heads/fruit/examples')).body).toMatchObject({
      photos: 8,
      classes: [
        { label: 'apple', photos: 4 },
        { label: 'pear', photos: 4 },
      ],
    });
  });

  test('of another class it is refused, and nothing of a form with it is kept', async () => {
    const [first] = pictures(0, 0, 1);
    const [fresh] = pictures(1, 9, 1);
    const refused = await put('fruit', 'pear', form({ a: fresh ?? jpeg, b: first ?? jpeg }));
    expect([refused.status, refused.code]).toEqual([422, 'bad-examples']);
    expect(refused.body.detail).toMatch(/of "apple": delete it there first/);
    expect((await ask('GET', '/v1/heads/fruit/examples')).body.photos).toBe(8);
  });

  test('training publishes a head that every dialect serves; once more it is the same version', async () => {
    const first = await ask('POST', '/v1/heads/fruit:train');
    expect(first.body).toMatchObject({
      name: 'fruit',
      layer: expect.stringMatching(/^fc[67]$/),
      classes: [
        { label: 'apple', photos: 4 },
        { label: 'pear', photos: 4 },
      ],
      accuracy: { of: 8 },
    });
    expect(first.body.versions).toEqual([first.body.version]);
    const again = await ask('POST', '/v1/heads/fruit:train');
    expect(again.body).toEqual(first.body);
    const [picture] = pictures(1, 0, 1);
    const said = await answer(post('/v1/classify?head=fruit', picture ?? jpeg));
    expect(said.predictions[0]?.label).toBe('pear');
    const served = await send('/models/fruit', { method: 'POST', body: picture ?? jpeg });
    expect(await served.json()).toMatchObject([{ label: 'pear' }, { label: 'apple' }]);
    const { body } = await ask('GET', '/v1/heads/fruit');
    const { version, versions, layer, accuracy } = first.body;
    expect(body).toMatchObject({ version, versions, layer, accuracy });
    expect((await ask('GET', '/v1/heads')).body.heads).toContain('fruit');
  });

  test('a form and a list of JSON: each file its own result', async () => {
    const files = await put('forms', 'a', form({ one: jpeg, two: text, three: png }));
    expect(files.body.examples).toMatchObject([
      { file: 'one', added: true },
      { file: 'two', problem: { status: 415 } },
      { file: 'three', added: true },
    ]);
    const list = await put('forms', 'a', JSON.stringify({ images: [jpegBase64] }));
    expect(list.body).toMatchObject({ photos: 2, examples: [{ added: false }] });
  });

  test('roll back, forwards by training, delete', async () => {
    const { body: one } = await ask('POST', '/v1/heads/fruit:train');
    await teach('fruit', ['apple', 'pear'], 2, 20);
    const { body: two } = await ask('POST', '/v1/heads/fruit:train');
    expect(two.versions).toEqual([one.version, two.version]);
    expect((await ask('GET', '/v1/heads/fruit')).body.version).toBe(two.version);
    const back = await ask('POST', '/v1/heads/fruit:rollback');
    expect(back.body).toEqual({ name: 'fruit', version: one.version, versions: [one.version] });
    expect((await ask('GET', '/v1/heads/fruit')).body.version).toBe(one.version);
    expect((await ask('POST', '/v1/heads/fruit:rollback')).status).toBe(404);
    expect((await ask('DELETE', '/v1/heads/fruit')).status).toBe(200);
    expect((await ask('GET', '/v1/heads/fruit')).status).toBe(404);
    expect((await ask('DELETE', '/v1/heads/fruit')).status).toBe(404);
    expect((await bindings.MODELS?.list({ prefix: 'heads/fruit/' }))?.objects).toEqual([]);
    expect((await ask('GET', '/v1/heads/fruit/examples')).body.photos).toBe(0);
    expect((await post('/v1/classify?head=fruit', jpeg)).status).toBe(404);
  });

  test('one photo goes, a class goes', async () => {
    await teach('trees', ['oak', 'elm'], 3);
    const { classes } = (await ask('GET', '/v1/heads/trees/examples')).body;
    const id = classes.find(({ label }) => label === 'oak')?.ids[0];
    expect((await ask('DELETE', `/v1/heads/trees/examples/elm/${id}`)).status).toBe(404);
    expect((await ask('DELETE', `/v1/heads/trees/examples/oak/${id}`)).body.removed).toBe(1);
    expect((await ask('DELETE', '/v1/heads/trees/examples/elm')).body.removed).toBe(3);
    expect((await ask('GET', '/v1/heads/trees/examples')).body.photos).toBe(2);
  });

  test('photos of other things teach "none of these", and are no class', async () => {
    await teach('with-none', ['a', 'b', 'none'], 3);
    const { body } = await ask('POST', '/v1/heads/with-none:train');
    expect(body.classes.map(({ label }) => label)).toEqual(['a', 'b']);
    expect(body).toMatchObject({ strangers: 3 });
  });
});

describe('what is refused', () => {
  test.each([
    ['no photos', [], 0, 422, /two classes or more, got none/],
    ['one class', ['a'], 3, 422, /only "a"/],
    ['one photo a class', ['a', 'b'], 1, 422, /"a": expected 2 photos or more, got 1/],
  ])('training with %s', async (_, labels, count, status, message) => {
    const name = `bad-${count}`;
    await teach(name, labels, count);
    const found = await ask('POST', `/v1/heads/${name}:train`);
    expect([found.status, found.code]).toEqual([status, 'bad-examples']);
    expect(found.body.detail).toMatch(message);
    expect((await ask('GET', `/v1/heads/${name}`)).status).toBe(404);
  });

  test.each(['..%2Fx', '%2e%2e%2fx', 'A', '-x', 'x'.repeat(65), 'a%20b'])('a head named %s', async (name) => {
    const examples = `/v1/heads/${name}/examples`;
    for (const [method, path, body] of [
      ['GET', `/v1/heads/${name}`],
      ['DELETE', `/v1/heads/${name}`],
      ['GET', examples],
      ['PUT', `${examples}/a`, jpeg],
      ['DELETE', `${examples}/a`],
      ['POST', `/v1/heads/${name}:rollback`],
      ['POST', `/v1/heads/${name}:train`],
    ] as const) {
      const found = await ask(method, path, body);
      expect([method, found.status, found.code]).toEqual([method, 400, 'bad-parameter']);
    }
  });

  test('labels: no control characters, at most 200 characters; slashes and points are only text', async () => {
    for (const label of ['a\nb', 'x'.repeat(201), '\0'])
      expect((await put('labels', label, jpeg)).code).toBe('bad-parameter');
    expect((await put('labels', '../../x', jpeg)).body.label).toBe('../../x');
    expect((await put('labels', 'Äpfel & Birnen', png)).body).toMatchObject({ photos: 1 });
  });

  test('photos and classes over the bounds: 413 that names the command line, and nothing is kept', async () => {
    await teach('full', ['a', 'b'], 2);
    const [fresh] = pictures(0, 30, 1);
    const photos = await put('full', 'a', fresh ?? '', { MAX_HEAD_PHOTOS: '4' });
    expect([photos.status, photos.code, photos.body.limit]).toEqual([
      413,
      'too-many-examples',
      { photos: 4 },
    ]);
    expect(photos.body.detail).toContain('npm run heads');
    const classes = await put('full', 'c', fresh ?? '', { MAX_HEAD_CLASSES: '2' });
    expect([classes.status, classes.code, classes.body.limit]).toEqual([
      413,
      'too-many-examples',
      { classes: 2 },
    ]);
    expect((await put('full', 'none', fresh ?? '', { MAX_HEAD_CLASSES: '2' })).status).toBe(200);
    expect((await ask('GET', '/v1/heads/full/examples')).body.photos).toBe(5);
  });

  test('a training over its time: 413 that names the command line', async () => {
    await teach('slow', ['a', 'b'], 20);
    const found = await ask('POST', '/v1/heads/slow:train', undefined, { MAX_TRAIN_MS: '1' });
    expect([found.status, found.code, found.body.limit]).toEqual([413, 'too-much-work', { train_ms: 1 }]);
    expect(found.body.detail).toContain('npm run heads');
  });

  test('no token, a reader, no binding', async () => {
    const init = { method: 'PUT', body: jpeg };
    const at = '/v1/heads/x/examples/a';
    expect((await send(at, init)).status).toBe(403);
    expect((await send(at, init, WRITER)).status).toBe(401);
    const reader = { ...init, headers: { authorization: 'Bearer reader' } };
    const refused = await send(at, reader, { ...WRITER, API_TOKENS: 'reader' });
    expect([refused.status, (await answer(refused)).type]).toEqual([
      403,
      'urn:alexnet-edge:problem:token-scope',
    ]);
    const response = await send(
      at,
      { ...init, headers: { authorization } },
      { ...WRITER, HEADS: undefined as never },
    );
    expect([response.status, (await answer(response)).detail]).toEqual([
      500,
      expect.stringContaining('HEADS'),
    ]);
  });

  test('a photo that is none', async () => {
    expect((await put('x', 'a', text)).status).toBe(415);
    expect((await put('x', 'a', '')).code).toBe('empty-body');
    expect((await ask('GET', '/v1/heads/x/examples')).body.photos).toBe(0);
  });

  test('examples of another model', async () => {
    await teach('moved', ['a', 'b'], 2);
    const stub = bindings.HEADS?.get(bindings.HEADS.idFromName('moved'));
    if (!stub) throw new Error('expected the binding HEADS');
    const other = { name: 'other', sha256: 'cd'.repeat(32), layers: [{ name: 'fc6', outputs: 3 }] };
    const limits = { photos: 10, classes: 10 };
    const reply = await stub.add('a', [Uint8Array.of(1, 2, 3)], other, limits);
    expect(reply).toMatchObject({ ok: false, problem: { code: 'head-backbone' } });
    expect(await ask('DELETE', '/v1/heads/moved')).toMatchObject({ status: 200 });
    expect(await stub.add('a', [Uint8Array.of(1, 2, 3)], other, limits)).toMatchObject({ ok: true });
  });

  test('a damaged pointer in the bucket stops publishing, and says what to do', async () => {
    await teach('torn', ['a', 'b'], 2);
    await bindings.MODELS?.put(pointerKey('torn'), '{"versions": [');
    const found = await ask('POST', '/v1/heads/torn:train');
    expect([found.status, found.code]).toEqual([500, 'head-damaged']);
    await bindings.MODELS?.put(pointerKey('torn'), encodePointer({ versions: ['aaaaaaaaaaaa'] }));
    expect((await ask('POST', '/v1/heads/torn:train')).status).toBe(200);
  });
});

describe('several at once', () => {
  test('two who teach lose nothing', async () => {
    const mine = pictures(0, 0, 10);
    const theirs = pictures(1, 0, 10);
    await Promise.all([
      ...mine.map((picture) => put('both', 'mine', picture)),
      ...theirs.map((picture) => put('both', 'theirs', picture)),
    ]);
    expect((await ask('GET', '/v1/heads/both/examples')).body).toMatchObject({
      photos: 20,
      classes: [{ photos: 10 }, { photos: 10 }],
    });
  });

  test('two who train, and one who teaches meanwhile: in some order, the last version in use', async () => {
    const [fresh] = pictures(0, 40, 1);
    const [one, added, two] = await Promise.all([
      ask('POST', '/v1/heads/both:train'),
      put('both', 'mine', fresh ?? ''),
      ask('POST', '/v1/heads/both:train'),
    ]);
    expect([one.status, added.status, two.status]).toEqual([200, 200, 200]);
    const { body } = await ask('GET', '/v1/heads/both');
    expect([one.body.version, two.body.version]).toContain(body.version);
    const last = await ask('POST', '/v1/heads/both:train');
    expect(last.body.accuracy.of).toBe(21);
  });

  test('more trainings than may wait: 429, and the others are done', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, () => ask('POST', '/v1/heads/both:train')));
    const statuses = new Set(all.map(({ status }) => status));
    expect([...statuses].sort()).toEqual([200, 429]);
    expect((await ask('POST', '/v1/heads/both:train')).status).toBe(200);
  });
});

describe('an object that ends', () => {
  test('its examples outlive it', async () => {
    await teach('lasting', ['a', 'b'], 2);
    const stub = bindings.HEADS?.get(bindings.HEADS.idFromName('lasting'));
    if (stub) await evictDurableObject(stub);
    expect((await ask('GET', '/v1/heads/lasting/examples')).body.photos).toBe(4);
  });

  test('in the middle of a training: the old head goes on, the next training works', async () => {
    await teach('killed', ['a', 'b'], 12);
    const { body: old } = await ask('POST', '/v1/heads/killed:train');
    await teach('killed', ['a', 'b'], 2, 20);
    const stub = bindings.HEADS?.get(bindings.HEADS.idFromName('killed'));
    if (!stub) throw new Error('expected the binding HEADS');
    // Its bucket takes the new version's file and then nothing more.
    await runInDurableObject(stub, (instance) => {
      const { env } = instance as unknown as { env: Bindings };
      const bucket = env.MODELS;
      Object.defineProperty(instance, 'env', {
        value: {
          MODELS: new Proxy(bucket as R2Bucket, {
            get: (target, property) =>
              property === 'put'
                ? async (key: string, value: Uint8Array) => {
                    if (key.endsWith('/current')) return new Promise(() => {});
                    return target.put(key, value);
                  }
                : Reflect.get(target, property).bind(target),
          }),
        },
      });
    });
    const hanging = ask('POST', '/v1/heads/killed:train');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await abortAllDurableObjects();
    expect((await hanging).code).toBe('head-unreachable');
    const worker = coldWorker();
    expect((await ask('GET', '/v1/heads/killed', undefined, {}, worker)).body.version).toBe(old.version);
    expect((await send('/v1/classify?head=killed', { method: 'POST', body: jpeg }, {}, worker)).status).toBe(
      200,
    );
    const { body: next } = await ask('POST', '/v1/heads/killed:train');
    expect(next.versions).toEqual([old.version, next.version]);
    expect(next.accuracy.of).toBe(28);
  });
});
