// Jobs in local workerd, case by case: events as R2 writes them, twice, of objects that are gone or no photos; who may
// make a job; parameters; cancelling; results. LONG=1: the large photo has its 100 megapixels.
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { defaultModelFile, type LocalWorker, startWorker } from '../../tools/workers/local-worker.ts';
import { JobsClient, ODD_KEYS, TOKENS } from './bucket.ts';

let worker: LocalWorker;
let client: JobsClient;
let jpeg: Buffer;

const put = async (key: string, bytes: Uint8Array | string) => {
  const object = await worker.jobs?.photos.put(key, bytes);
  return { key, etag: object?.etag ?? '' };
};

/** The message that R2 sends. */
const announcement = ({ key, etag }: { key: string; etag: string }, action = 'PutObject') => ({
  account: '3f4b7e3dcab231cbfdaa90a6a28bd548',
  action,
  bucket: 'photos',
  object: { key, size: 65_536, eTag: etag },
  eventTime: '2026-11-24T19:36:44.379Z',
});
const announce = (...messages: object[]) =>
  worker.jobs?.queue.sendBatch(messages.map((body) => ({ body, contentType: 'json' as const })));

/** A JPEG whose header says another size. */
function resized(file: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(file);
  const frame = copy.indexOf(Buffer.of(0xff, 0xc0));
  copy.writeUInt16BE(height, frame + 5);
  copy.writeUInt16BE(width, frame + 7);
  return copy;
}

function blankJpeg(width: number, height: number): Promise<Buffer> {
  const create = { width, height, channels: 3, background: '#808080' } as const;
  return sharp({ create, limitInputPixels: false }).jpeg().toBuffer();
}

beforeAll(async () => {
  const { key, file } = await defaultModelFile();
  worker = await startWorker(
    { MODEL: key, ...TOKENS, RETRY_SECONDS: '0' },
    { jobs: { queue: 'photos' }, onLog: () => {} },
  );
  await worker.bucket.put(key, await readFile(file));
  client = new JobsClient(worker);
  jpeg = await photograph(320, 240).jpeg().toBuffer();
});
afterAll(() => worker.stop());

describe('a job that watches', () => {
  test('events, twice, of what is gone, replaced, no image, large, or has an odd key', async () => {
    const id = await client.make({
      on: 'new',
      bucket: 'photos',
      prefix: 'in/',
      suffixes: ['.JPG', '.', ' '],
    });
    expect((await client.status(id)).state).toBe('watching');
    const good = await put('in/good.jpg', jpeg);
    const gone = { key: 'in/gone.jpg', etag: 'a'.repeat(32) };
    const replaced = { ...(await put('in/replaced.jpg', 'first')) };
    const second = await put('in/replaced.jpg', jpeg);
    const text = await put('in/text.jpg', 'this is no image');
    const large = await put('in/100mp.jpg', process.env.LONG ? await blankJpeg(11_000, 9_090) : jpeg);
    const huge = await put('in/121mp.jpg', resized(jpeg, 11_000, 11_000));
    const odd = await Promise.all(
      ODD_KEYS.filter((key) => /(?:\.jpg|\.| )$/.test(key)).map((key) => put(`in/${key}`, jpeg)),
    );
    const all = [good, gone, replaced, second, text, large, huge, ...odd];
    await announce(...all.map((object) => announcement(object)));
    await announce(
      ...all.map((object) => announcement(object, 'CompleteMultipartUpload')),
      announcement(good),
    );
    // What the job does not ask for, and what is no event of a new object.
    await announce(
      announcement(await put('out/good.jpg', jpeg)),
      announcement(await put('in/good.png', jpeg)),
      { ...announcement(good), bucket: 'another' },
      { ...announcement(good, 'DeleteObject'), object: { key: good.key } },
      { hello: 'world' },
    );
    const status = await client.until(id, ({ done, failed }) => done + failed >= all.length);
    expect(status).toMatchObject({ state: 'watching', listed: all.length, queued: 0, failed: 4, eta: 0 });
    const lines = await client.results(id);
    const names = (entries: { key: string; etag?: string }[]) =>
      entries.map(({ key, etag }) => `${etag} ${key}`).sort();
    expect(names(lines)).toEqual(names(all));
    const problems = lines.flatMap(({ key, etag, problem }) =>
      problem ? [[key, etag, problem.type.split(':').at(-1)]] : [],
    );
    expect(problems.sort()).toEqual(
      [
        [gone.key, gone.etag, 'photo-missing'],
        [replaced.key, replaced.etag, 'photo-replaced'],
        [text.key, text.etag, 'unsupported-image'],
        [huge.key, huge.etag, 'too-many-pixels'],
      ].sort(),
    );

    // The same once more, much later: nothing changes.
    await announce(...all.map((object) => announcement(object)));
    const fresh = await put('in/fresh.jpg', jpeg);
    await announce(announcement(fresh));
    await client.until(id, ({ done }) => done === status.done + 1);
    expect(await client.status(id)).toMatchObject({ listed: all.length + 1, queued: 0, failed: 4 });
    const cancelled = await client.ask(`/v1/jobs/${id}`, { method: 'DELETE' });
    expect(await cancelled.json()).toMatchObject({ state: 'cancelled', queued: 0 });
    await announce(announcement(await put('in/late.jpg', jpeg)));
    expect(await client.results(id)).toHaveLength(all.length + 1);
  });
});

