// The typed client, and the entrypoint for service bindings.
import { createExecutionContext } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { createClient } from '../../src/client.ts';
import type { ClassifierOptions } from '../../src/entrypoint.ts';
import { Classifier } from '../../src/index.ts';
import { answer, bindings, expectedPredictions, jpeg, post, send } from './worker.ts';

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

function classify(image: ArrayBuffer | ReadableStream<Uint8Array> | Uint8Array, options?: ClassifierOptions) {
  return new Classifier(createExecutionContext(), bindings).classify(image, options);
}

it('the entrypoint gives the same classes', async () => {
  const expected = await expectedPredictions();
  const stream = new Response(jpeg).body;
  if (!stream) throw new Error('expected a stream');
  for (const image of [jpeg, jpeg.buffer.slice(jpeg.byteOffset, jpeg.byteOffset + jpeg.byteLength), stream])
    expect((await classify(image, { top_k: 0 })).predictions).toEqual(expected);
  const { logits } = await answer(post('/v1/classify?include=logits&crops=10', jpeg));
  expect((await classify(jpeg, { include: ['logits'], crops: 10 })).logits).toEqual(logits);
});

it('the entrypoint refuses as the route does', async () => {
  await expect(classify(jpeg, { top_k: -1 })).rejects.toThrow(
    'top_k: expected a whole number from 0 to 1000',
  );
  await expect(classify(new Uint8Array(0))).rejects.toThrow('Expected the bytes of an image');
});
