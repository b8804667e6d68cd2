// The npm package as a stranger gets it: packed by npm, installed into an empty project in a path with spaces, and the
// examples of docs/PACKAGE.md as they stand there. Every runtime gives the logits of the self-hosted Worker, bit for bit.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPackage } from '../../tools/package/index.ts';
import { startWorker } from '../../tools/workers/local-worker.ts';
import { type PlainWorker, selfHostFolder, startPlainWorker } from '../../tools/workers/plain-worker.ts';
import { installRuntimes, RUNTIMES } from '../support/runtimes.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');
const there = installRuntimes();
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const LIMIT_BYTES = 1_000_000;

interface Answer {
  logits: number[];
  predictions: unknown;
}

let folder: string;
let project: string;
let tarball: string;
let expected: Answer;
let worker: PlainWorker;
let examples: string[];

/** The nth example of PACKAGE.md that holds `words`. */
function example(words: string): string {
  const found = examples.find((code) => code.includes(words));
  if (!found) throw new Error(`docs/PACKAGE.md: expected an example with ${words}`);
  return found;
}

async function runExample(name: string, words: string, command: string, ...args: string[]): Promise<Answer> {
  await writeFile(path.join(project, name), example(words));
  const { stdout } = await run(command, [...args, name], { cwd: project });
  return JSON.parse(stdout);
}

function expectSame(answer: Answer): void {
  expect(answer.logits).toEqual(expected.logits);
  expect(answer.predictions).toEqual(expected.predictions);
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'a package '));
  await buildPackage(path.join(folder, 'built'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: path.join(folder, 'built'),
  });
  const packed: unknown = JSON.parse(stdout);
  const [entry] = Array.isArray(packed) ? packed : Object.values(packed as object);
  tarball = path.join(folder, (entry as { filename: string }).filename);
  project = path.join(folder, 'an empty project');
  await mkdir(project);
  await writeFile(path.join(project, 'package.json'), '{"private":true,"type":"module"}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: project });
  await copyFile(path.join(root, 'src/page/samples/parachute.jpg'), path.join(project, 'photo.jpg'));
  await run('npx', ['alexnet-edge', 'get', 'default', '--out', 'model.safetensors'], { cwd: project });
  const text = await readFile(path.join(root, 'docs/PACKAGE.md'), 'utf8');
  examples = Array.from(text.matchAll(/^```(?:js|ts|html)\n([\s\S]*?)^```/gm), ([, code = '']) => code);
  worker = await startPlainWorker(await selfHostFolder('self-host-package'));
  const body = new Uint8Array(await readFile(path.join(project, 'photo.jpg')));
  const response = await fetch(new URL('/v1/classify?top_k=3&include=logits', worker.url), {
    method: 'POST',
    body,
  });
  expected = (await response.json()) as Answer;
  expect(expected.logits).toHaveLength(10);
});
afterAll(async () => {
  await worker.stop();
  await rm(folder, { recursive: true });
});

