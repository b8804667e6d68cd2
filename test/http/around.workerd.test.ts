// What stands around the routes: tokens, rate limit, CORS, entity tags, cache, methods, limits, health, logs.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import {
  answer,
  bindings,
  coldWorker,
  expectedPredictions,
  jpeg,
  logged,
  post,
  send,
  text,
} from './worker.ts';

describe('bearer tokens', () => {
  const tokens = { API_TOKENS: 'first-token, second-token' };
  const classify = (headers: HeadersInit) =>
    send('/v1/classify', { method: 'POST', body: jpeg, headers }, tokens);

  it.each(['first-token', 'second-token'])('accepts %s', async (token) => {
    expect((await classify({ authorization: `Bearer ${token}` })).status).toBe(200);
  });

  const refused: [string, HeadersInit, string][] = [
    ['no token', {}, 'Bearer realm="alexnet-edge"'],
    ['another scheme', { authorization: 'Basic first-token' }, 'Bearer realm="alexnet-edge"'],
    ['a wrong token', { authorization: 'Bearer x' }, 'Bearer realm="alexnet-edge", error="invalid_token"'],
    [
      'both tokens at once',
      { authorization: 'Bearer first-token,second-token' },
      'Bearer realm="alexnet-edge"',
    ],
  ];
  it.each(refused)('refuses %s', async (_, headers, challenge) => {
    const response = await classify(headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(challenge);
    expect((await answer(response)).type).toBe('urn:alexnet-edge:problem:unauthorized');
  });

  it.each(['/healthz', '/readyz?warm=1', '/openapi.json', '/docs', '/v2/health/live'])(
    '%s stays open',
    async (path) => {
      expect((await send(path, {}, tokens)).status).toBe(200);
    },
  );

  it.each(['/v1/models', '/v1/limits', '/v2/models/tiny'])('%s is closed', async (path) => {
    expect((await send(path, {}, tokens)).status).toBe(401);
  });

  it('the log says when everybody may classify', async () => {
    await send('/v1/limits');
    expect(logged.some((line) => line.includes('API_TOKENS is not set'))).toBe(true);
  });
});

describe('rate limit', () => {
  const limiter = { RATE_LIMITER: (env as { TEST_LIMITER: RateLimit }).TEST_LIMITER };
  const from = (address: string) =>
    send('/v1/classify', { method: 'POST', body: text, headers: { 'cf-connecting-ip': address } }, limiter);

  it('refuses the 61st request of a minute, of one address', async () => {
    for (let i = 0; i < 60; i++) {
      const response = await from('192.0.2.1');
      expect(response.status).toBe(415);
      expect(response.headers.get('ratelimit-policy')).toBe('"default";q=60;w=60');
    }
    const response = await from('192.0.2.1');
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('60');
    expect(response.headers.get('ratelimit')).toBe('"default";r=0;t=60');
    expect(response.headers.get('ratelimit-policy')).toBe('"default";q=60;w=60');
    expect((await answer(response)).limit).toEqual({ requests: 60, period_seconds: 60 });
    expect((await from('192.0.2.2')).status).toBe(415);
  });

  it('counts by token where tokens are checked', async () => {
    const keys: string[] = [];
    const RATE_LIMITER: RateLimit = {
      limit: async ({ key }) => {
        keys.push(key);
        return { success: true };
      },
    };
    const headers = { authorization: 'Bearer abc', 'cf-connecting-ip': '192.0.2.3' };
    await send('/v1/classify', { method: 'POST', body: jpeg, headers }, { RATE_LIMITER, API_TOKENS: 'abc' });
    await send('/v1/classify', { method: 'POST', body: jpeg, headers }, { RATE_LIMITER });
    expect(keys).toEqual(['abc', '192.0.2.3']);
  });
});

describe('methods', () => {
  const cases: [string, string, number, string | null][] = [
    ['GET', '/v1/classify', 405, 'POST, OPTIONS'],
    ['DELETE', '/v1/models', 405, 'GET, HEAD, OPTIONS'],
    ['PUT', '/models/tiny', 405, 'POST, OPTIONS'],
    ['GET', '/v1/nothing', 404, null],
    ['POST', '/v1/models/tiny', 405, 'GET, HEAD, OPTIONS'],
    ['OPTIONS', '/v1/nothing', 404, null],
    ['OPTIONS', '/v1/classify', 204, 'POST, OPTIONS'],
    ['HEAD', '/v1/models', 200, null],
    ['HEAD', '/v1/classify', 405, 'POST, OPTIONS'],
  ];
  it.each(cases)('%s %s', async (method, path, status, allow) => {
    const response = await send(path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('allow')).toBe(allow);
    const body = await response.text();
    if (method === 'HEAD' || status === 204) expect(body).toBe('');
    else expect(JSON.parse(body)).toMatchObject({ status, instance: path });
  });
});

describe('CORS', () => {
  const preflight = { origin: 'https://page.example', 'access-control-request-method': 'POST' };

  it('lets every page read by default', async () => {
    const response = await send('/v1/classify', { method: 'OPTIONS', headers: preflight });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-headers')).toContain('Authorization');
    const answered = await send('/v1/classify', {
      method: 'POST',
      body: text,
      headers: { origin: 'https://page.example' },
    });
    expect(answered.headers.get('access-control-allow-origin')).toBe('*');
    for (const name of ['X-Request-Id', 'Server-Timing', 'RateLimit', 'Retry-After', 'ETag'])
      expect(answered.headers.get('access-control-expose-headers')).toContain(name);
  });

  it.each([
    ['https://page.example', 'https://page.example'],
    ['https://other.example', null],
  ])('with CORS_ORIGINS: %s', async (origin, allowed) => {
    const response = await send(
      '/v1/classify',
      { method: 'OPTIONS', headers: { ...preflight, origin } },
      { CORS_ORIGINS: 'https://page.example, https://third.example' },
    );
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed);
  });

  it('a preflight needs no token', async () => {
    const init = { method: 'OPTIONS', headers: preflight };
    expect((await send('/v1/classify', init, { API_TOKENS: 'abc' })).status).toBe(204);
  });
});

