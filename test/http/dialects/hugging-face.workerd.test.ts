// Requests as @huggingface/inference and huggingface_hub send them. The real JS client runs in clients.test.ts.
import { describe, expect, it } from 'vitest';
import {
  answer,
  expectedPredictions,
  jpeg,
  jpegBase64,
  type Prediction,
  post,
  postJson,
  text,
} from '../worker.ts';

async function predictions(response: Promise<Response>): Promise<Prediction[]> {
  const settled = await response;
  expect(settled.status).toBe(200);
  return (await settled.json()) as Prediction[];
}

describe('Hugging Face', () => {
  const requests: [string, () => Promise<Response>, number][] = [
    ['bytes to /models/{model}', () => post('/models/tiny', jpeg), 5],
    ['bytes to /models/{owner}/{model}', () => post('/models/someone/tiny', jpeg), 5],
    ['bytes to /', () => post('/', jpeg), 5],
    ['?top_k=3', () => post('/models/tiny?top_k=3', jpeg), 3],
    ['base64 in inputs', () => postJson('/', { inputs: jpegBase64 }), 5],
    [
      'base64 with parameters, as huggingface_hub sends it',
      () =>
        postJson('/models/tiny', { inputs: jpegBase64, parameters: { function_to_apply: null, top_k: 2 } }),
      2,
    ],
    [
      'options of the hosted service',
      () => postJson('/', { inputs: jpegBase64, options: { wait_for_model: true }, parameters: {} }),
      5,
    ],
    [
      'parameters before query',
      () => postJson('/?top_k=7', { inputs: jpegBase64, parameters: { top_k: 1 } }),
      1,
    ],
  ];
  it.each(requests)('%s', async (_, request, count) => {
    const expected = (await expectedPredictions()).slice(0, count);
    const found = await predictions(request());
    expect(found).toEqual(expected);
    expect(Object.keys(found[0] ?? {}).slice(0, 2)).toEqual(['label', 'score']);
  });

  it('function_to_apply: sigmoid and none work on the logits', async () => {
    const { logits = [] } = await answer(post('/v1/classify?include=logits', jpeg));
    const none = await predictions(post('/?top_k=0&function_to_apply=none', jpeg));
    expect(none.map(({ index, score }) => [index, score])).toEqual(
      none.map(({ index }) => [index, logits[index]]),
    );
    const sigmoid = await predictions(
      postJson('/', { inputs: jpegBase64, parameters: { function_to_apply: 'sigmoid', top_k: 10 } }),
    );
    expect(sigmoid.map(({ index }) => index)).toEqual(none.map(({ index }) => index));
    for (const { index, score } of sigmoid)
      expect(score).toBeCloseTo(1 / (1 + Math.exp(-(logits[index] ?? 0))), 6);
  });

  const refused: [string, () => Promise<Response>, number, RegExp][] = [
    ['another model', () => post('/models/resnet-50', jpeg), 404, /no model resnet-50; expected tiny/],
    ['text', () => post('/models/tiny', text), 415, /JPEG/],
    [
      'an unknown parameter',
      () => postJson('/', { inputs: jpegBase64, parameters: { topk: 3 } }),
      400,
      /unknown parameter parameters.topk/,
    ],
    [
      'a wrong top_k',
      () => postJson('/', { inputs: jpegBase64, parameters: { top_k: 'x' } }),
      400,
      /parameters.top_k: expected a whole number from 0 to 1000, got "x"/,
    ],
    [
      'a wrong function',
      () => post('/?function_to_apply=tanh', jpeg),
      400,
      /softmax, sigmoid, none, got "tanh"/,
    ],
    ['an unknown query parameter', () => post('/?min_score=1', jpeg), 400, /unknown parameter min_score/],
    ['an address', () => postJson('/', { inputs: 'https://example.com/a.jpg' }), 400, /URL_HOSTS/],
  ];
  it.each(refused)('refuses %s, and says so in error', async (_, request, status, detail) => {
    const response = await request();
    expect(response.status).toBe(status);
    const problem = await answer(response);
    expect(problem.error).toMatch(detail);
    expect(problem.detail).toBe(problem.error);
  });
});
