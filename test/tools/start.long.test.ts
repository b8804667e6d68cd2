// `npm start -- --model`: a file of float weights is imported, stored in the local bucket and served; a name or a file that
// is none ends in one line. The Worker and the bucket are those of wrangler, in this clone.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withLocalBucket } from '../../tools/bucket.ts';
import { encodeSafetensors } from '../../tools/fixtures/encode-safetensors.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { trainedModel } from '../../tools/fixtures/trained-model.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const BUILD = path.join(ROOT, 'build');

let folder: string;
/** Of the model that was stored. */
let key: string | undefined;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'start-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  if (key === undefined) return;
  const stored = key;
  rmSync(path.join(BUILD, stored), { force: true });
  await withLocalBucket((bucket) => bucket.delete(stored));
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

interface Started {
  child: ChildProcess;
  /** What it has said so far. */
  said: () => string;
  /** Resolves to the exit status. */
  ended: Promise<number | null>;
}

function start(port: number, ...args: string[]): Started {
  const child = spawn(process.execPath, ['tools/start.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  return { child, said: () => output, ended: new Promise((resolve) => child.once('close', resolve)) };
}

/** Resolves when the server answers; throws what the process said when it ends before. */
async function answering({ child, said }: Started, url: URL): Promise<void> {
  while (child.exitCode === null) {
    const response = await fetch(new URL('/v1/models', url)).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(said());
}

test('a file of float weights is imported, stored and served', async () => {
  const file = path.join(folder, 'mine.safetensors');
  writeFileSync(file, encodeSafetensors(trainedModel('bvlc-alexnet', 9)));
  const port = await freePort();
  const url = new URL(`http://localhost:${port}`);
  const server = start(port, '--model', file);
  try {
    await answering(server, url);
    const serving =
      /serving ((\S+)-([0-9a-f]{12})-[0-9a-f]{12}\.safetensors): 10 classes, from mine\.safetensors;/.exec(
        server.said(),
      );
    const [, stored, name = '', sum] = serving ?? [];
    key = stored;
    expect(serving, server.said()).not.toBeNull();
    const listed = await (await fetch(new URL('/v1/models', url))).text();
    expect(listed).toContain(name);
    const body = new Uint8Array(await photograph(320, 240).jpeg().toBuffer());
    const response = await fetch(new URL('/v1/classify?top_k=3', url), { method: 'POST', body });
    expect(response.status).toBe(200);
    const { model, predictions } = (await response.json()) as {
      model: { name: string; sha256: string };
      predictions: unknown[];
    };
    expect(model.name).toBe(name);
    expect([sum, key]).toContain(model.sha256.slice(0, 12));
    expect(predictions).toHaveLength(3);
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
  }
  await expect(fetch(url)).rejects.toThrow();
}, 120_000);

test('neither a name nor a file: one line, status 1', async () => {
  const { said, ended } = start(await freePort(), '--model', 'no-such-model');
  expect(await ended).toBe(1);
  expect(said().trim().split('\n').at(-1)).toMatch(
    /^error: --model: expected default, alexnet, .*or a file, found .*no-such-model/,
  );
  expect(said()).not.toMatch(/ {4}at /);
}, 60_000);
