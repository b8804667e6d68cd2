// Pictures that a request names: a key of the bucket PHOTOS, an address at a host of URL_HOSTS, lists of both; and
// what must never be fetched (server-side request forgery). The network is a table; whatever is not in it fails.
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bindings } from '../../../src/http/bindings.ts';
import { answer, expectedPredictions, jpeg, jpegBase64, logged, png, send, text } from '../worker.ts';

/** Any bucket serves: here the models' one. */
const PHOTOS = (env as Bindings).MODELS;
const more: Partial<Bindings> = {
  URL_HOSTS: 'photos.example, Other.example:8443',
  ...(PHOTOS ? { PHOTOS } : {}),
};

function classify(body: object, bindings: Partial<Bindings> = more, path = '/v1/classify') {
  return send(path, { method: 'POST', body: JSON.stringify(body) }, bindings);
}

/** What was asked of the network, and what it answers. */
const asked: string[] = [];
/** The trace context that each was asked with. */
const traced: (string | null)[] = [];
const network = new Map<string, () => Response | Promise<Response>>();
const redirectTo =
  (location: string, status = 302) =>
  () =>
    new Response('moved', { status, headers: { location } });

beforeEach(() => {
  asked.length = 0;
  traced.length = 0;
  network.clear();
  network.set('https://photos.example/a.jpg', () => new Response(jpeg));
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    asked.push(String(input));
    traced.push(new Headers(init?.headers).get('traceparent'));
    expect(init?.redirect).toBe('manual');
    const found = network.get(String(input));
    if (!found) throw new TypeError('Network connection lost');
    return found();
  });
});
afterEach(() => vi.mocked(fetch).mockRestore());

