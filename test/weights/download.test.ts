// `get`: a server on this machine that breaks off, ignores ranges, lies or fails.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { randomNumbers } from '../../tools/fixtures/trained-model.ts';
import { download } from '../../weights/download.ts';
import { PUBLISHED, type PublishedFile } from '../../weights/published.ts';

const random = randomNumbers(7);
const CONTENT = Uint8Array.from({ length: 300_000 }, () => Math.floor(256 * random()));
const FAST = { pause: 1, tries: 3 };
let folder: string;
let server: Server;
let requests: (string | undefined)[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'download-'));
  requests = [];
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<PublishedFile> {
  server = createServer((request, response) => {
    requests.push(request.headers.range);
    answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name: 'test',
    file: 'test.bin',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/test.bin`,
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
  const file = await download(entry, folder, { pause: 1, tries: 4 });
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

test('refuses another file, and does not keep it', async () => {
  const entry = await serve((request, response) =>
    sendFrom(
      request,
      response,
      CONTENT.map((value) => value ^ 1),
    ),
  );
  await expect(download(entry, folder, FAST)).rejects.toThrow(
    /expected sha256 [0-9a-f]{64}, found [0-9a-f]{64}/,
  );
  expect(existsSync(path.join(folder, 'test.bin'))).toBe(false);
  expect(existsSync(path.join(folder, 'test.bin.part'))).toBe(false);
});

test('stops at a longer file', async () => {
  const entry = await serve((_, response) => response.writeHead(200).end(new Uint8Array(CONTENT.length + 1)));
  await expect(download(entry, folder, FAST)).rejects.toThrow(/expected 300000 bytes, found more/);
});

test.each([
  [404, 1],
  [503, 3],
])('status %i: %i tries', async (status, tries) => {
  const entry = await serve((_, response) => response.writeHead(status).end());
  await expect(download(entry, folder, FAST)).rejects.toThrow(new RegExp(`${status}`));
  expect(requests).toHaveLength(tries);
});

test('no server: one line that says how to go on', async () => {
  const entry = await serve((request, response) => sendFrom(request, response));
  await new Promise((resolve) => server.close(resolve));
  await expect(download(entry, folder, FAST)).rejects.toThrow(/expected the file, found .*resume at 0 bytes/);
});

test('the table names each file once, with a whole or a published checksum', () => {
  expect(new Set(PUBLISHED.map(({ name }) => name)).size).toBe(PUBLISHED.length);
  for (const { checksum, url } of PUBLISHED) {
    expect(checksum.hex).toMatch(/^[0-9a-f]{8,64}$/);
    expect(url).toMatch(/^https?:\/\//);
  }
});