describe('a job over what is there', () => {
  test('the same message twice changes nothing', async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => put(`twice/${name}.jpg`, jpeg)));
    const id = await client.make({ prefix: 'twice/', top_k: 1 });
    const status = await client.until(id, ({ state }) => state === 'finished');
    const part = `results/${id}/00000000.ndjson`;
    const before = await worker.jobs?.results.head(part);
    const message = {
      job: id,
      part: 0,
      photos: ['a', 'b', 'c'].map((name) => ({ key: `twice/${name}.jpg` })),
    };
    await announce(message, message);
    // Another job behind it in the queue: when it is done, the two messages were, too.
    await client.until(await client.make({ prefix: 'twice/' }), ({ state }) => state === 'finished');
    expect((await worker.jobs?.results.head(part))?.version).toBe(before?.version);
    expect(await client.status(id)).toEqual({ ...status, rate: expect.any(Number) });
  });

  test('parameters are those of /v1/classify', async () => {
    await put('one/photo.jpg', jpeg);
    const id = await client.make({
      prefix: 'one/',
      top_k: 2,
      crops: 10,
      include: ['embedding'],
      reject: 0.5,
      model: 'alexnet-ten-classes',
    });
    await client.until(id, ({ state }) => state === 'finished');
    const [line] = await client.results(id);
    const alone = await client.ask('/v1/classify?top_k=2&crops=10&include=embedding&reject=0.5', {
      method: 'POST',
      body: new Uint8Array(jpeg),
    });
    const { request_id: _, model, ...expected } = (await alone.json()) as Record<string, unknown>;
    expect(line).toMatchObject(expected);
    expect(line).toMatchObject({ key: 'one/photo.jpg', model: { name: 'alexnet-ten-classes' } });
    expect(model).toMatchObject({ name: 'alexnet-ten-classes' });
    expect(line?.embedding).toHaveLength(4096);
  });

  test('an empty prefix is finished at once; cancelling twice is cancelling once', async () => {
    const id = await client.make({ prefix: 'nothing/here/' });
    const status = await client.until(id, ({ state }) => state === 'finished');
    expect(status).toMatchObject({ listed: 0, queued: 0, done: 0, failed: 0, eta: 0 });
    expect(await client.results(id)).toEqual([]);
    for (let time = 0; time < 2; time++) {
      const answer = await client.ask(`/v1/jobs/${id}`, { method: 'DELETE' });
      expect([answer.status, ((await answer.json()) as { state: string }).state]).toEqual([200, 'cancelled']);
    }
  });

  test('one bucket for both: results are no photos', async () => {
    const id = await client.make({ prefix: 'twice/' });
    await client.until(id, ({ state }) => state === 'finished');
    const key = `results/${id}/00000000.ndjson`;
    await put(key, 'a part of results');
    const whole = await client.make({ prefix: 'results/' });
    expect(await client.until(whole, ({ state }) => state === 'finished')).toMatchObject({ listed: 0 });
  });
});

