// JSON bodies that grow in memory, several at once, against an isolate whose heap is capped as at Cloudflare (the
// self-hosted Worker's own setting): each is refused or answered, none ends the isolate.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlainWorker, selfHostFolder, startPlainWorker } from '../../tools/workers/plain-worker.ts';

const MAX_BYTES = 12 << 20;
/** Just below what JsonCost allows. */
const NUMBERS = 2_400_000;
const CLASSIFY = '/v1/classify';
const MODEL = 'alexnet-ten-classes';

let worker: PlainWorker;
beforeAll(async () => {
  worker = await startPlainWorker(await selfHostFolder('self-host-bodies'));
  await fetch(new URL('/readyz?warm=1', worker.url));
});
afterAll(() => worker.stop());

function filled(unit: string, bytes = MAX_BYTES - 10): string {
  return `[${unit.repeat(Math.floor(bytes / unit.length))}1]`;
}

const numbers = () => filled('7,', NUMBERS * 2);
const BODIES: [string, string, () => string, number][] = [
  ['a photo as base64 of twelve megabytes', CLASSIFY, () => `{"image":"${'A'.repeat(12_500_000)}"}`, 415],
  ['a photo as base64 that is none', CLASSIFY, () => `{"image":"${'ü'.repeat(6_000_000)}"}`, 400],
  ['empty arrays', CLASSIFY, () => filled('[],'), 413],
  ['empty objects', CLASSIFY, () => filled('{},'), 413],
  ['fractions', CLASSIFY, () => filled('1.5,'), 413],
  ['nested arrays', CLASSIFY, () => '['.repeat(MAX_BYTES - 10), 413],
  ['numbers instead of an object', CLASSIFY, numbers, 400],
  ['numbers instead of options', `/models/${MODEL}`, () => `{"inputs":"aaaa","options":${numbers()}}`, 400],
  ['numbers as bytes', `/ai/run/${MODEL}`, () => `{"image":${numbers()}}`, 415],
  ['numbers as instances', `/v1/models/${MODEL}:predict`, () => `{"instances":${numbers()}}`, 400],
  [
    'numbers as a shape',
    `/v2/models/${MODEL}/infer`,
    () => `{"inputs":[{"name":"data","datatype":"FP32","data":[1],"shape":${numbers()}}]}`,
    400,
  ],
];

test.each(BODIES)(
  '%s',
  async (_, path, make, status) => {
    const body = make();
    const post = async () => (await fetch(new URL(path, worker.url), { method: 'POST', body })).status;
    const answers = await Promise.all(Array.from({ length: 3 }, post));
    // On a busy machine one waits for the others longer than it may, or sends too slowly while they wait.
    for (const answer of answers) expect([status, 408, 429]).toContain(answer);
    expect(await post()).toBe(status);
    const ready = await fetch(new URL('/readyz', worker.url));
    expect(await ready.json()).toMatchObject({ status: 'ready', model_reads: 1 });
  },
  60_000,
);
