// Requests as Cloudflare's documentation shows them for image classification (curl, and env.AI's own form).
import { describe, expect, it } from 'vitest';
import { expectedPredictions, jpeg, post, postJson, text } from '../worker.ts';

const LONG = '/client/v4/accounts/0123456789abcdef/ai/run/tiny';

describe('Workers AI', () => {
  const requests: [string, () => Promise<Response>, number][] = [
    ['bytes', () => post('/ai/run/tiny', jpeg), 5],
    ['bytes at the long address', () => post(LONG, jpeg), 5],
    ['an owner before the model', () => post('/ai/run/@cf/someone/tiny', jpeg), 5],
    ['an array of numbers', () => postJson('/ai/run/tiny', { image: Array.from(jpeg) }), 5],
    ['?top_k=2', () => post(`${LONG}?top_k=2`, jpeg), 2],
  ];
  it.each(requests)('%s', async (_, request, count) => {
    const expected = (await expectedPredictions()).slice(0, count);
    const response = await request();
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      result: expected.map(({ label, score }) => ({ label, score })),
      success: true,
      errors: [],
      messages: [],
    });
  });

  const refused: [string, () => Promise<Response>, number, RegExp][] = [
    ['another model', () => post('/ai/run/@cf/microsoft/resnet-50', jpeg), 404, /expected tiny/],
    ['text', () => post('/ai/run/tiny', text), 415, /JPEG/],
    ['base64', () => postJson('/ai/run/tiny', { image: 'abcd' }), 400, /image: expected an array of bytes/],
    [
      'a number that is no byte',
      () => postJson('/ai/run/tiny', { image: [255, 216, 256] }),
      400,
      /image.2: .* got 256/,
    ],
    ['an empty array', () => postJson('/ai/run/tiny', { image: [] }), 400, /got none/],
    ['an unknown member', () => postJson('/ai/run/tiny', { image: [1], n: 1 }), 400, /unknown parameter n/],
  ];
  it.each(refused)('refuses %s in its envelope', async (_, request, status, detail) => {
    const response = await request();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const message = expect.stringMatching(detail);
    expect(await response.json()).toMatchObject({
      result: null,
      success: false,
      errors: [{ code: status, message }],
      messages: [],
      status,
      detail: message,
    });
  });
});
