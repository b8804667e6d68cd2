// The typed client, and the entrypoint for service bindings.
import { createExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect, inject, it } from 'vitest';
import type { Bindings } from '../../src/http/bindings.ts';
import { createClient } from '../../src/http/client.ts';
import type { ClassifierOptions } from '../../src/http/rpc.ts';
import { Classifier } from '../../src/index.ts';
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

it('the typed client classifies, and knows the answers', async () => {
  const api = createClient('https://test', {
    fetch: (input: URL | RequestInfo, init?: RequestInit) => send(String(input), init),
  });
  const response = await api.v1.classify.$post({ query: { top_k: '3' } }, { init: { body: jpeg } });
  if (response.status !== 200) throw new Error(`expected 200, got ${response.status}`);
  const found = await response.json();
  if (!('predictions' in found)) throw new Error('expected predictions of one image');
  expect(found.predictions).toEqual((await expectedPredictions()).slice(0, 3));
  const { layers } = await (await api.v1.models[':name'].$get({ param: { name: 'tiny' }, query: {} })).json();
  expect(layers.map(({ name }) => name)).toContain('conv1');
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