describe('url', () => {
  it('is fetched from a host of the list, and classified like the file', async () => {
    for (const path of ['/v1/classify', '/v1/occlusion?grid=2', '/v1/inspect'])
      expect([
        path,
        (await classify({ url: 'https://photos.example/a.jpg#part' }, more, path)).status,
      ]).toEqual([path, 200]);
    const { predictions } = await answer(classify({ url: 'https://PHOTOS.example:443/a.jpg' }));
    expect(predictions).toEqual((await expectedPredictions()).slice(0, 5));
    expect(new Set(asked)).toEqual(new Set(['https://photos.example/a.jpg']));
  });

  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  it.each([
    [`00-${TRACE}-00f067aa0ba902b7-01`, TRACE],
    [`ff-${TRACE}-00f067aa0ba902b7-01`, undefined],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
    [`00-${TRACE}-00f067aa0ba902b7-01\tmore`, undefined],
  ])('traceparent %s goes on to the host, and into the log, when it is one', async (traceparent, trace) => {
    const headers = { 'content-type': 'application/json', traceparent };
    const body = JSON.stringify({ url: 'https://photos.example/a.jpg' });
    logged.length = 0;
    expect((await send('/v1/classify', { method: 'POST', headers, body }, more)).status).toBe(200);
    expect(traced).toEqual([trace === undefined ? null : traceparent]);
    const line = logged.findLast((each) => each.includes('"message":"request"')) ?? '{}';
    expect((JSON.parse(line) as { trace?: string }).trace).toBe(trace);
  });

  it('follows redirects on the list', async () => {
    network.set('https://photos.example/b', redirectTo('/c', 308));
    network.set('https://photos.example/c', redirectTo('https://other.example:8443/d'));
    network.set('https://other.example:8443/d', () => new Response(jpeg));
    expect((await classify({ url: 'https://photos.example/b' })).status).toBe(200);
    expect(asked).toHaveLength(3);
  });

  const refused: [string, string, RegExp][] = [
    ['another host', 'https://evil.example/a.jpg', /URL_HOSTS allows/],
    ['a host that ends like one of the list', 'https://xphotos.example/a.jpg', /URL_HOSTS allows/],
    ['a host below one of the list', 'https://a.photos.example/a.jpg', /URL_HOSTS allows/],
    ['a host that begins like one', 'https://photos.example.evil.example/', /URL_HOSTS allows/],
    ['a dot after the name', 'https://photos.example./a.jpg', /URL_HOSTS allows/],
    ['another port', 'https://photos.example:8443/a.jpg', /URL_HOSTS allows/],
    ['the default port of a host with one', 'https://other.example/a.jpg', /URL_HOSTS allows/],
    ['credentials', 'https://user:secret@photos.example/a.jpg', /no user name or password/],
    ['a list host as user name', 'https://photos.example@evil.example/a.jpg', /no user name or password/],
    ['a backslash', 'https://evil.example\\@photos.example/a.jpg', /URL_HOSTS allows/],
    ['http', 'http://photos.example/a.jpg', /expected https:, got http:/],
    ['file', 'file:///etc/passwd', /expected https:, got file:/],
    ['gopher', 'gopher://photos.example/', /expected https:, got gopher:/],
    ['data', 'data:image/png;base64,AAAA', /expected https:, got data:/],
    ['IPv4', 'https://127.0.0.1/', /a host by its name/],
    ['decimal IPv4', 'https://2130706433/', /a host by its name, got 127.0.0.1/],
    ['hexadecimal IPv4', 'https://0x7f000001/', /a host by its name, got 127.0.0.1/],
    ['octal IPv4', 'https://0177.0.0.1/', /a host by its name, got 127.0.0.1/],
    ['short IPv4', 'https://127.1/', /a host by its name, got 127.0.0.1/],
    ['wide digits', 'https://１２７.０.０.１/', /a host by its name, got 127.0.0.1/],
    ['the metadata service', 'https://169.254.169.254/latest/meta-data/', /a host by its name/],
    ['IPv6', 'https://[::1]/', /a host by its name/],
    ['IPv4 in IPv6', 'https://[::ffff:127.0.0.1]/', /a host by its name/],
    ['localhost', 'https://localhost/', /URL_HOSTS allows/],
    ['no address', 'photos.example/a.jpg', /an absolute address/],
    ['a relative one', '//photos.example/a.jpg', /an absolute address/],
    ['a long one', `https://photos.example/${'a'.repeat(3000)}`, /at most 2048 characters/],
  ];
  it.each(refused)('%s is refused unfetched', async (_, url, detail) => {
    const response = await classify({ url });
    expect(response.status).toBe(400);
    const { error, parameter } = await answer(response);
    expect(error).toMatch(detail);
    expect(error).not.toContain('secret');
    expect(parameter).toBe('url');
    expect(asked).toEqual([]);
  });

  it.each([
    ['127.0.0.1', 'https://127.0.0.1/'],
    ['a host off the list', 'https://evil.example/'],
    ['another scheme', 'http://photos.example/a.jpg'],
    ['a file', 'file:///etc/passwd'],
    ['credentials', 'https://a:b@photos.example/a.jpg'],
    ['another port', 'https://photos.example:22/'],
    ['a host off the list, without scheme', '//evil.example/'],
  ])('a redirect to %s is not followed', async (_, location) => {
    network.set('https://photos.example/r', redirectTo(location));
    const response = await classify({ url: 'https://photos.example/r' });
    expect([response.status, asked]).toEqual([400, ['https://photos.example/r']]);
    expect((await answer(response)).error).toMatch(/^url: redirect: expected/);
  });

  it('an address literal on the list stays refused', async () => {
    const response = await classify({ url: 'https://127.0.0.1/' }, { URL_HOSTS: '127.0.0.1' });
    expect([response.status, asked]).toEqual([400, []]);
  });

  it('a circle of redirects ends', async () => {
    network.set('https://photos.example/o', redirectTo('/o'));
    const response = await classify({ url: 'https://photos.example/o' });
    expect([response.status, asked.length]).toEqual([400, 4]);
    expect((await answer(response)).error).toMatch(/at most 3 redirects/);
  });

  it('without a list it says how to allow a host', async () => {
    const response = await classify({ url: 'https://photos.example/a.jpg' }, {});
    expect(response.status).toBe(400);
    expect((await answer(response)).error).toMatch(/allow hosts by the variable URL_HOSTS/);
  });

  const answers: [string, () => Response | Promise<Response>, number, RegExp][] = [
    ['404', () => new Response('', { status: 404 }), 400, /expected 200 from photos.example, got 404/],
    ['no picture', () => new Response(text), 415, /JPEG/],
    ['a failing network', () => Promise.reject(new TypeError('lost')), 504, /could not be read/],
    [
      'a stream that breaks',
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(jpeg.slice(0, 500)),
            pull: (controller) => controller.error(new Error('lost')),
          }),
        ),
      504,
      /could not be read/,
    ],
    [
      'a stream without end',
      () =>
        new Response(
          new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(50_000)) }),
        ),
      413,
      /url: expected at most 100000 bytes/,
    ],
    [
      'a long Content-Length',
      () => new Response(jpeg, { headers: { 'content-length': '100001' } }),
      413,
      /url: expected at most 100000 bytes/,
    ],
  ];
  it.each(answers)('%s', async (_, response, status, detail) => {
    network.set('https://photos.example/x', response);
    const answered = await classify(
      { url: 'https://photos.example/x' },
      { ...more, MAX_IMAGE_BYTES: '100000' },
    );
    expect(answered.status).toBe(status);
    expect((await answer(answered)).error).toMatch(detail);
  });

  it("Hugging Face's inputs follow the same list", async () => {
    expect((await classify({ inputs: 'https://photos.example/a.jpg' }, more, '/')).status).toBe(200);
    for (const inputs of ['https://evil.example/a.jpg', 'http://photos.example/a.jpg'])
      expect((await classify({ inputs }, more, '/models/tiny')).status).toBe(400);
    expect(asked).toEqual(['https://photos.example/a.jpg']);
  });
});