describe('entity tags', () => {
  const tagOf = async (path: string, method = 'GET') => (await send(path, { method })).headers.get('etag');

  it('GET and HEAD have one, of the content', async () => {
    const tag = await tagOf('/v1/models');
    expect(tag).toMatch(/^"[0-9a-f]{64}"$/);
    expect(await tagOf('/v1/models')).toBe(tag);
    expect(await tagOf('/v1/models', 'HEAD')).toBe(tag);
    expect(await tagOf('/v1/models/tiny')).not.toBe(tag);
    expect(await tagOf('/v1/models/tiny/filters.png')).toMatch(/^"/);
    expect(await tagOf('/v1/models/other')).toBeNull();
  });

  it.each(['GET', 'HEAD'])('%s answers If-None-Match', async (method) => {
    const etag = (await tagOf('/v1/models')) ?? '';
    const ask = (condition: string) =>
      send('/v1/models', { method, headers: { 'if-none-match': condition, origin: 'https://page.example' } });
    for (const condition of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const response = await ask(condition);
      expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([304, '', etag]);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('x-request-id')).not.toBeNull();
    }
    expect((await ask('"x"')).status).toBe(200);
  });

  it('POST has none, and If-None-Match means nothing there', async () => {
    const response = await post('/v1/classify', jpeg, { 'if-none-match': '*' });
    expect([response.status, response.headers.get('etag')]).toEqual([200, null]);
  });
});

