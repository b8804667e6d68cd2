import { describe, expect, it, vi } from 'vitest';
import {
  answer,
  expectedPredictions,
  form,
  jpeg,
  jpegBase64,
  png,
  post,
  postJson,
  send,
  text,
  truncated,
} from '../worker.ts';

function stream(bytes: Uint8Array, chunk: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + chunk));
      at += chunk;
    },
  });
}

describe('POST /v1/classify, an image', () => {
  it('answers with model, image and the five best classes', async () => {
    const response = await post('/v1/classify', jpeg);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    const { model, image, predictions, request_id } = await answer(response);
    expect(model).toEqual({ name: 'tiny', version: model.sha256.slice(0, 12), sha256: model.sha256 });
    expect(image).toEqual({ format: 'jpeg', width: 120, height: 90, orientation: 6 });
    expect(predictions).toHaveLength(5);
    expect(predictions.map(({ score }) => score)).toEqual(
      predictions.map(({ score }) => score).sort((a, b) => b - a),
    );
    expect(predictions[0]).toEqual({
      index: expect.any(Number),
      synset: expect.stringMatching(/^n\d{8}$/),
      label: expect.stringMatching(/^class \d, number \d$/),
      score: expect.any(Number),
    });
    expect(request_id).toBe(response.headers.get('x-request-id'));
  });

  it('gives the memory of pixels back at once', async () => {
    const transfer = vi.spyOn(ArrayBuffer.prototype, 'transfer');
    await post('/v1/classify', jpeg);
    const pixels = transfer.mock.contexts as ArrayBuffer[];
    transfer.mockRestore();
    expect(pixels.length).toBe(1);
    expect(pixels[0]?.detached).toBe(true);
  });

  it('gives probabilities of all classes for top_k=0 that sum to 1', async () => {
    const all = await expectedPredictions();
    expect(all).toHaveLength(10);
    expect(all.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
  });

  const sameBytes: [string, () => Promise<Response>][] = [
    ['JSON', () => postJson('/v1/classify?top_k=0', { image: jpegBase64 })],
    [
      'a data: URL',
      () => postJson('/v1/classify?top_k=0', { image: `data:image/jpeg;base64,${jpegBase64}` }),
    ],
    [
      'base64 with newlines',
      () => postJson('/v1/classify?top_k=0', { image: jpegBase64.replace(/.{76}/g, '$&\r\n') }),
    ],
    [
      'base64url without padding',
      () =>
        postJson('/v1/classify?top_k=0', {
          image: jpegBase64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
        }),
    ],
    ['a form of one file', () => post('/v1/classify?top_k=0', form({ 'a.jpg': jpeg }))],
    ['chunks of 7 bytes without length', () => post('/v1/classify?top_k=0', stream(jpeg, 7))],
    [
      'a wrong Content-Type',
      () => post('/v1/classify?top_k=0', jpeg, { 'content-type': 'application/json' }),
    ],
  ];
  it.each(sameBytes)('gives the same classes for %s', async (_, request) => {
    expect((await answer(request())).predictions).toEqual(await expectedPredictions());
  });
});

describe('parameters of POST /v1/classify', () => {
  it('top_k and min_score shorten the list', async () => {
    const all = await expectedPredictions();
    expect((await answer(post('/v1/classify?top_k=2', jpeg))).predictions).toEqual(all.slice(0, 2));
    const bound = all[1]?.score ?? 0;
    expect((await answer(post(`/v1/classify?min_score=${bound}`, jpeg))).predictions).toEqual(
      all.slice(0, 2),
    );
    expect((await answer(post('/v1/classify?top_k=1000', jpeg))).predictions).toEqual(all);
  });

  it('include adds logits and embedding', async () => {
    const { logits, embedding } = await answer(post('/v1/classify?include=logits,embedding', jpeg));
    expect(logits).toHaveLength(10);
    expect(embedding).toHaveLength(48);
    const all = await expectedPredictions();
    const exponentials = (logits ?? []).map(Math.exp);
    const sum = exponentials.reduce((a, b) => a + b, 0);
    for (const { index, score } of all) expect((exponentials[index] ?? 0) / sum).toBeCloseTo(score, 5);
    const plain = await answer(post('/v1/classify', jpeg));
    expect(plain.logits).toBeUndefined();
    expect(plain.embedding).toBeUndefined();
  });

  it('exif=ignore leaves the picture as it is stored', async () => {
    const ignored = await answer(post('/v1/classify?top_k=0&exif=ignore', jpeg));
    expect(ignored.predictions).not.toEqual(await expectedPredictions());
    expect(ignored.image.orientation).toBe(6);
  });

  it('crops=10 averages probabilities', async () => {
    const ten = (await answer(post('/v1/classify?top_k=0&crops=10', jpeg))).predictions;
    expect(ten).not.toEqual(await expectedPredictions());
    expect(ten.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
  });

  const refused: [string, string, RegExp][] = [
    ['top_k=-1', 'top_k', /top_k: expected a whole number from 0 to 1000, got "-1"/],
    ['top_k=abc', 'top_k', /got "abc"/],
    ['top_k=1001', 'top_k', /from 0 to 1000, got "1001"/],
    ['top_k=', 'top_k', /got ""/],
    ['top_k=1.5', 'top_k', /got "1.5"/],
    ['top_k=1&top_k=2', 'top_k', /whole number/],
    ['min_score=2', 'min_score', /a number from 0 to 1, got "2"/],
    ['min_score=-0.5', 'min_score', /got "-0.5"/],
    ['crops=5', 'crops', /expected 1 or 10, got "5"/],
    ['exif=no', 'exif', /expected apply or ignore, got "no"/],
    ['include=everything', 'include', /logits, embedding or logits,embedding, got "everything"/],
    [
      'topk=3',
      'topk',
      /unknown parameter topk; expected top_k, min_score, crops, relight, dropout, seed, towers, after, without, exif, damaged, parents, head, ensemble, reject, include, dims/,
    ],
    ['__proto__=3', '__proto__', /unknown parameter __proto__/],
  ];
  it.each(refused)('refuses ?%s by name', async (search, parameter, detail) => {
    const response = await post(`/v1/classify?${search}`, jpeg);
    expect(response.status).toBe(400);
    const problem = await answer(response);
    expect(problem.parameter).toBe(parameter);
    expect(problem.detail).toMatch(detail);
  });
});

describe('several files', () => {
  it('gives one result for each, in order, duplicates too', async () => {
    const body = form([
      ['a.jpg', jpeg],
      ['b.png', png],
      ['a.jpg', jpeg],
    ]);
    const { results = [], model } = await answer(post('/v1/classify?top_k=0', body));
    expect(model.name).toBe('tiny');
    expect(results.map(({ file }) => file)).toEqual(['a.jpg', 'b.png', 'a.jpg']);
    const [first, second, third] = results;
    expect(first?.predictions).toEqual(await expectedPredictions());
    expect(third).toEqual(first);
    expect(second?.predictions).toEqual((await answer(post('/v1/classify?top_k=0', png))).predictions);
  });

  it('averages ten crops of each', async () => {
    const body = form({ 'a.jpg': jpeg, 'b.png': png });
    const { results = [] } = await answer(post('/v1/classify?top_k=0&crops=10', body));
    const single = await answer(post('/v1/classify?top_k=0&crops=10', png));
    expect(results[1]?.predictions).toEqual(single.predictions);
  });

  it('puts the problem of a broken file into its place', async () => {
    const body = form({ 'a.jpg': jpeg, 'b.jpg': jpeg, 'broken.jpg': truncated, 'd.png': png });
    const response = await post('/v1/classify', body);
    expect(response.status).toBe(200);
    const { results = [], request_id } = await answer(response);
    expect(results.map(({ problem }) => problem?.status)).toEqual([undefined, undefined, 422, undefined]);
    expect(results[2]).toMatchObject({ file: 'broken.jpg', problem: { request_id } });
    expect(results[3]?.predictions).toHaveLength(5);
  });

  it('answers a single broken file with its problem', async () => {
    expect((await post('/v1/classify', form({ 'broken.jpg': truncated }))).status).toBe(422);
  });

  it('takes 16 files and refuses 17', async () => {
    const files = (count: number) => form(Array.from({ length: count }, (_, i) => [`${i}.jpg`, jpeg]));
    expect((await answer(post('/v1/classify?top_k=1', files(16)))).results).toHaveLength(16);
    const response = await post('/v1/classify', files(17));
    expect(response.status).toBe(413);
    expect(await answer(response)).toMatchObject({
      limit: { files: 16 },
      detail: 'expected at most 16 files',
    });
  });

  it('refuses a wrong parameter in the form by name', async () => {
    const body = form({ 'a.jpg': jpeg });
    body.append('top_k', 'three');
    const response = await post('/v1/classify', body);
    expect(response.status).toBe(400);
    expect((await answer(response)).parameter).toBe('top_k');
  });
});

describe('bodies that are refused', () => {
  const cases: [string, () => Promise<Response>, number, RegExp][] = [
    ['no body', () => send('/v1/classify', { method: 'POST' }), 400, /empty body/],
    ['an empty body', () => post('/v1/classify', new Uint8Array(0)), 400, /empty body/],
    ['a form without files', () => post('/v1/classify', new FormData()), 400, /file|boundary/],
    ['text', () => post('/v1/classify', text), 415, /JPEG, PNG/],
    [
      'a compressed body',
      () => post('/v1/classify', jpeg, { 'content-encoding': 'gzip' }),
      415,
      /Content-Encoding: expected none, got gzip/,
    ],
    ['a truncated JPEG', () => post('/v1/classify', truncated), 422, /./],
    ['broken JSON', () => post('/v1/classify', '{"image": '), 400, /expected JSON/],
    ['JSON without image', () => postJson('/v1/classify', {}), 400, /image: expected a value, got nothing/],
    [
      'an unknown member',
      () => postJson('/v1/classify', { image: jpegBase64, top_k: 3 }),
      400,
      /unknown parameter top_k/,
    ],
    ['wrong base64', () => postJson('/v1/classify', { image: 'not base64!' }), 400, /image: expected base64/],
    ['empty base64', () => postJson('/v1/classify', { image: '' }), 400, /got none/],
    [
      'a data: URL without base64',
      () => postJson('/v1/classify', { image: 'data:text/plain,abc' }),
      400,
      /data: URL/,
    ],
    ['an address', () => postJson('/v1/classify', { image: 'https://example.com/a.jpg' }), 400, /member url/],
    ['base64 of text', () => postJson('/v1/classify', { image: btoa('hello, hello') }), 415, /JPEG/],
    [
      'a form that ends early',
      () =>
        post('/v1/classify', '--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nabc', {
          'content-type': 'multipart/form-data; boundary=x',
        }),
      400,
      /closing boundary/,
    ],
  ];
  it.each(cases)('%s', async (_, request, status, detail) => {
    const response = await request();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = await answer(response);
    expect(problem.detail).toMatch(detail);
    expect(problem).toMatchObject({
      type: expect.stringMatching(/^urn:alexnet-edge:problem:[a-z-]+$/),
      title: expect.any(String),
      status,
      instance: '/v1/classify',
      request_id: response.headers.get('x-request-id'),
      error: problem.detail,
    });
  });

  it('too many bytes: by Content-Length, by counting, as JSON, in a form', async () => {
    const limits = { MAX_IMAGE_BYTES: '2000', MAX_JSON_BYTES: '3000' };
    const refuse = async (body: BodyInit) => {
      const response = await send('/v1/classify', { method: 'POST', body }, limits);
      expect(response.status).toBe(413);
      return answer(response);
    };
    expect((await refuse(jpeg)).limit).toEqual({ bytes: 2000 });
    expect((await refuse(stream(jpeg, 100))).limit).toEqual({ bytes: 2000 });
    expect((await refuse(JSON.stringify({ image: jpegBase64 }))).limit).toEqual({ bytes: 3000 });
    expect((await refuse(form({ 'a.jpg': jpeg }))).limit).toEqual({ bytes: 2000 });
  });

  it('too many pixels: a problem type of its own', async () => {
    const response = await send('/v1/classify', { method: 'POST', body: png }, { MAX_IMAGE_PIXELS: '1000' });
    expect(response.status).toBe(413);
    expect(await answer(response)).toMatchObject({
      type: 'urn:alexnet-edge:problem:too-many-pixels',
      limit: { pixels: 1000 },
    });
  });

  it('a client that stops half-way', async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (sent++ === 0) controller.enqueue(jpeg.slice(0, 500));
        else controller.error(new Error('connection lost'));
      },
    });
    const response = await post('/v1/classify', body);
    expect(response.status).toBe(400);
    expect((await answer(response)).detail).toBe('the upload broke off after 500 bytes');
    expect((await post('/v1/classify', jpeg)).status).toBe(200);
  });
});
