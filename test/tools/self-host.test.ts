// Self-hosting as docs/OPERATIONS.md describes it: the deployed bundle under plain workerd, the model on disk.
import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { workerdConfig } from '../../tools/self-host/config.ts';
import { defaultModelFile } from '../../tools/workers/local-worker.ts';
import { type PlainWorker, selfHostFolder, startPlainWorker } from '../../tools/workers/plain-worker.ts';

let worker: PlainWorker;
let jpeg: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  worker = await startPlainWorker(await selfHostFolder('self-host-test'));
  jpeg = new Uint8Array(await photograph(320, 240).jpeg().toBuffer());
});
afterAll(() => worker.stop());

test('classifies, from one read of the model on disk', async () => {
  const { key } = await defaultModelFile();
  const response = await fetch(new URL('/v1/classify', worker.url), { method: 'POST', body: jpeg });
  expect(response.status).toBe(200);
  const { model, predictions } = (await response.json()) as {
    model: { sha256: string };
    predictions: unknown[];
  };
  expect(key).toContain(model.sha256.slice(0, 12));
  expect(predictions).toHaveLength(5);
  const ready = await fetch(new URL('/readyz', worker.url));
  expect(await ready.json()).toMatchObject({ status: 'ready', model_reads: 1 });
});

test('serves the page with its policy, and leaves everything else to the Worker', async () => {
  const page = await fetch(worker.url);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const shared = /property="og:image" content="([^"]+)"/.exec(await page.clone().text())?.[1];
  expect(shared).toBe(new URL('/build/picture.jpg', page.url).href);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await page.text()).toContain('<h1>alexnet-edge</h1>');
  const { folder } = (await (await fetch(new URL('/build/current.json', worker.url))).json()) as {
    folder: string;
  };
  const kernels = await fetch(new URL(`${folder}decode.wasm`, worker.url));
  expect(kernels.headers.get('content-type')).toBe('application/wasm');
  expect(kernels.headers.get('cache-control')).toMatch(/immutable/);
  expect((await fetch(new URL('/nowhere.js', worker.url))).status).toBe(404);
  expect((await fetch(new URL('/openapi.json', worker.url))).status).toBe(200);
  const rest = await fetch(new URL('/v1/models/alexnet-ten-classes/file', worker.url), {
    headers: { range: 'bytes=20000000-' },
  });
  expect(rest.status).toBe(206);
  const whole = await readFile((await defaultModelFile()).file);
  expect(Buffer.from(await rest.arrayBuffer()).equals(whole.subarray(20_000_000))).toBe(true);
});

test('a range of the model that begins beyond its end is refused with its length', async () => {
  const { size } = await stat((await defaultModelFile()).file);
  for (const from of [size, 2 * size]) {
    const response = await fetch(new URL('/v1/models/alexnet-ten-classes/file', worker.url), {
      headers: { range: `bytes=${from}-` },
    });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe(`bytes */${size}`);
    expect(await response.json()).toMatchObject({ type: 'urn:alexnet-edge:problem:range-beyond-end' });
  }
});

test('has no jobs, and says what would make some', async () => {
  const response = await fetch(new URL('/v1/jobs', worker.url));
  expect(response.status).toBe(501);
  const { type, detail } = (await response.json()) as { type: string; detail: string };
  expect(type).toBe('urn:alexnet-edge:problem:jobs-unbound');
  for (const table of [
    '[[r2_buckets]]',
    '[[durable_objects.bindings]]',
    '[[queues.producers]]',
    'npm run bulk',
  ])
    expect(detail).toContain(table);
});

test('a model that is not on disk: 500 that says so, and the Worker goes on', async () => {
  const folder = await selfHostFolder('self-host-missing');
  await rm(path.join(folder, 'models', (await defaultModelFile()).key));
  const missing = await startPlainWorker(folder);
  try {
    const response = await fetch(new URL('/v1/classify', missing.url), { method: 'POST', body: jpeg });
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ type: expect.stringContaining('model-missing') });
    expect((await fetch(new URL('/healthz', missing.url))).status).toBe(200);
  } finally {
    await missing.stop();
  }
});

test('the folder tells the licenses of all code in it that is not ours', async () => {
  const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as { dependencies: object };
  const notices = await readFile('build/self-host-test/NOTICES.txt', 'utf8');
  for (const name of [...Object.keys(dependencies), 'assemblyscript', 'fflate'])
    expect(notices).toMatch(new RegExp(`^=+\n${name} \\d[^\n]* \\((MIT|Apache-2.0)\\)$`, 'm'));
  expect(notices.match(/Permission is hereby granted|Apache License/g)?.length).toBeGreaterThanOrEqual(8);
  // What is built with, but not bundled.
  expect(notices).not.toMatch(/^wrangler \d/m);
  // WebP is decoded by our own module.
  expect(notices).not.toMatch(/webp/i);
});

test('texts of the config are quoted', () => {
  const config = workerdConfig({
    modules: ['index.js'],
    compatibilityDate: '2026-10-20',
    variables: { CORS_ORIGINS: 'a"b\\c' },
    objects: [],
    pageHeaders: {},
  });
  expect(config).toContain('(name = "CORS_ORIGINS", text = "a\\"b\\\\c")');
});
