// A whole bucket in local workerd with Miniflare's queues, while the buckets fail 5 % of the time and the consumer is
// ended three times in the middle: every photo has exactly one line, a result or a problem. LONG=1: 2,000 photos.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  bundleWorker,
  defaultModelFile,
  type LocalWorker,
  startWorker,
} from '../../tools/workers/local-worker.ts';
import { JobsClient, type StoredPhoto, somePhotos, TOKENS } from './bucket.ts';

const COUNT = process.env.LONG ? 2_000 : 100;
/** Each is in another part of the work. */
const KILLS = [0.13, 0.4, 0.85].map((share) => Math.floor(share * COUNT));

let worker: LocalWorker;
let photos: StoredPhoto[];

beforeAll(async () => {
  const folder = path.join(import.meta.dirname, '../../build/faulty');
  await bundleWorker('test/jobs/worker.ts', folder);
  const { key, file } = await defaultModelFile();
  const vars = { MODEL: key, ...TOKENS, FAULTS: '50', KILLS: KILLS.join(','), RETRY_SECONDS: '0' };
  worker = await startWorker(vars, { folder, main: 'worker.js', jobs: 'photos', onLog: () => {} });
  await worker.bucket.put(key, await readFile(file));
  photos = await somePhotos(COUNT);
  for (const { key, bytes } of photos) await worker.jobs?.photos.put(key, bytes);
});
afterAll(() => worker.stop());

test(`${COUNT} photos: each has one line`, async () => {
  const client = new JobsClient(worker);
  const id = await client.make({ prefix: 'photos/', top_k: 3 });
  const status = await client.until(id, ({ state }) => state === 'finished');
  const broken = photos.filter((photo) => photo.broken);
  expect(status).toMatchObject({
    listed: COUNT,
    queued: 0,
    done: COUNT - broken.length,
    failed: broken.length,
    eta: 0,
    problem: null,
  });
  expect(await (await client.ask('/kills')).text()).toBe('3');

  const lines = await client.results(id);
  expect(lines.map(({ key }) => key).sort()).toEqual(photos.map(({ key }) => key).sort());
  const byKey = new Map(lines.map((line) => [line.key, line]));
  for (const { key, broken } of photos) {
    expect([key, byKey.get(key)?.problem !== undefined]).toEqual([key, broken]);
    expect(byKey.get(key)?.predictions?.length ?? 0).toBe(broken ? 0 : 3);
  }
  expect((await client.results(id, '?only=failed')).map(({ key }) => key).sort()).toEqual(
    broken.map(({ key }) => key).sort(),
  );
  expect(await client.results(id, '?only=done')).toHaveLength(COUNT - broken.length);

  // The same photo says what it says when it is sent alone.
  for (const { key, bytes, broken } of photos.slice(0, 12)) {
    if (broken) continue;
    const alone = await client.ask('/v1/classify?top_k=3', { method: 'POST', body: new Uint8Array(bytes) });
    const { predictions } = (await alone.json()) as { predictions: unknown };
    expect([key, byKey.get(key)?.predictions]).toEqual([key, predictions]);
  }
});