describe('the package', () => {
  test('is below a megabyte without its weights, has no install script and no dependency', async () => {
    const weights = await stat(path.join(root, 'weights/data/alexnet-ten-classes.safetensors.br'));
    expect((await stat(tarball)).size - weights.size).toBeLessThan(LIMIT_BYTES);
    const installed = path.join(project, 'node_modules/alexnet-edge');
    const manifest = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')) as object;
    expect(manifest).not.toHaveProperty('scripts');
    expect(manifest).not.toHaveProperty('dependencies');
    expect(await readdir(path.join(project, 'node_modules'))).toEqual(
      expect.not.arrayContaining(['hono', 'valibot']),
    );
    const notices = await readFile(path.join(installed, 'NOTICES.txt'), 'utf8');
    for (const name of ['hono', 'valibot', 'fast-png', 'commander', 'protobufjs', 'assemblyscript'])
      expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });

  test('has types that need no others', async () => {
    await writeFile(
      path.join(project, 'types.ts'),
      `import { createClassifier } from 'alexnet-edge';
import { createClient, type Answer } from 'alexnet-edge/client';
import { createDecoder } from 'alexnet-edge/decode';
import { createEngine } from 'alexnet-edge/engine';
import { tinyModel } from 'alexnet-edge/testing';
import { createApp } from 'alexnet-edge/worker';
const model = await tinyModel();
const answer: Answer = await (await createClassifier({ model })).classify(model, { top_k: 3 });
const remote: Answer = await createClient('https://a.example').classify(model, { top_k: 3 });
// @ts-expect-error an option that is none
await createClient('https://a.example').classify(model, { topK: 3 });
export const all = [answer, remote, createDecoder, createEngine, createApp<{ A: string }>];
`,
    );
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const options = [
      '--noEmit',
      '--strict',
      '--target',
      'es2023',
      '--module',
      'nodenext',
      '--lib',
      'es2023,dom',
    ];
    await run(process.execPath, [tsc, ...options, '--types', '', 'types.ts'], { cwd: project });
  });

  test('its tiny model runs, and is the same each time', async () => {
    const code = `import { createClassifier } from 'alexnet-edge';
import { createDecoder } from 'alexnet-edge/decode';
import { createEngine } from 'alexnet-edge/engine';
import { tinyModel } from 'alexnet-edge/testing';
import { readFile } from 'node:fs/promises';
const model = await tinyModel();
const photo = await readFile('photo.jpg');
const classified = await (await createClassifier({ model })).classify(photo, { include: ['logits'] });
const { pixels } = await (await createDecoder()).decode(photo, { resize: 'shorter-side', resizeTo: 80, crop: 67 });
const [{ logits }] = (await createEngine(model)).run([pixels]);
const refused = await (await createClassifier({ model })).classify(model).catch(({ code, status }) => [code, status]);
console.log(JSON.stringify({ sha256: classified.model.sha256, a: classified.logits, b: [...logits], refused }));`;
    await writeFile(path.join(project, 'tiny.mjs'), code);
    const twice = await Promise.all([1, 2].map(() => run(process.execPath, ['tiny.mjs'], { cwd: project })));
    expect(twice[0]?.stdout).toBe(twice[1]?.stdout);
    const { a, b, refused } = JSON.parse(twice[0]?.stdout ?? '') as Record<string, unknown[]>;
    expect(a).toEqual(b);
    expect(new Set(a).size).toBe(10);
    expect(refused).toEqual(['unsupported-image', 415]);
  });

  test('its client speaks with a Worker', async () => {
    const code = `import { createClient } from 'alexnet-edge/client';
import { readFile } from 'node:fs/promises';
const api = createClient(process.argv[2]);
const answer = await api.classify(await readFile('photo.jpg'), { top_k: 3, include: ['logits'] });
const failed = await api.classify(new Uint8Array(3)).catch(({ code, status }) => [code, status]);
const { models } = await api.models();
console.log(JSON.stringify({ ...answer, failed, classes: models[0].classes, ready: await api.ready() }));`;
    await writeFile(path.join(project, 'client.mjs'), code);
    const { stdout } = await run(process.execPath, ['client.mjs', worker.url.href], { cwd: project });
    const answer = JSON.parse(stdout) as Answer & Record<string, unknown>;
    expectSame(answer);
    expect(answer).toMatchObject({ failed: ['unsupported-image', 415], classes: 10, ready: true });
  });

  test('its command classifies, and says in one line what it cannot read', async () => {
    const good = await run('npx', ['alexnet-edge', 'classify', '--json', '--top-k', '3', 'photo.jpg'], {
      cwd: project,
    });
    expect((JSON.parse(good.stdout) as Answer).predictions).toEqual(expected.predictions);
    const bad = run('npx', ['alexnet-edge', 'classify', 'package.json', 'nowhere.jpg'], { cwd: project });
    await expect(bad).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/package\.json: Expected JPEG.*\nnowhere\.jpg: ENOENT.*\n$/),
    });
  });

  test('its command writes what it would deploy, and wrangler understands it', async () => {
    await run('npx', ['alexnet-edge', 'deploy', 'my worker', '--dry-run'], { cwd: project });
    const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js');
    const { stdout } = await run(process.execPath, [wrangler, 'deploy', '--dry-run'], {
      cwd: path.join(project, 'my worker'),
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    });
    expect(stdout).toContain('env.MODELS');
    expect(stdout).toContain('decode.wasm');
  });
});

