// The real clients against the Worker on a real port: @huggingface/inference, and a validator of OpenAPI documents.
import net from 'node:net';
import SwaggerParser from '@apidevtools/swagger-parser';
import { InferenceClient } from '@huggingface/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalWorker, startWorker } from '../../../tools/workers/local-worker.ts';
import { makeFixtures } from '../../support/fixtures.ts';

let worker: LocalWorker;
let jpeg: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  const fixtures = await makeFixtures();
  jpeg = new Uint8Array(Buffer.from(fixtures.jpeg, 'base64'));
  worker = await startWorker(
    { MODEL: 'tiny.safetensors', API_TOKENS: 'hf_secret' },
    { onLog: () => undefined },
  );
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

describe('a client that sends everything before it reads sees why it was refused', () => {
  const token = { authorization: 'Bearer hf_secret' };
  const cases: [string, string, Record<string, string>, number][] = [
    ['30 MB', '/v1/classify', token, 413],
    ['a wrong token', '/v1/classify', {}, 401],
    ['another address', '/v1/nothing', token, 404],
    ['a wrong parameter', '/v1/classify?top_k=x', token, 400],
    ['another model', '/models/other', token, 404],
  ];
  it.each(cases)('%s', async (_, path, headers, status) => {
    const body = new Uint8Array(30_000_000);
    body.set(jpeg);
    const response = await fetch(address(path), { method: 'POST', body, headers });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('30 MB of text, and of chunks', async () => {
    const body = new Uint8Array(30_000_000).fill(116);
    expect((await fetch(address('/v1/classify'), { method: 'POST', body, headers: token })).status).toBe(413);
    const chunks = new Blob([body.subarray(0, 24_000_000)]).stream();
    const init = { method: 'POST', body: chunks, headers: token, duplex: 'half' } as const;
    expect((await fetch(address('/v1/classify'), init)).status).toBe(415);
    expect(await expected(1)).toHaveLength(1);
  });
});

/** Sends the first `bytes` of the body that it announces, then resets the connection. */
function halfPost(bytes: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(Number(worker.url.port), worker.url.hostname);
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.write(
      'POST /v1/classify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer hf_secret\r\n' +
        `Content-Length: ${jpeg.length}\r\n\r\n`,
    );
    socket.write(jpeg.subarray(0, bytes), () => setTimeout(() => socket.resetAndDestroy(), 20));
  });
}

it('clients that stop half-way harm nobody', async () => {
  await Promise.all([0, 1000, 3000].map(halfPost));
  expect(await expected(5)).toHaveLength(5);
});
