// A whole bucket in local workerd with Miniflare's queues, while the buckets fail 5 % of the time and the consumer is
// ended three times in the middle: every photo has exactly one line, a result or a problem. JOBS_LONG=1: 2,000 photos (another
// number: so many) and the default model instead of the tiny one; it says the time and the memory, and one photo ends the
// consumer always.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAndFind, type WorkerdProcess } from '../../tools/bench/machine/workerd-process.ts';
import { wasmMib } from '../../tools/load/memory.ts';
import { HeapProbe } from '../../tools/workers/heap-probe.ts';
import {
  bundleWorker,
  defaultModelFile,
  type LocalWorker,
  startWorker,
} from '../../tools/workers/local-worker.ts';
import { packTinyModel } from '../support/tiny-model.ts';
import { JobsClient, type StoredPhoto, somePhotos, TOKENS } from './bucket.ts';

const LONG = process.env.JOBS_LONG !== undefined;
const COUNT = !LONG ? 100 : process.env.JOBS_LONG === '1' ? 2_000 : Number(process.env.JOBS_LONG);
/** Each is in another part of the work. */
const KILLS = [0.13, 0.4, 0.85].map((share) => Math.floor(share * COUNT));

/** Photos that are stored at once. */
const TOGETHER = 32;
/** For a machine that does other things, too. */
const SLOW_MS = 600_000;
const FOLDER = path.join(import.meta.dirname, '../../build/faulty');

let worker: LocalWorker;
let workerd: WorkerdProcess;
let photos: StoredPhoto[];
let model: { key: string; bytes: Uint8Array };

async function readModel() {
  if (!LONG) return { key: 'tiny.safetensors', bytes: await packTinyModel(path.join(FOLDER, '../..')) };
  const { key, file } = await defaultModelFile();
  return { key, bytes: await readFile(file) };
}

async function store({ jobs }: LocalWorker, some: readonly StoredPhoto[]): Promise<void> {
  for (let at = 0; at < some.length; at += TOGETHER)
    await Promise.all(some.slice(at, at + TOGETHER).map(({ key, bytes }) => jobs?.photos.put(key, bytes)));
}

/** The isolate of the Worker, out of those that Miniflare has. */
async function openProbe(inspector: URL): Promise<HeapProbe> {
  const list = await fetch(new URL('/json', inspector.href.replace('ws:', 'http:')));
  const targets = v.parse(
    v.array(v.object({ id: v.string(), webSocketDebuggerUrl: v.string() })),
    await list.json(),
  );
  const own = targets.find(({ id }) => id.includes('alexnet-edge'));
  return HeapProbe.open(new URL(own?.webSocketDebuggerUrl ?? inspector));
}

beforeAll(async () => {
  await bundleWorker('test/jobs/worker.ts', FOLDER);
  model = await readModel();
  const vars = { MODEL: model.key, ...TOKENS, FAULTS: '50', KILLS: KILLS.join(','), RETRY_SECONDS: '0' };
  const jobs = { queue: 'photos' };
  const options = { folder: FOLDER, main: 'worker.js', jobs, onLog: () => {}, inspect: LONG };
  workerd = await startAndFind(() => startWorker(vars, options));
  ({ worker } = workerd);
  await worker.bucket.put(model.key, model.bytes);
  photos = await somePhotos(COUNT);
  await store(worker, photos);
}, SLOW_MS);
afterAll(() => worker.stop());

test(
  `${COUNT} photos: each has one line`,
  async () => {
    const client = new JobsClient(worker);
    const id = await client.make({ prefix: 'photos/', top_k: 3 });
    const started = performance.now();
    const probe = LONG && worker.inspector ? await openProbe(worker.inspector) : undefined;
    const cpuMs = await workerd.cpuMs();
    let peak = 0;
    let wasm = 0;
    const status = await client.until(id, async ({ state }) => {
      const { usedSize = 0, backingStorageSize = 0 } = (await probe?.usage()) ?? {};
      peak = Math.max(peak, usedSize + backingStorageSize);
      if (probe) wasm = Math.max(wasm, wasmMib(workerd.pid));
      return state === 'finished';
    });
    probe?.close();
    const seconds = (performance.now() - started) / 1000;
    if (LONG)
      console.log(
        `${COUNT} photos in ${seconds.toFixed(0)} s, ${((await workerd.cpuMs()) / 1000 - cpuMs / 1000).toFixed(0)} s of ` +
          `workerd's processor time; JavaScript heap ${(peak / 2 ** 20).toFixed(1)} MiB, wasm ${wasm.toFixed(1)} MiB at most`,
      );
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
  },
  SLOW_MS,
);

test.skipIf(!LONG)(
  'a photo that ends the consumer each time is given up, and no other of its message',
  async () => {
    const vars = { MODEL: model.key, ...TOKENS, POISON: 'photos/00020.jpg', RETRY_SECONDS: '0' };
    const jobs = { queue: 'poison', maxRetries: 3 };
    const poisoned = await startWorker(vars, { folder: FOLDER, main: 'worker.js', jobs, onLog: () => {} });
    try {
      await poisoned.bucket.put(model.key, model.bytes);
      const some = photos.slice(10, 40).filter(({ broken }) => !broken);
      await store(poisoned, some);
      const client = new JobsClient(poisoned);
      const id = await client.make({});
      const status = await client.until(id, ({ state }) => state === 'finished');
      expect(status).toMatchObject({ done: some.length - 1, failed: 1 });
      const [line, ...more] = await client.results(id, '?only=failed');
      expect(line).toMatchObject({
        key: 'photos/00020.jpg',
        problem: { type: 'urn:alexnet-edge:problem:not-classified' },
      });
      expect(more).toEqual([]);
    } finally {
      await poisoned.stop();
    }
  },
);