describe('result cache', () => {
  const cached = (path: string, body: Uint8Array<ArrayBuffer>) =>
    send(
      path,
      { method: 'POST', body, headers: { 'content-length': String(body.length) } },
      { RESULT_CACHE_SECONDS: '60' },
    );
  const lastCache = () =>
    JSON.parse(logged.findLast((line) => line.includes('"message":"request"')) ?? '{}').cache;

  it('gives the same answer with the id of each request', async () => {
    const first = await answer(cached('/v1/classify?top_k=4', jpeg));
    expect(lastCache()).toBe('miss');
    const second = await answer(cached('/v1/classify?top_k=4', jpeg));
    expect(lastCache()).toBe('hit');
    expect(second).toEqual({ ...first, request_id: second.request_id });
    expect(second.request_id).not.toBe(first.request_id);
    await cached('/v1/classify?top_k=3', jpeg);
    expect(lastCache()).toBe('miss');
    expect((await cached('/v1/classify', text)).status).toBe(415);
    expect((await cached('/v1/classify', text)).status).toBe(415);
    expect(lastCache()).toBe('miss');
  });
});

describe('a request id that is a digit', () => {
  it('does not change the stored answer', async () => {
    const headers = { 'x-request-id': '5', 'content-length': String(jpeg.length) };
    const init = { method: 'POST', body: jpeg, headers };
    const plain = await answer(post('/v1/classify?top_k=6', jpeg));
    const first = await answer(send('/v1/classify?top_k=6', init, { RESULT_CACHE_SECONDS: '60' }));
    expect(first).toEqual({ ...plain, request_id: '5' });
    const stored = await answer(
      send(
        '/v1/classify?top_k=6',
        { ...init, headers: { 'content-length': headers['content-length'] } },
        { RESULT_CACHE_SECONDS: '60' },
      ),
    );
    expect(stored).toEqual({ ...plain, request_id: stored.request_id });
  });
});

describe('health, limits, models', () => {
  it('/readyz loads the model only when asked', async () => {
    const worker = coldWorker();
    expect((await send('/healthz', {}, {}, worker)).status).toBe(200);
    expect((await send('/readyz', {}, {}, worker)).status).toBe(503);
    expect((await send('/readyz?warm=1', {}, {}, worker)).status).toBe(200);
    expect((await send('/readyz', {}, {}, worker)).status).toBe(200);
  });

  it('/v1/limits tells every limit', async () => {
    const limiter = { RATE_LIMITER: (env as { TEST_LIMITER: RateLimit }).TEST_LIMITER };
    const variables = {
      MAX_IMAGE_BYTES: '5000',
      MAX_IMAGE_PIXELS: '5001',
      MAX_IMAGE_SIDE: '5002',
      MAX_JPEG_SCANS: '5004',
      MAX_DECODE_BLOCKS: '5005',
      MAX_HEAD_PHOTOS: '5011',
      MAX_HEAD_CLASSES: '5012',
      MAX_TRAIN_MS: '5013',
      MAX_JSON_BYTES: '5006',
      MAX_FILES: '4',
      MAX_WORK_MS: '5007',
      MAX_ANSWER_BYTES: '5008',
      MAX_STALL_MS: '5009',
      MIN_BYTES_PER_SECOND: '5010',
    };
    const response = await send('/v1/limits', {}, { ...limiter, ...variables });
    expect(await response.json()).toEqual({
      image_bytes: 5000,
      image_pixels: 5001,
      image_side: 5002,
      jpeg_scans: 5004,
      decode_blocks: 5005,
      work_ms: 5007,
      answer_bytes: 5008,
      stall_ms: 5009,
      bytes_per_second: 5010,
      head_photos: 5011,
      head_classes: 5012,
      train_ms: 5013,
      json_bytes: 5006,
      json_value_bytes: 40_000_000,
      files: 4,
      formats: ['jpeg', 'png', 'gif', 'bmp', 'webp'],
      top_k: 1000,
      crops: [1, 10],
      rate: { requests: 60, period_seconds: 60 },
    });
  });

  it('/v1/models/{name} prints every layer with its shapes', async () => {
    const response = await send('/v1/models/tiny');
    const model = (await response.json()) as {
      layers: object[];
      parameters: number;
      macs: number;
      preprocessing: object;
    };
    expect(model).toMatchObject({
      name: 'tiny',
      classes: 10,
      licence: 'MIT',
      input: { size: 67, channels: 3 },
    });
    expect(model.preprocessing).toEqual({
      resize: expect.stringMatching(/^(shorter-side|warp)$/),
      resize_to: expect.any(Number),
      crop: 67,
      mean: [expect.any(Number), expect.any(Number), expect.any(Number)],
      std: [expect.any(Number), expect.any(Number), expect.any(Number)],
      trained_on: expect.stringMatching(/^(RGB|BGR)$/),
    });
    expect(model.layers).toHaveLength(9);
    expect(model.layers[0]).toMatchObject({
      type: 'conv',
      name: 'conv1',
      input: [67, 67, 3],
      output: [15, 15, 16],
      macs: 11 * 11 * 3 * 16 * 15 * 15,
      parameters: 11 * 11 * 3 * 16 + 16,
    });
    expect(model.layers[8]).toMatchObject({ type: 'softmax', output: [1, 1, 10] });
    expect((await send('/v1/models/other')).status).toBe(404);
  });
});

