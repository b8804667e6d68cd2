// Back-pressure as a client sees it: 429 with Retry-After while all places are taken, and the place of a request that
// has ended is free again.
import { expect, test } from 'vitest';
import { Admission } from '../../src/isolate/admission.ts';
import { answer, coldWorker, jpeg, send, text } from './worker.ts';

const worker = coldWorker({ admission: new Admission({ places: 2 }) });
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

test('one more upload than there are places, while the others are under way', async () => {
  const slow = halves();
  // Its length is unknown, so it counts as large, and half of the places are for those.
  const waiting = classify(slow.body);
  await scheduler.wait(20);
  const refused = await classify(new Blob([jpeg]).stream());
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('1');
  const problem = await answer(refused);
  expect(problem.type).toBe('urn:alexnet-edge:problem:too-many-requests');
  expect(problem.limit).toEqual({ requests_in_progress: 2 });
  expect((await send('/healthz', {}, {}, worker)).status).toBe(200);
  await slow.finish();
  expect((await waiting).status).toBe(200);
  expect((await classify(new Blob([jpeg]).stream())).status).toBe(200);
});

test('requests that fail give their places back', async () => {
  for (let i = 0; i < 5; i++) expect((await classify(text)).status).toBe(415);
  expect((await classify(jpeg)).status).toBe(200);
});
