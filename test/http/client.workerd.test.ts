// The package's client, and the entrypoint for service bindings.
import { createExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect, inject, it } from 'vitest';
import type { Bindings } from '../../src/http/bindings.ts';
import type { ClassifierOptions } from '../../src/http/rpc.ts';
import { Classifier } from '../../src/index.ts';
import { createClient } from '../../src/library/client.ts';
import {
  answer,
  bindings,
  bytesOf,
  expectedPredictions,
  jpeg,
  type Prediction,
  post,
  send,
} from './worker.ts';

it('the client classifies, and knows what is served and what is refused', async () => {
  const api = createClient('https://test', { fetch: (request) => send(request.url, request) });
  const { predictions } = await api.classify(jpeg, { top_k: 3 });
  expect(predictions).toEqual((await expectedPredictions()).slice(0, 3));
  expect((await api.models()).models[0]).toMatchObject({ name: 'tiny', classes: 10 });
  expect(await api.ready({ warm: true })).toBe(true);
  await expect(api.classify(new Uint8Array(3))).rejects.toMatchObject({
    status: 415,
    code: 'unsupported-image',
    problem: { request_id: expect.any(String) },
  });
});

// The entrypoint reads the Worker's own variables: the tiny model takes the default model's place.
await bindings.MODELS?.put((env as Bindings).MODEL ?? '', bytesOf(inject('tinyModel')));

interface Entrypoint {
  classify(
    image: ArrayBuffer | ReadableStream<Uint8Array> | Uint8Array,
    options?: ClassifierOptions,
  ): Promise<{ predictions: Prediction[]; logits?: number[] }>;
}
/** As another Worker sees it: through RPC. */
const remote = (exports as unknown as { Classifier: Entrypoint }).Classifier;

it('the entrypoint gives the same classes', async () => {
  const expected = await expectedPredictions();
  const stream = new Response(jpeg).body;
  if (!stream) throw new Error('expected a stream');
  for (const image of [jpeg, jpeg.buffer.slice(jpeg.byteOffset, jpeg.byteOffset + jpeg.byteLength), stream])
    expect((await remote.classify(image, { top_k: 0 })).predictions).toEqual(expected);
  const { logits } = await answer(post('/v1/classify?include=logits&crops=10', jpeg));
  expect((await remote.classify(jpeg, { include: ['logits'], crops: 10 })).logits).toEqual(logits);
});

it('the entrypoint refuses as the route does', async () => {
  // Not through RPC: a rejection inside the callee would count as one that this test let pass.
  const direct = new Classifier(createExecutionContext(), bindings);
  await expect(direct.classify(jpeg, { top_k: -1 })).rejects.toMatchObject({
    message: 'top_k: expected a whole number from 0 to 1000, got "-1"',
    code: 'bad-parameter',
    status: 400,
  });
  await expect(direct.classify(new Uint8Array(0))).rejects.toMatchObject({ code: 'empty-body' });
});
