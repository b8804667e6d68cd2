// `get`: a server on this machine that breaks off, ignores ranges, lies or fails.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { randomNumbers } from '../../tools/fixtures/trained-model.ts';
import { download } from '../../weights/download.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { PUBLISHED, type PublishedFile } from '../../weights/published.ts';

const random = randomNumbers(7);
const CONTENT = Uint8Array.from({ length: 300_000 }, () => Math.floor(256 * random()));
const FAST = { pauseMs: 1, tries: 3, stallMs: 200 };
let folder: string;
let servers: Server[];
let requests: (string | undefined)[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'download-'));
  requests = [];
  servers = [];
});
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => unknown;

/** The published file as it is told of, at one address for each answer. */
async function serve(...answers: [Answer, ...Answer[]]): Promise<PublishedFile> {
  const sources = await Promise.all(
    answers.map(async (answer) => {
      const server = createServer((request, response) => {
        requests.push(request.headers.range);
        answer(request, response, requests.length);
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/test.bin`;
    }),
  );
  return {
    name: 'test',
    file: 'test.bin',
    sources: sources as [string, ...string[]],
    bytes: CONTENT.length,
    checksum: { algorithm: 'sha256', hex: createHash('sha256').update(CONTENT).digest('hex') },
    variant: 'bvlc-alexnet',
    licence: '',
    accuracy: '',
  };
}

function start(request: IncomingMessage): number {
  return Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

function sendFrom(request: IncomingMessage, response: ServerResponse, content = CONTENT): void {
  const from = start(request);
  const range = from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from, ...range });
  response.end(content.subarray(from));
}

test('downloads, reports its progress, and does not download again', async () => {
  const entry = await serve((request, response) => sendFrom(request, response));
  const seen: number[] = [];
  const file = await download(entry, folder, { progress: (done) => seen.push(done) });
  expect(new Uint8Array(readFileSync(file))).toEqual(CONTENT);
  expect(seen.at(-1)).toBe(CONTENT.length);
  expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
  await download(entry, folder);
  expect(requests).toHaveLength(1);
});

test('resumes by Range after each break', async () => {
  const entry = await serve((request, response, count) => {
    if (count > 3) return sendFrom(request, response);
    const from = start(request);
    const range =
      from > 0 ? { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': CONTENT.length - from, ...range });
    response.write(CONTENT.subarray(from, from + 50_000), () => setTimeout(() => response.destroy(), 20));
    return undefined;
  });
  const file = await download(entry, folder, { pauseMs: 1, tries: 4 });
  expect(new Uint8Array(readFileSync(file))).toEqual(CONTENT);
  expect(requests).toEqual([undefined, 'bytes=50000-', 'bytes=100000-', 'bytes=150000-']);
});

test('resumes what an earlier run left', async () => {
  const entry = await serve((request, response) => sendFrom(request, response));
  writeFileSync(path.join(folder, 'test.bin.part'), CONTENT.subarray(0, 1234));
  await download(entry, folder);
  expect(requests).toEqual(['bytes=1234-']);
});

test('starts anew where the server has no ranges', async () => {
  const entry = await serve((_, response) => response.writeHead(200).end(CONTENT));
  writeFileSync(path.join(folder, 'test.bin.part'), new Uint8Array(1234));
  const file = await download(entry, folder);
  expect(new Uint8Array(readFileSync(file))).toEqual(CONTENT);
});

test('refuses a range that it did not ask for', async () => {
  const entry = await serve((_, response) =>
    response
      .writeHead(206, { 'content-range': `bytes 5-${CONTENT.length - 1}/${CONTENT.length}` })
      .end(CONTENT.subarray(5)),
  );
  writeFileSync(path.join(folder, 'test.bin.part'), CONTENT.subarray(0, 1234));
  await expect(download(entry, folder, FAST)).rejects.toThrow(
    /expected the rest from 1234 on, found bytes 5-/,
  );
});

test('stops at a longer file', async () => {
  const entry = await serve((_, response) => response.writeHead(200).end(new Uint8Array(CONTENT.length + 1)));
  await expect(download(entry, folder, FAST)).rejects.toThrow(/expected 300000 bytes, found more/);
});

test('no server: one line that says how to go on', async () => {
  const entry = await serve((request, response) => sendFrom(request, response));
  await new Promise((resolve) => servers[0]?.close(resolve));
  await expect(download(entry, folder, FAST)).rejects.toThrow(
    /test: expected the file test\.bin, found .*ECONNREFUSED.*; give another address with --from$/,
  );
});

const PAGE = '<!DOCTYPE html><html><title>Sign in</title>';
const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 300000\n';
const good: Answer = (request, response) => sendFrom(request, response);

/** What a first source does instead of giving the file, how often it is asked, and what is said of it. */
const FAILURES: [string, Answer, number, RegExp][] = [
  ['gone', (_, response) => response.writeHead(404).end(), 1, /status 404/],
  ['forbidden', (_, response) => response.writeHead(403).end(), 1, /status 403/],
  ['overloaded', (_, response) => response.writeHead(503).end(), 3, /status 503/],
  [
    'a page',
    (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE),
    1,
    /a web page came/,
  ],
  ['a page of no type', (_, response) => response.end(PAGE), 1, /a web page came/],
  ['an LFS pointer', (_, response) => response.end(POINTER), 1, /a Git LFS pointer to them came/],
  [
    'a shorter file',
    (_, response) => response.writeHead(200, { 'content-length': 9 }).end('something'),
    1,
    /one of 9 came/,
  ],
  [
    'other bytes',
    (request, response) =>
      sendFrom(
        request,
        response,
        CONTENT.map((value) => value ^ 1),
      ),
    1,
    /expected sha256/,
  ],
  ['silence', () => undefined, 3, /no data for 0\.2 s/],
  [
    'a redirect to itself',
    (_, response) => response.writeHead(302, { location: '/test.bin' }).end(),
    63,
    /redirect/,
  ],
  ['a reset', (_, response) => response.destroy(), 3, /other side closed|socket|reset/i],
];

describe.each(FAILURES)('a source that gives %s', (_, answer, tries, said) => {
  test('the next one is asked, and the file arrives', async () => {
    const entry = await serve(answer, good);
    const lines: string[] = [];
    const file = await download(entry, folder, { ...FAST, onFailure: (line) => lines.push(line) });
    expect(new Uint8Array(readFileSync(file))).toEqual(CONTENT);
    expect(lines).toEqual([expect.stringMatching(said)]);
    expect(requests.slice(0, -1)).toHaveLength(tries);
  });

  test('alone: one line, no part of it is kept, and a second run succeeds', async () => {
    const entry = await serve(answer);
    const error = await download(entry, folder, FAST).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OperatorError);
    expect((error as OperatorError).message).toMatch(said);
    expect((error as OperatorError).message).not.toContain('\n');
    expect(readdirSync(folder)).toEqual([]);
    const file = await download({ ...entry, sources: (await serve(good)).sources }, folder, FAST);
    expect(new Uint8Array(readFileSync(file))).toEqual(CONTENT);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])(
  'cut at %i tenths and gone: the next source gives the rest',
  async (tenths) => {
    const cut = (CONTENT.length * tenths) / 10;
    const entry = await serve((_, response, count) => {
      if (count > 1) return response.writeHead(404).end();
      response.writeHead(200, { 'content-length': CONTENT.length });
      return response.write(CONTENT.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
    }, good);
    const file = await download(entry, folder, FAST);
    expect(new Uint8Array(readFileSync(file))).toEqual(CONTENT);
    expect(requests).toEqual([undefined, `bytes=${cut}-`, `bytes=${cut}-`]);
  },
);

test('a part of another file is dropped, and the file fetched from its start', async () => {
  const entry = await serve(good);
  writeFileSync(path.join(folder, 'test.bin.part'), new Uint8Array(5000));
  expect(new Uint8Array(readFileSync(await download(entry, folder, FAST)))).toEqual(CONTENT);
  expect(requests).toEqual(['bytes=5000-', undefined]);
});

test('a redirect to another host', async () => {
  const other = await serve(good);
  const entry = await serve((_, response) =>
    response.writeHead(302, { location: other.sources[0].replace('127.0.0.1', 'localhost') }).end(),
  );
  expect(new Uint8Array(readFileSync(await download(entry, folder, FAST)))).toEqual(CONTENT);
});

test('a slow source arrives', async () => {
  const entry = await serve((_, response) => {
    response.writeHead(200, { 'content-length': CONTENT.length });
    let at = 0;
    const timer = setInterval(() => {
      response.write(CONTENT.subarray(at, at + 60_000));
      at += 60_000;
      if (at >= CONTENT.length) {
        clearInterval(timer);
        response.end();
      }
    }, 30);
  });
  expect(new Uint8Array(readFileSync(await download(entry, folder, FAST)))).toEqual(CONTENT);
});

test("a file known by Git's name of it, of unknown length", async () => {
  const { bytes: _, ...entry } = await serve(good);
  const hex = createHash('sha1').update(`blob ${CONTENT.length}\0`).update(CONTENT).digest('hex');
  await download({ ...entry, checksum: { algorithm: 'git-blob', hex } }, folder, FAST);
  const wrong = { algorithm: 'git-blob', hex: `${hex.slice(0, -1)}x` } as const;
  await expect(download({ ...entry, file: 'other', checksum: wrong }, folder, FAST)).rejects.toThrow(
    /expected git-blob/,
  );
});

test('no such host: at once', async () => {
  const entry = await serve(good);
  const missing = { ...entry, sources: ['http://nowhere.invalid/file'] as [string] };
  await expect(download(missing, folder, { ...FAST, tries: 1000, pauseMs: 10_000 })).rejects.toThrow(
    /found .*nowhere/,
  );
});

test('the table names each file once, with a whole or a published checksum', () => {
  expect(new Set(PUBLISHED.map(({ name }) => name)).size).toBe(PUBLISHED.length);
  for (const { checksum, sources } of PUBLISHED) {
    expect(checksum.hex).toMatch(/^[0-9a-f]{8,64}$/);
    for (const source of sources) expect(source).toMatch(/^https?:\/\//);
  }
});
