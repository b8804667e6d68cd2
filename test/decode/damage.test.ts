// Damaged files of every format: each row of test/support/small-files.ts, cut off at every length and mutated by seeded
// chance, through the bare decoder and through ImageDecoder. Whatever comes, it ends in a picture or in a documented
// error, the same one however the file is cut into pieces, in bounded memory, without a trap; the same decoder then
// reads the good file. DAMAGE=n sets the number of mutations of each file, SEED the seed.
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { ServiceError } from '../../src/errors.ts';
import { decodeOptions, imageDecoder, inChunks, PREPROCESS } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { MUTATIONS_PER_FILE, mutated, SEED, truncations } from '../support/damage.ts';
import { decode, decoder, type Format, type Outcome } from '../support/exact-pixels.ts';
import { smallFiles } from '../support/small-files.ts';

const MAX_PIXELS = 4_000_000;
const MAX_MEMORY_BYTES = 32 << 20;
const DONE = 2;

/** What the bare decoder may answer. */
const STATUSES = new Set(
  [...readFileSync('assembly/decode/status.ts', 'utf8').matchAll(/: i32 = (-\d+);/g)].map(([, code]) =>
    Number(code),
  ),
);

/** What ImageDecoder may answer. */
const CODES = [
  'empty-body',
  'unsupported-image',
  'damaged-image',
  'too-many-bytes',
  'too-many-pixels',
  'too-complex',
];

/** ImageDecoder takes longer than the bare one, for it scales up to the network's size: every so many truncations. */
const DECODED_TRUNCATIONS = MUTATIONS_PER_FILE >= 2000 ? 1 : 7;

/** Formats of which light damage can be accepted. */
const DAMAGEABLE: readonly Format[] = ['jpeg', 'bmp'];

const images = await imageDecoder();
const counts = new Map<string, number>();

/** 'picture' or the code of the error; anything else is thrown. */
async function result(
  file: Uint8Array | ReadableStream<Uint8Array>,
  damaged: 'accept' | 'refuse' = 'accept',
): Promise<string> {
  const found = await images.decode(file, decodeOptions({ damaged })).then(
    ({ size, pixels }) => {
      if (size !== PREPROCESS.crop || pixels.length !== PREPROCESS.crop ** 2 * 3)
        throw new Error(`a picture of ${size} x ${size} in ${pixels.length} bytes`);
      return 'picture';
    },
    (error: unknown) => {
      if (!(error instanceof ServiceError) || !CODES.includes(error.code)) throw error;
      // A trap is caught too, but must not be what bounds checks rely on.
      if (error.cause instanceof WebAssembly.RuntimeError) throw error;
      return error.code;
    },
  );
  counts.set(found, (counts.get(found) ?? 0) + 1);
  return found;
}

const same = (a: Outcome, b: Outcome): boolean => Buffer.compare(a.rgb, b.rgb) === 0;

/** Asks the runner only where there is something to say: thousands of its expectations would take longer than the decoder. */
function expectNothing(fault: string | undefined, what: string): void {
  if (fault !== undefined) expect.fail(`${what}: ${fault}`);
}

afterAll(async () => {
  expect(await result(await photograph(300, 200).jpeg().toBuffer())).toBe('picture');
  expect(counts.get('picture')).toBeGreaterThan(0);
  expect(counts.get('damaged-image')).toBeGreaterThan(0);
});

describe.each(await smallFiles())('$name', ({ format, file, needed, checksummed }) => {
  const instance = decoder();
  // A mutated header may announce other sides: the picture is always resized to the same square.
  const run = (bytes: Uint8Array, damaged = false, chunk = 1 << 16, by = instance): Outcome =>
    decode(by, format, bytes, {
      chunk,
      damaged,
      resized: [24, 24],
      left: 1,
      top: 1,
      size: 22,
      maxPixels: MAX_PIXELS,
    });
  const good = run(file);

  /** What is wrong with the outcome for these bytes, besides `outcome` itself; undefined: nothing. */
  function faultOf(outcome: Outcome, bytes: Uint8Array, damaged = false): string | undefined {
    if (outcome.status < 0 && !STATUSES.has(outcome.status)) return `status ${outcome.status}`;
    if (outcome.memoryBytes > MAX_MEMORY_BYTES) return `${outcome.memoryBytes} bytes of memory`;
    const pieces = run(bytes, damaged, 7);
    // Refused, the first fault ends it.
    if (damaged && pieces.faults !== outcome.faults)
      return `faults ${pieces.faults} in pieces, ${outcome.faults} whole`;
    if (pieces.status !== outcome.status) return `status ${pieces.status} in pieces, ${outcome.status} whole`;
    return same(pieces, outcome) ? undefined : 'other pixels in pieces';
  }

  function expectGood(): void {
    expect(run(file).rgb).toEqual(good.rgb);
    expect(run(file, false, 1 << 16, decoder()).rgb).toEqual(good.rgb);
  }

  test('whole, it is a picture', async () => {
    expect(good.status).toBe(DONE);
    expect(await result(file)).toBe('picture');
  });

  test('cut in the middle, or wrong there where checksums cover it: a damaged image, 422', async () => {
    const wrong = file.map((byte, i) => (i >> 3 === file.length >> 4 ? byte ^ 0x55 : byte));
    for (const bad of [file.subarray(0, (file.length * needed) / 2), ...(checksummed ? [wrong] : [])])
      await expect(images.decode(bad, decodeOptions({ damaged: 'refuse' }))).rejects.toMatchObject({
        code: 'damaged-image',
        status: 422,
      });
    expect((await images.decode(file, decodeOptions())).width).toBe(good.width);
  });

  test('a truncation is the same picture or an error, and never a picture before its last row', async () => {
    for (const [i, length] of truncations(file.length).entries()) {
      const cut = file.subarray(0, length);
      const what = `${length} of ${file.length} bytes`;
      const outcome = run(cut);
      expectNothing(faultOf(outcome, cut), what);
      const early = length / file.length <= needed;
      if (outcome.status === DONE && (early || !same(outcome, good))) expectNothing('a picture', what);
      if (DAMAGEABLE.includes(format)) {
        const accepted = run(cut, true);
        expectNothing(faultOf(accepted, cut, true), `${what}, accepted`);
        if (accepted.status === DONE && !accepted.faults && !same(accepted, good))
          expectNothing('a picture without a warning', what);
      }
      if (i % DECODED_TRUNCATIONS === 0 && (await result(cut, 'refuse')) === 'picture' && early)
        expectNothing('a picture', what);
    }
    expectGood();
  });

  test(`${MUTATIONS_PER_FILE} mutations with seed ${SEED} end well`, async () => {
    const next = randomNumbers(SEED + file.length);
    for (let i = 0; i < MUTATIONS_PER_FILE; i++) {
      const bytes = mutated(file, next);
      const outcome = run(bytes);
      expectNothing(faultOf(outcome, bytes), `mutation ${i}`);
      if (DAMAGEABLE.includes(format))
        expectNothing(faultOf(run(bytes, true), bytes, true), `mutation ${i}, accepted`);
      if (checksummed && outcome.status === DONE && !same(outcome, good))
        expectNothing('another picture', `mutation ${i}`);
      await result(i % 4 === 0 ? inChunks(bytes, 1 + Math.floor(next() * 400)) : bytes);
    }
    expectGood();
  });
});
