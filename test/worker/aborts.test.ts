// Clients that hang up at each stage of a request, over real connections to the self-hosted Worker, more of them than
// there are decoders: the next request is answered as if they had never been.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { type PlainWorker, selfHostFolder, startPlainWorker } from '../../tools/workers/plain-worker.ts';
import { hangUp, postHead } from '../support/hang-up.ts';

/** Decoders are 4, places 64. */
const CLIENTS = 6;

let worker: PlainWorker;
let jpeg: Buffer;
let webp: Buffer;
let predictions: unknown;

async function classify(): Promise<{ status: number; predictions: unknown }> {
  const url = new URL('/v1/classify?top_k=0', worker.url);
  const response = await fetch(url, { method: 'POST', body: new Uint8Array(jpeg) });
  const body = (await response.json()) as { predictions: unknown };
  return { status: response.status, predictions: body.predictions };
}

beforeAll(async () => {
  worker = await startPlainWorker(await selfHostFolder('self-host-aborts'));
  const picture = photograph(900, 700);
  jpeg = await picture.clone().jpeg({ quality: 95 }).toBuffer();
  webp = await picture.webp().toBuffer();
  ({ predictions } = await classify());
});
afterAll(() => worker.stop());

const head = (bytes: number, more = '') => postHead('/v1/classify', bytes, more);

const json = () => Buffer.from(JSON.stringify({ image: jpeg.toString('base64') }));
const STAGES: [string, () => (string | Uint8Array)[], number][] = [
  ['within the request line', () => ['POST /v1/cl'], 30],
  ['before the body', () => [head(jpeg.length)], 60],
  ['after the first byte', () => [head(jpeg.length), jpeg.subarray(0, 1)], 60],
  ['in the middle of a JPEG', () => [head(jpeg.length), jpeg.subarray(0, jpeg.length / 2)], 100],
  ['in the middle of a large upload', () => [head(20_000_000), jpeg.subarray(0, jpeg.length / 2)], 100],
  ['in the middle of a WebP', () => [head(webp.length), webp.subarray(0, webp.length / 2)], 100],
  ['in the middle of JSON', () => [head(json().length), json().subarray(0, 5000)], 100],
  [
    'in a chunked body',
    () => [`${head(0).replace(/Content-Length: 0/, 'Transfer-Encoding: chunked')}400\r\n`],
    60,
  ],
  [
    'in the second file of a form',
    () => [
      head(jpeg.length * 3, 'Content-Type: multipart/form-data; boundary=b\r\n'),
      '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n',
      jpeg,
      '\r\n--b\r\nContent-Disposition: form-data; name="image"; filename="b"\r\n\r\n',
      jpeg.subarray(0, 5000),
    ],
    150,
  ],
  ['right after the body', () => [head(jpeg.length), jpeg], 0],
  ['while it is classified', () => [head(jpeg.length), jpeg], 12],
  ['after a body that is refused', () => [head(16), 'this is no image'], 2],
];

test.each(STAGES)(
  '%s',
  async (_, pieces, waitMs) => {
    await Promise.all(Array.from({ length: CLIENTS }, () => hangUp(worker.url, pieces(), waitMs)));
    expect(await classify()).toEqual({ status: 200, predictions });
    // A decoder that nobody gives back would be missed for half a minute.
  },
  20_000,
);

test('more clients than there are places: the places are free again', async () => {
  await Promise.all(
    Array.from({ length: 70 }, () => hangUp(worker.url, [head(jpeg.length), jpeg.subarray(0, 2000)], 300)),
  );
  // A place is given away when its holder has been silent for a second.
  await expect.poll(async () => (await classify()).status, { timeout: 5_000, interval: 100 }).toBe(200);
  const ready = await fetch(new URL('/readyz', worker.url));
  expect(await ready.json()).toMatchObject({ status: 'ready', model_reads: 1 });
});
