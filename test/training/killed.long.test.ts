// Self-hosted, teaching survives what a process may suffer: killed in the middle of a training, the old head goes on,
// no example is lost, and the next training works. The folder made anew keeps both.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { randomIntegers } from '../../tools/fixtures/random.ts';
import { makeSelfHostFolder } from '../../tools/self-host/folder.ts';
import { defaultModelFile } from '../../tools/workers/local-worker.ts';
import { type PlainWorker, selfHostFolder, startPlainWorker } from '../../tools/workers/plain-worker.ts';
import { encodePng } from '../support/encode-png.ts';

const TOKEN = { authorization: 'Bearer writer' };

interface Taught {
  photos: number;
  version: string;
  versions: string[];
}

let worker: PlainWorker | undefined;
afterEach(() => worker?.stop());

async function letWriters(folder: string): Promise<void> {
  const file = path.join(folder, 'worker.capnp');
  const config = await readFile(file, 'utf8');
  const variable = '(name = "WRITE_TOKENS", text = "writer"),';
  await writeFile(file, config.replace('(name = "MODEL",', `${variable}\n    (name = "MODEL",`));
}

async function ask(
  method: string,
  address: string,
  body?: BodyInit,
): Promise<{ status: number; body: Taught }> {
  const init = { method, headers: TOKEN, ...(body === undefined ? {} : { body }) };
  const response = await fetch(new URL(address, worker?.url), init);
  return { status: response.status, body: (await response.json()) as Taught };
}

/** Photos of a class: one colour, and some noise. */
async function teach(label: string, level: number, from: number, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const next = randomIntegers(1 + from + i);
    const samples = Array.from({ length: 24 * 24 * 3 }, () => level + next(60));
    const png = new Uint8Array(encodePng({ width: 24, height: 24, colorType: 2, depth: 8, samples }));
    const { status } = await ask('PUT', `/v1/heads/colors/examples/${label}`, png);
    expect(status).toBe(200);
  }
}

test('killed in the middle of a training', async () => {
  const folder = await selfHostFolder('self-host-killed');
  await letWriters(folder);
  worker = await startPlainWorker(folder);
  await teach('dark', 10, 0, 6);
  await teach('light', 180, 100, 6);
  const { body: old } = await ask('POST', '/v1/heads/colors:train');
  expect(old.versions).toHaveLength(1);
  await teach('light', 180, 200, 4);
  const training = ask('POST', '/v1/heads/colors:train').catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await worker.stop();
  await training;

  // As an update would: the folder is made anew, what was taught stays.
  await makeSelfHostFolder(folder, path.resolve('build/bundle'), (await defaultModelFile()).file);
  await letWriters(folder);
  worker = await startPlainWorker(folder);
  const { body: still } = await ask('GET', '/v1/heads/colors');
  expect(still.versions).toContain(old.version);
  expect((await ask('GET', '/v1/heads/colors/examples')).body.photos).toBe(16);
  const { status, body: next } = await ask('POST', '/v1/heads/colors:train');
  expect(status).toBe(200);
  expect(next.versions).toEqual([old.version, next.version]);
  expect((await ask('POST', '/v1/heads/colors:rollback')).body.version).toBe(old.version);
  expect((await ask('DELETE', '/v1/heads/colors')).status).toBe(200);
  expect((await ask('GET', '/v1/heads')).body).toEqual({ heads: [] });
});
