// Downloads against a server on this machine: resume by Range after an interruption, a server that knows no ranges,
// retries, a wrong checksum, more bytes than published.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { download } from '../../weights/download.ts';
import { ImportError } from '../../weights/float-model.ts';
import { PUBLISHED, type PublishedFile } from '../../weights/published.ts';
import { randomNumbers } from './trained-model.ts';

const random = randomNumbers(4);
const content = Buffer.from(Uint8Array.from({ length: 300_000 }, () => Math.floor(random() * 256)));
const sha1 = createHash('sha1').update(content).digest('hex');

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let answers: Answer[];
let ranges: (string | undefined)[];
let url: string;
let folder: string;
let part: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    // The last answer stands for all further requests.
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  url = `http://localhost:${(server.address() as AddressInfo).port}/weights`;
});
afterAll(() => server.close());
beforeEach(() => {
  ranges = [];
  folder = mkdtempSync(path.join(tmpdir(), 'download-'));
  part = path.join(folder, 'weights.part');
});
afterEach(() => rmSync(folder, { recursive: true }));

const whole: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': content.length }).end(content);
};

const ranged: Answer = (request, response) => {
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  if (from === undefined) return whole(request, response);
  const start = Number(from);
  response
    .writeHead(206, {
      'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
      'content-length': content.length - start,
    })
    .end(content.subarray(start));
};

/** Sends 100,000 bytes and breaks the connection. */
const broken: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
};

const status =
  (code: number): Answer =>
  (_, response) => {
    response.writeHead(code).end('no');
  };

function entry(changes: Partial<PublishedFile> = {}): PublishedFile {
  return {
    ...(PUBLISHED[0] as PublishedFile),
    file: 'weights',
    url,
    bytes: content.length,
    checksum: { algorithm: 'sha1', hex: sha1 },
    ...changes,
  };
}

const QUICK = { tries: 3, pause: 1 };

test('resumes where the connection broke', async () => {
  answers = [broken, ranged];
  const seen: number[] = [];
  const file = await download(entry(), folder, { ...QUICK, progress: (done) => seen.push(done) });
  expect(readFileSync(file).equals(content)).toBe(true);
  expect(ranges).toEqual([undefined, 'bytes=100000-']);
  expect(seen.at(-1)).toBe(content.length);
  expect(existsSync(part)).toBe(false);
});

test('resumes a download of an earlier run, and a complete file is not asked for again', async () => {
  answers = [ranged];
  writeFileSync(part, content.subarray(0, 123_456));
  const file = await download(entry(), folder, QUICK);
  expect(readFileSync(file).equals(content)).toBe(true);
  expect(ranges).toEqual(['bytes=123456-']);
  await download(entry(), folder, QUICK);
  expect(ranges).toHaveLength(1);
});

test('starts again where the server knows no ranges', async () => {
  answers = [whole];
  writeFileSync(part, new Uint8Array(1000));
  const file = await download(entry(), folder, QUICK);
  expect(readFileSync(file).equals(content)).toBe(true);
});

test('an unknown length: the checksum alone decides', async () => {
  answers = [whole];
  const { bytes: _, ...unknown } = entry({
    checksum: {
      algorithm: 'sha256',
      hex: createHash('sha256').update(content).digest('hex').slice(0, 8),
    },
  });
  expect(statSync(await download(unknown, folder, QUICK)).size).toBe(content.length);
});

test('tries again after 503 and gives up after as many failures as told', async () => {
  answers = [status(503), ranged];
  await download(entry(), folder, QUICK);
  rmSync(path.join(folder, 'weights'));
  answers = [status(503)];
  ranges = [];
  await expect(download(entry(), folder, QUICK)).rejects.toThrow(
    /expected the file, found status 503; run the command again to resume at 0 bytes/,
  );
  expect(ranges).toHaveLength(3);
});

test.each([
  [
    'a wrong checksum',
    { checksum: { algorithm: 'sha1', hex: '00' } as const },
    whole,
    /expected sha1 00, found/,
  ],
  ['more bytes than published', { bytes: 1000 }, whole, /expected 1000 bytes, found more/],
  ['no such file', {}, status(404), /expected status 200 or 206, found 404/],
])('%s is an error, and no file is left under its name', async (_, changes, answer, message) => {
  answers = [answer];
  const failure = await download(entry(changes), folder, QUICK).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ImportError);
  expect((failure as Error).message).toMatch(message);
  expect(existsSync(path.join(folder, 'weights'))).toBe(false);
});

test('the table: checksums are hexadecimal of their algorithm, names and files occur once', () => {
  for (const { checksum, bytes } of PUBLISHED) {
    expect(checksum.hex).toMatch(/^[0-9a-f]+$/);
    // torchvision publishes the first eight digits, in its file's name.
    const full = { sha1: 40, sha256: 64 }[checksum.algorithm];
    expect(checksum.hex).toHaveLength(bytes === undefined ? 8 : full);
  }
  expect(new Set(PUBLISHED.map(({ name }) => name)).size).toBe(PUBLISHED.length);
  expect(new Set(PUBLISHED.map(({ file }) => file)).size).toBe(PUBLISHED.length);
});