describe('a job that writes into an index', () => {
  interface Index {
    photos: number;
    matches: { key: string; distance: number }[];
  }
  const index = async (path: string, init?: RequestInit) =>
    (await (await client.ask(`/v1/index/${path}`, init)).json()) as Index;

  test('each photo once, of those that are nearly the same one; again it is the same', async () => {
    const other = await photograph(320, 240, 7).png().toBuffer();
    await put('album/1.jpg', jpeg);
    await put('album/2.jpg', jpeg);
    await put('album/3.jpg', await sharp(jpeg).jpeg({ quality: 95 }).toBuffer());
    await put('album/4.png', other);
    await put('album/5.jpg', 'this is no image');
    await put(`album/${'6'.repeat(300)}.jpg`, jpeg);
    const run = async (parameters: object) => {
      const id = await client.make({ prefix: 'album/', top_k: 1, ...parameters });
      const status = await client.until(id, ({ state }) => state === 'finished');
      expect(status).toMatchObject({ done: 4, failed: 2 });
      return client.results(id);
    };
    const first = await run({ index: 'album', dedupe: 12 });
    const left = Object.fromEntries(first.map((line) => [line.key, line.duplicate_of?.key]));
    expect(left).toMatchObject({ 'album/1.jpg': undefined, 'album/2.jpg': 'album/1.jpg' });
    expect(left).toMatchObject({ 'album/3.jpg': 'album/1.jpg', 'album/4.png': undefined });
    expect(first.find(({ key }) => key === 'album/2.jpg')?.duplicate_of?.distance).toBe(0);
    const problems = first.flatMap(({ problem }) => problem?.type.split(':').at(-1) ?? []);
    expect(problems.sort()).toEqual(['bad-parameter', 'unsupported-image']);
    expect((await index('album')).photos).toBe(2);
    const search = { method: 'POST', body: new Uint8Array(other) };
    expect((await index('album:search', search)).matches[0]).toMatchObject({
      key: 'album/4.png',
      distance: 0,
    });

    const again = await run({ index: 'album', dedupe: 12 });
    expect(again.map((line) => [line.key, line.duplicate_of])).toEqual(
      first.map((line) => [line.key, line.duplicate_of]),
    );
    expect((await index('album')).photos).toBe(2);
    const all = await run({ index: 'album' });
    expect(all.filter((line) => line.duplicate_of)).toEqual([]);
    expect((await index('album')).photos).toBe(4);
  });
});

describe('refusals', () => {
  const asked = async (path: string, init: RequestInit, status: number) => {
    const response = await client.ask(path, init);
    expect([path, response.status]).toEqual([path, status]);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    return ((await response.json()) as { detail: string }).detail;
  };
  const post = (body: unknown) => ({ method: 'POST', body: JSON.stringify(body) });

  test('who may not write', async () => {
    const bare = { headers: {} };
    await asked('/v1/jobs', { ...post({}), ...bare }, 401);
    await asked('/v1/jobs/20261124-203011-1a2b3c4d', { method: 'DELETE', ...bare }, 401);
  });

  test('parameters', async () => {
    expect(await asked('/v1/jobs', post({ colour: 1 }), 400)).toMatch(
      /unknown parameter colour; expected on/,
    );
    expect(await asked('/v1/jobs', post({ top_k: 1.5 }), 400)).toMatch(
      /a whole number from 0 to 1000, got 1.5/,
    );
    expect(await asked('/v1/jobs', post({ on: 'old' }), 400)).toMatch(/existing, new or both, got "old"/);
    expect(await asked('/v1/jobs', post({ suffixes: '.jpg' }), 400)).toMatch(/suffixes: expected a list/);
    expect(await asked('/v1/jobs', post({ dedupe: 4 }), 400)).toMatch(
      /dedupe: expected it together with index/,
    );
    expect(await asked('/v1/jobs', post({ index: 'a', crops: 10 }), 400)).toMatch(/it with crops of 1/);
    expect(await asked('/v1/jobs', post({ index: '../x' }), 400)).toMatch(/the name of an index/);
    expect(await asked('/v1/jobs', post({ index: 'a', dedupe: 65 }), 400)).toMatch(/0 to 64/);
    expect(await asked('/v1/jobs', post([]), 400)).toMatch(/a JSON object/);
    expect(await asked('/v1/jobs', { method: 'POST', body: '{' }, 400)).toMatch(/expected JSON/);
    expect(await asked('/v1/jobs', post({ model: 'other' }), 404)).toMatch(/there is no model other/);
    expect(await asked('/v1/jobs', post({ head: ['other'] }), 404)).toMatch(/there is no head other/);
    expect(await asked('/v1/jobs/x/results?only=x', {}, 400)).toMatch(/done or failed/);
  });

  test('a job that is not there', async () => {
    for (const id of ['20261124-203011-1a2b3c4d', 'x', '..%2f..'])
      for (const [path, init] of [
        [`/v1/jobs/${id}`, {}],
        [`/v1/jobs/${id}`, { method: 'DELETE' }],
        [`/v1/jobs/${id}/results`, {}],
      ] as const)
        expect(await asked(path, init, 404)).toMatch(/there is no job/);
  });

  test('the names of those that are', async () => {
    const { jobs } = (await (await client.ask('/v1/jobs')).json()) as { jobs: string[] };
    expect(jobs.length).toBeGreaterThan(2);
    expect(jobs).toEqual(jobs.toSorted());
  });
});