describe('key', () => {
  it.each(['a.jpg', 'Ordner/ä ö+%20?&#"<>\\.jpg', '../..//.', '\u0001\ud83d\udcf7', ' '])(
    '%j',
    async (key) => {
      await PHOTOS?.put(key, jpeg);
      const response = await classify({ key });
      expect((await answer(response)).predictions).toEqual((await expectedPredictions()).slice(0, 5));
      expect(asked).toEqual([]);
    },
  );

  it('what is not there, not allowed or not bound is named', async () => {
    const cases: [string, Partial<Bindings>, RegExp][] = [
      ['missing.jpg', more, /key: expected the key of an object in the bucket PHOTOS, got missing.jpg/],
      ['', more, /1 to 1024 bytes, got 0 bytes/],
      ['ä'.repeat(513), more, /1 to 1024 bytes, got 1026 bytes/],
      ['a.jpg', {}, /bind one as PHOTOS/],
    ];
    for (const [key, bindings, detail] of cases) {
      const response = await classify({ key }, bindings);
      expect([key, response.status]).toEqual([key, 400]);
      expect((await answer(response)).error).toMatch(detail);
    }
    await PHOTOS?.put('large', new Uint8Array(2000));
    expect((await classify({ key: 'large' }, { ...more, MAX_IMAGE_BYTES: '1000' })).status).toBe(413);
    await PHOTOS?.put('text', text);
    expect((await classify({ key: 'text' })).status).toBe(415);
  });
});

describe('images', () => {
  it('takes up to 16 of any kind; one that fails fails alone', async () => {
    await PHOTOS?.put('b.png', png);
    const images = [
      jpegBase64,
      { key: 'b.png' },
      { url: 'https://photos.example/a.jpg' },
      { key: 'gone' },
      { image: jpegBase64 },
    ];
    const { results = [] } = await answer(classify({ images }));
    expect(results.map(({ file }) => file)).toEqual([
      'images.0',
      'b.png',
      'https://photos.example/a.jpg',
      'gone',
      'images.4',
    ]);
    const expected = (await expectedPredictions()).slice(0, 5);
    for (const i of [0, 2, 4]) expect(results[i]?.predictions).toEqual(expected);
    expect(results[3]?.problem).toMatchObject({ status: 400, parameter: 'images.3.key' });
  });

  it.each([
    ['17', { images: Array(17).fill({ key: 'a' }) }, 413, /at most 16/],
    ['none', { images: [] }, 400, /at least one picture/],
    ['images and image', { images: [jpegBase64], image: jpegBase64 }, 400, /image: expected images alone/],
    [
      'two references',
      { key: 'a', url: 'https://photos.example/a.jpg' },
      400,
      /one of image, key, url, got 2/,
    ],
    ['numbers', { images: [1] }, 400, /base64, or an object with image, key or url/],
    ['an unknown member', { images: [{ path: 'x' }] }, 400, /images.0/],
    ['base64 that is none', { images: ['&'] }, 400, /images.0.image: expected base64/],
  ])('refuses %s', async (_, body, status, detail) => {
    const response = await classify(body);
    expect(response.status).toBe(status);
    expect((await answer(response)).error).toMatch(detail);
  });
});
