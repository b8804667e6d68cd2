// Damaged files: whatever comes, it ends in a picture or in one of the documented errors, in bounded memory, and the
// same decoder then reads a good photo. DAMAGE=n sets the number of mutations of each file, SEED the seed. A format is
// added in test/support/small-files.ts.
import { beforeAll, describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.ts';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { decodeOptions, imageDecoder, inChunks } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { MUTATIONS_PER_FILE, TRUNCATION_STEP } from '../support/damage.ts';
import { type Fixture, smallFiles } from '../support/small-files.ts';

const SEED = Number(process.env.SEED ?? 20121206);
const EXPECTED = [
  'empty-body',
  'unsupported-image',
  'damaged-image',
  'too-many-bytes',
  'too-many-pixels',
  'too-complex',
];

let decoder: ImageDecoder;
let files: Fixture[];

/** 'picture' or the code of the error; anything else is thrown. */
async function outcome(file: Uint8Array | ReadableStream<Uint8Array>): Promise<string> {
  try {
    const picture = await decoder.decode(file, decodeOptions());
    expect(picture.pixels.length).toBe(227 * 227 * 3);
    return 'picture';
  } catch (error) {
    if (!(error instanceof ServiceError) || !EXPECTED.includes(error.code)) throw error;
    // A trap is caught too, but must not be what bounds checks rely on.
    expect(error.cause instanceof WebAssembly.RuntimeError).toBe(false);
    return error.code;
  }
}

function mutate(file: Uint8Array, next: () => number): Uint8Array {
  const pick = (n: number) => Math.floor(next() * n);
  let bytes = Uint8Array.from(file);
  for (let edits = 1 + pick(3); edits > 0; edits--) {
    // Headers are short and matter most: half of the edits go there.
    const at = pick(next() < 0.5 ? Math.min(bytes.length, 200) : bytes.length);
    const kind = next();
    if (kind < 0.4) bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8));
    else if (kind < 0.6) bytes[at] = pick(256);
    else if (kind < 0.7) bytes[at] = [0, 0xff, 0x80, 0x7f][pick(4)] ?? 0;
    else if (kind < 0.8) bytes.copyWithin(at, pick(bytes.length), pick(bytes.length));
    else if (kind < 0.9)
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + pick(8))]);
    else bytes = Uint8Array.from([...bytes.subarray(0, at), pick(256), pick(256), ...bytes.subarray(at)]);
  }
  return bytes;
}

beforeAll(async () => {
  decoder = await imageDecoder();
  files = await smallFiles();
});

describe('damaged files', () => {
  it('every file is a picture while it is whole', async () => {
    for (const { name, file } of files) expect([name, await outcome(file)]).toEqual([name, 'picture']);
  });

  it('every truncation is a picture or an error, and never a picture before the last row', async () => {
    for (const { name, file } of files) {
      // Of an animation only the first of two frames is read.
      const least = file.length * (name === 'webp animated' ? 0.3 : 0.8);
      for (let length = 0; length < file.length; length += TRUNCATION_STEP) {
        const result = await outcome(file.subarray(0, length));
        // What follows the pixels may be missing: checksums, end markers, padding.
        if (result === 'picture') expect([name, length > least]).toEqual([name, true]);
      }
    }
  });

  it(`${MUTATIONS_PER_FILE} mutations of each file with seed ${SEED} end well`, async () => {
    const next = randomNumbers(SEED);
    const counts = new Map<string, number>();
    for (let i = 0; i < MUTATIONS_PER_FILE * files.length; i++) {
      const { file } = files[Math.floor(next() * files.length)] as Fixture;
      const bytes = mutate(file, next);
      const result = await outcome(i % 4 === 0 ? inChunks(bytes, 1 + Math.floor(next() * 400)) : bytes);
      counts.set(result, (counts.get(result) ?? 0) + 1);
    }
    expect(counts.get('picture')).toBeGreaterThan(0);
    expect(counts.get('damaged-image')).toBeGreaterThan(0);
  }, 600_000);

  it('the same decoder then reads a good photo', async () => {
    expect(await outcome(await photograph(300, 200).jpeg().toBuffer())).toBe('picture');
  });
});
