// Clients that are slow or silent: with their head, with their body, with reading the answer.
import {
  BOUNDARY,
  FORM,
  filled,
  formPart,
  goodPhoto,
  largeJpeg,
  largePng,
  largeWebp,
  pngCanvas,
} from '../payloads.ts';
import { type Attack, bytesOf, head, request, type Step } from '../script.ts';

const CLASSIFY = '/v1/classify';
const MODEL = 'alexnet-ten-classes';
const MANY = [4, 64, 500];
const JSON_BYTES = 12 << 20;

const hold: Step = { hold: true };

/** A body of which all but the last bytes come. */
function shortOf(make: () => Uint8Array | Promise<Uint8Array>, missing: number): () => Promise<Uint8Array> {
  const whole = request(CLASSIFY, make);
  return async () => {
    const bytes = await whole();
    return bytes.subarray(0, bytes.length - missing);
  };
}

const json = () => filled('{"image":"', 'A', JSON_BYTES - 12, '"}');
const fromStart = (make: () => Promise<Uint8Array>, bytes: number) => async () =>
  (await make()).subarray(0, bytes);

function trickled(name: string, make: () => Promise<Buffer>, start: number, length = 400_000): Attack {
  return {
    name: `${name}, then a byte each 8 s`,
    connections: name === 'jpeg' ? MANY : [64],
    scripts: [
      {
        steps: [
          { send: head(CLASSIFY, { length }) },
          { send: fromStart(make, start) },
          { trickle: fromStart(make, 100), bytes: 1, everyMs: 8000 },
        ],
      },
    ],
  };
}

export const SLOW_BODIES: Attack[] = [
  {
    name: 'no body for Content-Length: 1000',
    connections: MANY,
    scripts: [{ steps: [{ send: head(CLASSIFY, { length: 1000 }) }, hold] }],
    short: true,
  },
  {
    name: 'no body for Content-Length: 1000000',
    connections: MANY,
    scripts: [{ steps: [{ send: head(CLASSIFY, { length: 1_000_000 }) }, hold] }],
  },
  {
    name: 'one byte each 8 s',
    connections: MANY,
    scripts: [
      {
        steps: [
          { send: head(CLASSIFY, { length: 40_000 }) },
          { trickle: goodPhoto, bytes: 1, everyMs: 8000 },
        ],
      },
    ],
    short: true,
  },
  trickled('jpeg', largeJpeg, 2000),
  trickled('png', largePng, 2000),
  trickled('webp', largeWebp, 2000),
  {
    name: 'a jpeg at 2 kB/s',
    connections: [64],
    scripts: [
      {
        steps: [
          { send: head(CLASSIFY, { length: 2_000_000 }) },
          { trickle: largeJpeg, bytes: 500, everyMs: 250 },
        ],
      },
    ],
  },
  {
    name: '12 MiB of JSON without the last 100 bytes, each 21 s',
    connections: [4],
    staggerMs: 21_000,
    scripts: [{ steps: [{ send: shortOf(json, 100) }, hold] }],
  },
  {
    name: '12 MiB of JSON without the last 100 bytes',
    connections: [4, 64],
    scripts: [{ steps: [{ send: shortOf(json, 100) }, hold] }],
  },
  {
    name: 'webp without its last byte',
    connections: MANY,
    scripts: [{ steps: [{ send: shortOf(largeWebp, 1) }, hold] }],
  },
  {
    name: 'png of 100 MP without its last 50 bytes',
    connections: [4, 64],
    scripts: [{ steps: [{ send: shortOf(pngCanvas, 50) }, hold] }],
  },
  {
    name: 'chunks of a byte each second',
    connections: [64],
    scripts: [
      {
        steps: [
          { send: head(CLASSIFY, { lines: ['Transfer-Encoding: chunked'] }) },
          { trickle: '1\r\nA\r\n'.repeat(1000), bytes: 6, everyMs: 1000 },
        ],
      },
    ],
  },
  {
    name: 'a form whose second part never comes',
    connections: [4, 64],
    scripts: [
      {
        steps: [
          { send: head(CLASSIFY, { length: 1_000_000, lines: FORM }) },
          { send: async () => Buffer.concat([Buffer.from(formPart('a')), await goodPhoto()]) },
          { send: `\r\n--${BOUNDARY}\r\nContent-Dispo` },
          hold,
        ],
      },
    ],
  },
  {
    name: 'the head and half of a v2 request, then nothing',
    connections: [64],
    scripts: [
      {
        steps: [
          { send: head(`/v2/models/${MODEL}/infer`, { length: 1_000_000 }) },
          { send: '{"inputs":[{"name":"image","data":["' },
          hold,
        ],
      },
    ],
    short: true,
  },
  {
    name: 'Expect: 100-continue, then nothing',
    connections: [64],
    scripts: [{ steps: [{ send: head(CLASSIFY, { length: 1000, lines: ['Expect: 100-continue'] }) }, hold] }],
  },
];

export const SLOW_HEADS: Attack[] = [
  { name: 'connections that say nothing', connections: [500], scripts: [{ steps: [hold] }] },
  {
    name: 'a header line each 5 s',
    connections: [500],
    scripts: [
      {
        steps: [
          { send: 'POST /v1/classify HTTP/1.1\r\nHost: x\r\n' },
          { trickle: 'X-a: bbbb\r\n'.repeat(100), bytes: 11, everyMs: 5000 },
        ],
      },
    ],
  },
];

/** Sends a whole request; reads its answer so slowly, or never. */
function reader(name: string, path: string, size: number, connections: number[], file = goodPhoto): Attack {
  return {
    name,
    connections,
    scripts: [{ steps: [{ readBytes: size, everyMs: 1000 }, { send: request(path, file) }, hold] }],
  };
}

export const SLOW_READERS: Attack[] = [
  { ...reader('conv1 as numbers, not read', '/v1/inspect?layer=conv1&format=json', 0, MANY), short: true },
  reader('conv1 as numbers, read at 5 B/s', '/v1/inspect?layer=conv1&format=json', 5, [64, 500]),
  reader('conv1 as PNG, not read', '/v1/inspect?layer=conv1&format=png', 0, [64, 500]),
  {
    ...reader('all scores, not read', '/v1/classify?top_k=0&logits=true&embedding=true', 0, [64, 500]),
    short: true,
  },
  {
    name: 'a hundred answers in one connection, not read',
    connections: [64],
    scripts: [
      {
        steps: [
          { readBytes: 0, everyMs: 1000 },
          {
            send: async () => {
              const one = await bytesOf(request('/v1/inspect?layer=conv1&format=json', goodPhoto));
              return Buffer.concat(Array<Uint8Array>(100).fill(one));
            },
          },
          hold,
        ],
      },
    ],
  },
  {
    name: 'the OpenAPI document, not read',
    connections: [500],
    scripts: [
      {
        steps: [
          { readBytes: 0, everyMs: 1000 },
          { send: head('/openapi.json', { method: 'GET' }).repeat(50) },
          hold,
        ],
      },
    ],
  },
];
