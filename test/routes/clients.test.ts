// The real clients against the Worker on a real port: @huggingface/inference, and a validator of OpenAPI documents.
import SwaggerParser from '@apidevtools/swagger-parser';
import { InferenceClient } from '@huggingface/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFixtures } from '../support/fixtures.ts';
import { bundleWorker, type LocalWorker, startWorker } from '../support/local-worker.ts';

let worker: LocalWorker;
let jpeg: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  const fixtures = await makeFixtures();
  jpeg = new Uint8Array(Buffer.from(fixtures.jpeg, 'base64'));
  await bundleWorker();
  worker = await startWorker({ MODEL: 'tiny.safetensors', API_TOKENS: 'hf_secret' });
  await worker.bucket.put('tiny.safetensors', new Uint8Array(Buffer.from(fixtures.tinyModel, 'base64')));
});
afterAll(() => worker?.stop());

const address = (path: string) => new URL(path, worker.url).href;

interface Prediction {
  label: string;
  score: number;
}

async function expected(topK: number): Promise<Prediction[]> {
  const headers = { authorization: 'Bearer hf_secret' };
  const response = await fetch(address(`/v1/classify?top_k=${topK}`), {
    method: 'POST',
    body: jpeg,
    headers,
  });
  return ((await response.json()) as { predictions: Prediction[] }).predictions;
}

describe('@huggingface/inference', () => {
  const bodies: [string, () => Blob | ArrayBuffer][] = [
    ['a Blob', () => new Blob([jpeg], { type: 'image/jpeg' })],
    ['a Blob without type', () => new Blob([jpeg])],
    ['an ArrayBuffer', () => jpeg.buffer],
  ];
  const endpoints: [string, number][] = [
    ['/models/tiny', 5],
    ['/', 5],
    ['/?top_k=3', 3],
    ['/models/tiny?top_k=3', 3],
  ];
  const cases = bodies.flatMap(([name, body]) =>
    endpoints.map(([path, count]) => ({ name, body, path, count })),
  );
  it.each(cases)('$name to $path', async ({ body, path, count }) => {
    const client = new InferenceClient('hf_secret');
    const found = await client.imageClassification({ data: body(), endpointUrl: address(path) });
    expect(found).toEqual(await expected(count));
  });

  it('shows our detail for a text file', async () => {
    const client = new InferenceClient('hf_secret');
    const data = new Blob(['this is no image']);
    await expect(client.imageClassification({ data, endpointUrl: address('/models/tiny') })).rejects.toThrow(
      'Expected JPEG, PNG, GIF, BMP or WebP',
    );
  });

  it('shows our detail for a wrong token', async () => {
    const client = new InferenceClient('hf_other');
    await expect(
      client.imageClassification({ data: new Blob([jpeg]), endpointUrl: address('/') }),
    ).rejects.toThrow('the bearer token is not one of those accepted here');
  });
});

it('the OpenAPI document is valid', async () => {
  const document = await (await fetch(address('/openapi.json'))).json();
  const api = await SwaggerParser.validate(document as Parameters<typeof SwaggerParser.validate>[0]);
  expect(Object.keys(api.paths ?? {}).length).toBeGreaterThan(15);
});

it('a body of 30 MB is refused, and the server goes on', async () => {
  const headers = { authorization: 'Bearer hf_secret' };
  const body = new Uint8Array(30_000_000);
  body.set(jpeg);
  const response = await fetch(address('/v1/classify'), { method: 'POST', body, headers });
  expect(response.status).toBe(413);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await expected(1)).toHaveLength(1);
});
