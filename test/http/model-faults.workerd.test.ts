// Faults of the bucket as a client sees them: the status and the problem that it gets, what one request after another
// gets, and that the request after the fault is answered as usual.
import { createExecutionContext } from 'cloudflare:test';
import { beforeEach, expect, inject, test } from 'vitest';
import kernelsModule from '../../build/kernels.wasm';
import { ModelLoader } from '../../src/model/loader.ts';
import { type Faults, FaultyBucket, flipped } from '../model/faulty-bucket.ts';
import { answer, bindings, bytesOf, coldWorker, expectedPredictions, jpeg } from './worker.ts';

const good = bytesOf(inject('tinyModel'));
const half = good.byteLength / 2;
const internal = new Error('get: We encountered an internal error. (10001)');
/** A load that gives up after half a second. */
const IMPATIENT = { stallMs: 60, pollMs: 5, deadlineMs: 500, chunkBytes: 8192 };

let bucket: FaultyBucket;
let worker: ReturnType<typeof coldWorker>;
beforeEach(() => {
  bucket = new FaultyBucket(good);
  worker = coldWorker({ loader: new ModelLoader(kernelsModule, IMPATIENT) });
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
  ['one flipped bit', 500, 'model-checksum', {}, flipped(good, good.length - 1000)],
  ['5xx again and again', 504, 'model-unreachable', { error: internal }],
  ['resets again and again', 504, 'model-unreachable', { resetAfter: 4096 }],
  ['silence', 504, 'model-timeout', { stallAfter: 0 }],
];

test.each(REPORTED)('%s: %i %s', async (_, status, code, faults, bytes = good) => {
  bucket.put(bytes);
  bucket.faults = faults;
  const responses = await Promise.all([classify(), classify(), classify()]);
  for (const response of responses) {
    expect(response.status).toBe(status);
    const problem = await answer(response);
    expect(problem.type).toBe(`urn:alexnet-edge:problem:${code}`);
    expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  }
  bucket.put(good);
  bucket.faults = {};
  await expectUsualAnswer(await classify());
});