describe.skipIf(!there)('other programs', () => {
  test('publint and arethetypeswrong find nothing', async () => {
    const lint = await run(process.execPath, [RUNTIMES.publint, 'run', '.', '--strict'], {
      cwd: path.join(folder, 'built'),
    });
    expect(lint.stdout).toContain('All good');
    await run(process.execPath, [RUNTIMES.attw, '--profile', 'esm-only', tarball]);
  });

  test('Node 24 and 22.18', async () => {
    for (const node of [process.execPath, RUNTIMES['Node 22.18']])
      expectSame(await runExample('node.mjs', 'node:fs/promises', node));
  });

  test('Deno', async () => {
    expectSame(await runExample('deno.ts', 'Deno.open', RUNTIMES.Deno, 'run', '--no-prompt', '--allow-read'));
  });

  test('Bun', async () => {
    expectSame(await runExample('bun.ts', 'Bun.file', RUNTIMES.Bun, 'run'));
  });

  test.each(['Node 20', 'Node 22.12'] as const)(
    '%s: the command says in one line what is missing',
    async (name) => {
      const command = path.join(project, 'node_modules/alexnet-edge/cli/tools/cli/start.js');
      await expect(run(RUNTIMES[name], [command, '--help'])).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^error: expected Node 22\.18 or newer, found [\d.]+: [^\n]*\n$/),
      });
    },
  );
});

describe('Workers', () => {
  test.each([
    ['a Worker with the model in itself', 'classifier ??=', '/'],
    ['the application in another Worker', 'alexnet-edge/worker', '/v1/classify?top_k=3&include=logits'],
  ])('%s', async (_, words, address) => {
    await writeFile(path.join(project, 'worker.mjs'), example(words));
    const bundle = path.join(folder, `bundle ${words.length}`);
    await writeFile(
      path.join(project, 'wrangler.toml'),
      'name = "another"\nmain = "worker.mjs"\ncompatibility_date = "2026-10-20"\n',
    );
    const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js');
    await run(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', bundle], {
      cwd: project,
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    });
    const other = await startWorker({}, { folder: bundle, main: 'worker.js' });
    try {
      await other.bucket.put('model.safetensors', await readFile(path.join(project, 'model.safetensors')));
      const body = new Uint8Array(await readFile(path.join(project, 'photo.jpg')));
      const response = await fetch(new URL(address, other.url), { method: 'POST', body });
      expect(response.status).toBe(200);
      expectSame((await response.json()) as Answer);
    } finally {
      await other.stop();
    }
  });
});

test.skipIf(!existsSync(CHROMIUM))('a page', async () => {
  const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
  const map = { imports: { 'alexnet-edge': '/node_modules/alexnet-edge/dist/classifier.browser.js' } };
  const page = `<!doctype html><body><script type="importmap">${JSON.stringify(map)}</script>${example('<script')}`;
  await writeFile(path.join(project, 'index.html'), page);
  const server = createServer(async (request, response) => {
    const file = path.join(project, decodeURIComponent(request.url ?? ''));
    const bytes = await readFile(file).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
    });
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/index.html`);
    const text = await tab.waitForFunction(
      '/^{.*logits/.test(document.body.textContent) && document.body.textContent',
    );
    expectSame(JSON.parse(String(await text.jsonValue())) as Answer);
  } finally {
    await browser.close();
    server.close();
  }
});
