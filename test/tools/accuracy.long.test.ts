// The accuracy command against a service that answers as told (figures, bars, every error with its exit status), and
// its parts against the real Worker on photos of ../shared.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { barsOf, figuresOf, readReference } from '../../tools/accuracy/agreement.ts';
import { labelledPhotos } from '../../tools/accuracy/photographs.ts';
import { classifyPhoto } from '../../tools/accuracy/service.ts';
import { defaultModelFile, startWorker } from '../../tools/workers/local-worker.ts';

const SHARED = path.join(import.meta.dirname, '../../../shared');
const CLASSES = ['n00000001', 'n00000002'];
let folder: string;
let server: Server;
let url: string;

/** Answers with the probability of class 0 that the request's body says. */
function fakeService(): Server {
  return createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const first = Number(Buffer.concat(chunks).toString());
    const scores = [first, 1 - first].map((score, index) => ({
      index,
      synset: CLASSES[index],
      label: '',
      score,
    }));
    const body = request.url?.startsWith('/v1/classify')
      ? { predictions: scores.sort((a, b) => b.score - a.score) }
      : request.url === '/v1/models'
        ? { models: [{ name: 'two', version: 'v' }] }
        : { labels: CLASSES.map((synset) => ({ synset })) };
    response.writeHead(Number.isNaN(first) ? 415 : 200).end(JSON.stringify(body));
  });
}

/** A folder of photos whose bytes are the answers that the service shall give. */
async function photos(name: string, files: Record<string, string>): Promise<string> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.join(folder, name, path.dirname(file)), { recursive: true });
    await writeFile(path.join(folder, name, file), text);
  }
  return path.join(folder, name);
}

function run(...parameters: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = path.join(import.meta.dirname, '../../tools/accuracy/index.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...parameters], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'accuracy-'));
  server = fakeService().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function reference(name: string, images: Record<string, number>): Promise<string> {
  const file = path.join(folder, name);
  const rows = Object.entries(images).map(([image, p]) => ({ file: image, probabilities: [p, 1 - p] }));
  await writeFile(file, JSON.stringify({ images: rows }));
  return file;
}

test('figures, bars and JSON of four photos, one of them wrong as in the reference', async () => {
  const dir = await photos('four', {
    'n00000001/a.jpg': '0.9',
    'n00000001/b.png': '0.2',
    'n00000002/c.jpg': '0.1',
    'n00000002/d.webp': '0.3',
    'n00000002/notes.txt': 'no photo',
  });
  const float = await reference('four.json', {
    'n00000001/a.jpg': 0.904,
    'n00000001/b.png': 0.2,
    'n00000002/c.jpg': 0.1,
    'n00000002/d.webp': 0.31,
  });
  const json = path.join(folder, 'out.json');
  const { code, stdout } = await run(dir, '--url', url, '--reference', float, '--json', json);
  expect(stdout).toMatch(/top-1 +75.00 % +within 0.5 points of 75.00 %: met/);
  expect(code).toBe(0);
  const figures = JSON.parse(await readFile(json, 'utf8'));
  expect(figures).toMatchObject({ photos: 4, top1: 0.75, reference: { sameClass: 1 } });
  expect(figures.reference.largestDifference).toBeCloseTo(0.01, 6);
  expect(figures.reference.meanDifference).toBeCloseTo(0.0035, 6);
});

test('a missed bar: its name, and exit status 1', async () => {
  const dir = await photos('missed', { 'n00000001/a.jpg': '0.4' });
  const float = await reference('missed.json', { 'n00000001/a.jpg': 0.6 });
  const { code, stdout } = await run(dir, '--url', url, '--reference', float);
  expect(stdout.match(/MISSED/g)?.length).toBe(4);
  expect(code).toBe(1);
});

test.each([
  {
    fault: 'an empty folder',
    files: { 'n00000001/notes.txt': '' },
    says: /expected a folder for each class/,
  },
  {
    fault: 'an unknown class',
    files: { 'n00000003/a.jpg': '0.5' },
    says: /n00000003: expected folders named/,
  },
  {
    fault: 'a refused photo',
    files: { 'n00000001/a.jpg': 'x' },
    says: /a\.jpg: expected status 200, found 415/,
  },
])('$fault: one line, exit status 1', async ({ fault, files, says }) => {
  const { code, stderr } = await run(await photos(fault, files as Record<string, string>), '--url', url);
  expect(stderr).toMatch(says);
  expect(code).toBe(1);
});

test.each([
  { fault: 'no service', address: 'http://127.0.0.1:1', says: /expected a running service, found/ },
  { fault: 'no address', address: 'localhost', says: /--url: expected an address/ },
])('$fault: one line, exit status 1', async ({ fault, address, says }) => {
  const dir = await photos(fault, { 'n00000001/a.jpg': '0.5' });
  const { code, stderr } = await run(dir, '--url', address);
  expect(stderr).toMatch(says);
  expect(code).toBe(1);
});

test.skipIf(!existsSync(SHARED))(
  'the real Worker on twenty photos keeps the bars (needs ../shared)',
  async () => {
    const { key, file } = await defaultModelFile();
    const worker = await startWorker({ MODEL: key }, { onLog: () => {} });
    try {
      await worker.bucket.put(key, await readFile(file));
      const twenty = labelledPhotos(path.join(SHARED, 'photos/ten-classes')).filter((_, i) => i % 20 === 0);
      const answers = [];
      for (const photo of twenty)
        answers.push({ photo, predictions: await classifyPhoto(worker.url, photo.path) });
      const figures = figuresOf(answers, readReference(path.join(SHARED, 'model/reference.json')));
      expect(figures.reference?.photos).toBe(20);
      for (const { name, met } of figures.reference ? barsOf(figures.reference) : [])
        expect(met, name).toBe(true);
    } finally {
      await worker.stop();
    }
  },
);
