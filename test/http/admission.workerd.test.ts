// Back-pressure as a client sees it: 429 with Retry-After while all places are taken, and the place of a request that
// has ended is free again.
import { expect, test } from 'vitest';
import { createShared } from '../../src/isolate/budget.ts';
import { answer, coldWorker, jpeg, send, text } from './worker.ts';

const worker = coldWorker({ shared: createShared({ places: 1, maxWaitMs: 200 }) });
const classify = (body: BodyInit) => send('/v1/classify', { method: 'POST', body }, {}, worker);

/** An upload that waits for its second half. */
function halves(): { body: ReadableStream<Uint8Array>; finish(): Promise<void> } {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const half = jpeg.length >> 1;
  const first = writer.write(jpeg.slice(0, half));
  return {
    body: readable,
    async finish() {
      await first;
      await writer.write(jpeg.slice(half));
      await writer.close();
    },
  };
}

test('a request whose body has not begun takes no place', async () => {
  const { readable, writable } = new IdentityTransformStream();
  const silent = classify(readable);
  await scheduler.wait(20);
  expect((await classify(jpeg)).status).toBe(200);
  await writable.abort();
  expect((await silent).status).toBe(400);
});

test('one more upload than there are places, while the others are under way', async () => {
  const slow = halves();
  const waiting = classify(slow.body);
  await scheduler.wait(20);
  const refused = await classify(new Blob([jpeg]).stream());
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('1');
  const problem = await answer(refused);
  expect(problem.type).toBe('urn:alexnet-edge:problem:too-many-requests');
  expect(problem.limit).toEqual({ requests_in_progress: 1 });
  expect((await send('/healthz', {}, {}, worker)).status).toBe(200);
  await slow.finish();
  expect((await waiting).status).toBe(200);
  expect((await classify(new Blob([jpeg]).stream())).status).toBe(200);
});

test('whoever waits takes the place of an upload whose client is behind', async () => {
  const fair = coldWorker({ shared: createShared({ places: 1 }) });
  const slow = halves();
  const stalled = send('/v1/classify', { method: 'POST', body: slow.body }, {}, fair);
  await scheduler.wait(20);
  const good = await send('/v1/classify', { method: 'POST', body: jpeg }, {}, fair);
  expect(good.status).toBe(200);
  const lost = await stalled;
  expect(lost.status).toBe(408);
  expect((await answer(lost)).detail).toContain('too slow while others waited');
});

test('an upload slower than the slowest pace ends with 408', async () => {
  const slow = halves();
  const init = { method: 'POST', body: slow.body };
  const response = await send('/v1/classify', init, { MAX_STALL_MS: '100' }, worker);
  expect(response.status).toBe(408);
  expect((await answer(response)).type).toBe('urn:alexnet-edge:problem:too-slow');
});

test('requests that fail give their places back', async () => {
  for (let i = 0; i < 5; i++) expect((await classify(text)).status).toBe(415);
  expect((await classify(jpeg)).status).toBe(200);
});
