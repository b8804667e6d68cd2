// Requests that HTTP/1.1 forbids or that hardly anybody sends, and clients that go away.
import { goodPhoto, largeJpeg, largeWebp } from '../payloads.ts';
import { type Attack, asking, bytesOf, head, request, type Script } from '../script.ts';

const CLASSIFY = '/v1/classify';
const FEW = [1, 64];

function said(bytes: string): Script {
  return { steps: [{ send: bytes }, { end: 'half-close' }, { answers: 1 }] };
}

function odd(name: string, bytes: string, statuses?: number[]): Attack {
  return { name, connections: FEW, scripts: [said(bytes)], ...(statuses ? { statuses } : {}) };
}

/** A POST with these lines and the body after them. */
function framed(lines: string[], body: string, version?: string): string {
  return head(CLASSIFY, { lines, ...(version ? { version } : {}) }) + body;
}

/** So many copies of the same request behind one another. */
function pipelined(make: () => Promise<Uint8Array>, times: number): Script {
  return {
    steps: [
      { send: async () => Buffer.concat(Array<Uint8Array>(times).fill(await bytesOf(make))) },
      { answers: times },
    ],
  };
}

const CHUNKED = 'Transfer-Encoding: chunked';

export const ODDITIES: Attack[] = [
  odd('Content-Length and chunked', framed(['Content-Length: 5', CHUNKED], '5\r\nhello\r\n0\r\n\r\n')),
  odd('Transfer-Encoding twice', framed([CHUNKED, CHUNKED], '5\r\nhello\r\n0\r\n\r\n')),
  odd(
    'Transfer-Encoding: gzip, chunked',
    framed(['Transfer-Encoding: gzip, chunked'], '5\r\nhello\r\n0\r\n\r\n'),
  ),
  odd('Transfer-Encoding: identity', framed(['Transfer-Encoding: identity'], 'hello')),
  odd('two different lengths', framed(['Content-Length: 5', 'Content-Length: 6'], 'hello!')),
  odd('a list of lengths', framed(['Content-Length: 5, 5'], 'hello')),
  odd('a negative length', framed(['Content-Length: -1'], 'hello')),
  odd('a length of 2^63', framed(['Content-Length: 9223372036854775808'], 'hello')),
  odd('a length of 2^63 - 1', framed(['Content-Length: 9223372036854775807'], 'hello')),
  odd('a chunk of 2^64 bytes', framed([CHUNKED], '10000000000000000\r\nhello')),
  odd('a negative chunk', framed([CHUNKED], '-5\r\nhello\r\n0\r\n\r\n')),
  odd('a chunk extension of 1 MB', framed([CHUNKED], `5;${'e'.repeat(1 << 20)}\r\nhello\r\n0\r\n\r\n`)),
  odd('trailers', framed([CHUNKED], '5\r\nhello\r\n0\r\nX: y\r\n\r\n')),
  odd('a thousand trailers', framed([CHUNKED], `5\r\nhello\r\n0\r\n${'X: y\r\n'.repeat(1000)}\r\n`)),
  odd('HTTP/1.0', framed(['Content-Length: 5'], 'hello', '1.0'), [415]),
  odd('HTTP/1.0 without a length', framed([], 'hello', '1.0')),
  odd('HTTP/9.9', framed(['Content-Length: 5'], 'hello', '9.9')),
  odd('a request line alone', 'GET /\r\n\r\n'),
  odd('HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  odd('a TLS hello', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${'\x00'.repeat(500)}`),
  odd('zeros', '\0'.repeat(100_000)),
  odd('a line folded', framed(['X-a: b\r\n c', 'Content-Length: 5'], 'hello')),
  odd('a header name with a space', framed(['X a: b', 'Content-Length: 5'], 'hello')),
  odd('a header with a zero', framed(['X-a: b\0c', 'Content-Length: 5'], 'hello')),
  odd('a header of 60 kB', framed([`X-a: ${'b'.repeat(60_000)}`, 'Content-Length: 5'], 'hello')),
  odd('a header of 1 MB', framed([`X-a: ${'b'.repeat(1 << 20)}`, 'Content-Length: 5'], 'hello')),
  odd('ten thousand header lines', framed([...Array(10_000).fill('X-a: b'), 'Content-Length: 5'], 'hello')),
  odd(
    'a thousand times Accept',
    framed([...Array(1000).fill('Accept: image/png'), 'Content-Length: 5'], 'hello'),
  ),
  odd('an address of 1 MB', head(`/${'a'.repeat(1 << 20)}`, { method: 'GET' })),
  odd('a query of 40 kB', head(`${CLASSIFY}?${'top_k=5&'.repeat(5000)}`, { length: 0 })),
  odd('an unknown parameter of 40 kB', head(`${CLASSIFY}?${'p'.repeat(40_000)}=1`, { length: 0 }), [400]),
  odd('a path of dots and percents', head('/%2e%2e/%2e%2e/%00/..%c0%af', { method: 'GET' })),
  odd('an unknown method', head('/', { method: 'BREW' })),
  odd('CONNECT', head('x:443', { method: 'CONNECT' })),
  odd('TRACE', head('/', { method: 'TRACE' })),
  odd(
    'Upgrade: websocket',
    head('/', {
      method: 'GET',
      lines: [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ],
    }),
  ),
  odd(
    'a thousand ranges',
    head('/openapi.json', { method: 'GET', lines: [`Range: bytes=${'0-,'.repeat(1000)}0-1`] }),
  ),
  odd('Expect: something', framed(['Expect: something', 'Content-Length: 5'], 'hello')),
  odd(
    'an entity tag list of 40 kB',
    head('/openapi.json', { method: 'GET', lines: [`If-None-Match: ${'"a", '.repeat(8000)}"b"`] }),
  ),
  odd(
    'Authorization of 40 kB',
    framed([`Authorization: Bearer ${'t'.repeat(40_000)}`, 'Content-Length: 5'], 'hello'),
  ),
  odd(
    'Content-Encoding of 40 kB',
    framed([`Content-Encoding: ${'g'.repeat(40_000)}`, 'Content-Length: 5'], 'hello'),
    [400],
  ),
  odd(
    'Content-Type of 40 kB',
    framed([`Content-Type: multipart/form-data; ${'a=b;'.repeat(10_000)}`, 'Content-Length: 5'], 'hello'),
    [400],
  ),
];

/** The body in chunks of a byte each. */
function inBytes(make: () => Promise<Uint8Array>): () => Promise<Uint8Array> {
  return async () => {
    const chunks = [...(await make())].map((byte) => Buffer.from([0x31, 13, 10, byte, 13, 10]));
    return Buffer.concat([
      Buffer.from(head(CLASSIFY, { lines: [CHUNKED] })),
      ...chunks,
      Buffer.from('0\r\n\r\n'),
    ]);
  };
}

export const PIPELINES: Attack[] = [
  {
    name: 'a photo in chunks of a byte',
    connections: [1, 4, 64],
    scripts: [{ steps: [{ send: inBytes(goodPhoto) }, { answers: 1 }], gapMs: 0 }],
    statuses: [200],
  },
  {
    name: 'a thousand pipelined requests for health',
    connections: [4, 64],
    scripts: [pipelined(async () => Buffer.from(head('/healthz', { method: 'GET' })), 1000)],
  },
  {
    name: 'a hundred pipelined photos',
    connections: [4, 64],
    scripts: [pipelined(request(CLASSIFY, goodPhoto), 100)],
  },
];

function leaving(name: string, script: Script, connections = [64, 500]): Attack {
  return { name, connections, scripts: [{ gapMs: 20, ...script }] };
}

export const LEAVING: Attack[] = [
  leaving('reset within a photo', {
    steps: [
      { send: head(CLASSIFY, { length: 400_000 }) },
      { send: async () => (await largeJpeg()).subarray(0, 20_000) },
      { waitMs: 50 },
      { end: 'reset' },
    ],
  }),
  leaving('reset within a webp', {
    steps: [
      { send: head(CLASSIFY, { length: 4_000_000 }) },
      { send: async () => (await largeWebp()).subarray(0, 200_000) },
      { waitMs: 50 },
      { end: 'reset' },
    ],
  }),
  {
    ...leaving('reset after the head', {
      steps: [{ send: head(CLASSIFY, { length: 1000 }) }, { waitMs: 20 }, { end: 'reset' }],
    }),
    short: true,
  },
  leaving('reset after a whole photo', {
    steps: [{ send: request(CLASSIFY, goodPhoto) }, { waitMs: 5 }, { end: 'reset' }],
  }),
  leaving('reset while 2 MB are answered', {
    steps: [
      { readBytes: 0, everyMs: 1000 },
      { send: request('/v1/inspect?layer=conv1&format=json', goodPhoto) },
      { waitMs: 500 },
      { end: 'reset' },
    ],
  }),
  leaving(
    'half-closed after a whole photo',
    { steps: [{ send: request(CLASSIFY, goodPhoto) }, { end: 'half-close' }, { answers: 1 }] },
    [4, 64],
  ),
  leaving(
    'half-closed within a photo',
    {
      steps: [
        { send: head(CLASSIFY, { length: 400_000 }) },
        { send: async () => (await largeJpeg()).subarray(0, 20_000) },
        { end: 'half-close' },
        { answers: 1 },
        { hold: true },
      ],
    },
    [64],
  ),
  {
    name: 'two at once: silent bodies and small canvases',
    connections: [64],
    scripts: [
      { steps: [{ send: head(CLASSIFY, { length: 1000 }) }, { hold: true }] },
      asking(CLASSIFY, largeWebp),
    ],
  },
];
