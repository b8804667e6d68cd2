// Faults of the bucket as a client sees them: the status and the problem that it gets, what one request after another
// gets, and that the request after the fault is answered as usual.
import { createExecutionContext } from 'cloudflare:test';
import { beforeEach, expect, inject, test } from 'vitest';
import decodeModule from '../../build/decode.wasm';
import kernelsModule from '../../build/kernels.wasm';
import { Admission } from '../../src/admission.ts';
import { createApp } from '../../src/app.ts';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { ModelLoader } from '../../src/model/loader.ts';
import { type Faults, FaultyBucket } from '../model/faulty-bucket.ts';
import { answer, bindings, bytesOf, expectedPredictions, jpeg } from './worker.ts';

const good = bytesOf(inject('tinyModel'));
const half = good.byteLength / 2;
const internal = new Error('get: We encountered an internal error. (10001)');
/** A load that gives up after half a second. */
const IMPATIENT = { stallMs: 60, pollMs: 5, deadlineMs: 500, chunkBytes: 8192 };

let bucket: FaultyBucket;
let worker: ReturnType<typeof createApp>;
beforeEach(() => {
  bucket = new FaultyBucket(good);
  worker = createApp({
    admission: new Admission(),
    loader: new ModelLoader(kernelsModule, IMPATIENT),
    decoder: new ImageDecoder(decodeModule),
  });
});

/** One request; what it hands to waitUntil is not waited for: a stream that stalls never ends. */
async function classify(): Promise<Response> {
  const request = new Request('https://test/v1/classify?top_k=0', { method: 'POST', body: jpeg });
  return worker.fetch(request, { ...bindings, MODELS: bucket.asR2 }, createExecutionContext());
}

async function expectUsualAnswer(response: Response): Promise<void> {
  expect(response.status).toBe(200);
  expect((await answer(response)).predictions).toEqual(await expectedPredictions());
}

function flipped(at: number): Uint8Array {
  const bytes = good.slice();
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

const MENDED: [string, Faults][] = [
  ['a slow first byte', { slowMs: 40 }],
  ['a first byte that never comes', { slowMs: 100_000, times: 1 }],
  ['a stall in mid-stream', { stallAfter: half, times: 1 }],
  ['a reset in mid-stream', { resetAfter: half, times: 1 }],
  ['one 5xx', { error: internal, times: 1 }],
  ['an object that is replaced while it is read', { resetAfter: half, times: 1, replaced: true }],
];

test.each(MENDED)('%s: the request that meets it is answered', async (_, faults) => {
  bucket.faults = faults;
  await expectUsualAnswer(await classify());
  await expectUsualAnswer(await classify());
});

const REPORTED: [string, number, string, Faults, Uint8Array?][] = [
  ['a short object', 500, 'model-truncated', {}, good.slice(0, half)],
  ['one flipped bit', 500, 'model-checksum', {}, flipped(good.length - 1000)],
  ['5xx again and again', 504, 'model-unreachable', { error: internal }],
  ['resets again and again', 504, 'model-unreachable', { resetAfter: 4096 }],
  ['silence', 504, 'model-timeout', { stallAfter: 0 }],
];

test.each(REPORTED)('%s: %i %s', async (_, status, code, faults, bytes = good) => {
  bucket.bytes = bytes;
  bucket.faults = faults;
  const responses = await Promise.all([classify(), classify(), classify()]);
  for (const response of responses) {
    expect(response.status).toBe(status);
    const problem = await answer(response);
    expect(problem.type).toBe(`urn:alexnet-edge:problem:${code}`);
    expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  }
  bucket.bytes = good;
  bucket.faults = {};
  await expectUsualAnswer(await classify());
});