describe('headers and logs', () => {
  it('a request has an id, timings and secure headers', async () => {
    const response = await post('/v1/classify', jpeg, { 'x-request-id': 'my-own-id' });
    expect(response.headers.get('x-request-id')).toBe('my-own-id');
    expect(response.headers.get('server-timing')).toMatch(
      /^load;desc=(?:warm|cold);dur=\d+, decode;dur=\d+, inference;dur=\d+, total;dur=\d+$/,
    );
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  it('logs one line a request, without image or token, and a data point', async () => {
    const points: AnalyticsEngineDataPoint[] = [];
    const ANALYTICS: AnalyticsEngineDataset = {
      writeDataPoint: (point) => {
        if (point) points.push(point);
      },
    };
    logged.length = 0;
    const headers = { authorization: 'Bearer top-secret', 'x-request-id': 'logged-id' };
    await send(
      '/v1/classify',
      { method: 'POST', body: jpeg, headers },
      { ANALYTICS, API_TOKENS: 'top-secret' },
    );
    expect(logged).toHaveLength(1);
    expect(logged[0]).not.toContain('secret');
    expect(JSON.parse(logged[0] ?? '')).toEqual({
      message: 'request',
      id: 'logged-id',
      method: 'POST',
      route: '/v1/classify',
      status: 200,
      bytes: jpeg.length,
      pixels: 120 * 90,
      format: 'jpeg',
      decode_ms: expect.any(Number),
      load_ms: expect.any(Number),
      inference_ms: expect.any(Number),
      total_ms: expect.any(Number),
      model: expect.stringMatching(/^tiny@[0-9a-f]{12}$/),
      start: 'warm',
      cache: 'off',
    });
    expect(points).toEqual([
      {
        indexes: ['/v1/classify'],
        blobs: ['POST', '/v1/classify', '200', 'jpeg', expect.any(String), 'warm', 'off'],
        doubles: [jpeg.length, 120 * 90, ...Array(4).fill(expect.any(Number))],
      },
    ]);
  });

  it('an unknown error says nothing of itself to the client', async () => {
    logged.length = 0;
    const response = await send('/v1/classify', { method: 'POST', body: jpeg }, { MAX_IMAGE_SIDE: 'broken' });
    expect(response.status).toBe(500);
    expect(JSON.stringify(await answer(response))).not.toContain('MAX_IMAGE_SIDE');
    expect(logged.join('\n')).toContain('MAX_IMAGE_SIDE');
  });

  it('each fault of the model is its own error, and the next request tries again', async () => {
    const worker = coldWorker();
    const classify = (more: object) => send('/v1/classify', { method: 'POST', body: jpeg }, more, worker);
    const missing = await classify({ MODEL: 'nothing.safetensors' });
    expect(missing.status).toBe(500);
    expect((await answer(missing)).type).toBe('urn:alexnet-edge:problem:model-missing');
    const unbound = await classify({ MODELS: undefined });
    expect((await answer(unbound)).type).toBe('urn:alexnet-edge:problem:model-bucket-missing');
    const { predictions } = await answer(classify({}));
    expect(predictions).toEqual((await expectedPredictions()).slice(0, 5));
    expect(bindings.MODEL).toBe('tiny.safetensors');
  });
});
