// A cold isolate with the real model, over real HTTP: twenty requests at once, five of their clients hang up; the
// others get the right answer from one read of the weights.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { defaultModelFile, type LocalWorker, startWorker } from '../../tools/workers/local-worker.ts';
import { abortedPost } from '../support/hang-up.ts';

const REQUESTS = 15;
const ABORTS = [5, 15, 30, 60, 120];

let worker: LocalWorker;
let jpeg: Buffer;

beforeAll(async () => {
  const { key, file } = await defaultModelFile();
  worker = await startWorker({ MODEL: key }, { onLog: () => {} });
  await worker.bucket.put(key, await readFile(file));
  jpeg = await photograph(320, 240).jpeg().toBuffer();
});
afterAll(() => worker.stop());

test('20 cold requests, 5 aborted: 15 equal answers, one read of the model', async () => {
  const url = new URL('/v1/classify?top_k=0', worker.url);
  const aborted = ABORTS.map((after) => abortedPost(url, jpeg, after));
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, async () => {
      const response = await fetch(url, { method: 'POST', body: new Uint8Array(jpeg) });
      return { status: response.status, body: (await response.json()) as { predictions: unknown[] } };
    }),
  );
  await Promise.all(aborted);
  expect(answers.map(({ status }) => status)).toEqual(Array(REQUESTS).fill(200));
  const [first] = answers;
  expect(first?.body.predictions.length).toBe(10);
  for (const { body } of answers) expect(body.predictions).toEqual(first?.body.predictions);
  const ready = await fetch(new URL('/readyz', worker.url));
  expect(await ready.json()).toMatchObject({ status: 'ready', model_reads: 1 });
});
