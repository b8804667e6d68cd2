// Damaged PNG, GIF and BMP files: every truncation of one small file of each kind and thousands of seeded
// mutations. Each ends as a picture or as a documented code, the same one however the file is cut into pieces, and
// the instance decodes a good file afterwards. A PNG is covered by checksums: it is never another picture.
// DAMAGE=n sets the number of mutations of each file.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { randomIntegers } from '../../tools/fixtures/random.ts';
import { MUTATIONS_PER_FILE } from '../support/damage.ts';
import { type BmpPicture, encodeBmp } from '../support/encode-bmp.ts';
import { encodeGif, type GifPicture } from '../support/encode-gif.ts';
import { encodePng, type PngPicture } from '../support/encode-png.ts';
import { decode, decoder, type Format, type Outcome } from '../support/exact-pixels.ts';

const SEED = 20_120_930;
const MAX_PIXELS = 4_000_000;
const MAX_MEMORY_BYTES = 32 << 20;

const CODES = new Set(
  [...readFileSync('assembly/decode/status.ts', 'utf8').matchAll(/: i32 = (-\d+);/g)].map(([, code]) =>
    Number(code),
  ),
);

const SIDE = 20;
const next = randomIntegers(SEED);
const numbers = (count: number, below: number) => Array.from({ length: count }, () => next(below));
const calm = (count: number, below: number) =>
  numbers(count, below).map((n, i) => (i % 5 === 0 ? n : i % below));

const png: PngPicture = {
  width: SIDE,
  height: SIDE,
  colorType: 2,
  depth: 8,
  samples: calm(SIDE * SIDE * 3, 256),
  filter: (y) => y % 5,
  idatBytes: 300,
};
const gif: GifPicture = {
  width: SIDE,
  height: SIDE,
  bits: 4,
  frame: { left: 2, top: 1, width: SIDE - 3, height: SIDE - 2 },
  pixels: calm(SIDE * SIDE, 16),
  globalPalette: numbers(48, 256),
  transparent: 3,
};
const bmp: BmpPicture = {
  width: SIDE,
  height: SIDE,
  bits: 8,
  pixels: calm(SIDE * SIDE, 64),
  palette: numbers(192, 256),
};
const runs = Buffer.from(
  Array.from({ length: SIDE }, (_, y) => [9, y, 0, 3, 1, 2, 3, 0, 0, 2, 1, 0, 7, 60, 0, 0]).flat(),
);

const FILES: [string, Format, Buffer][] = [
  ['PNG of true colour', 'png', encodePng(png)],
  [
    'PNG with a palette, interlaced',
    'png',
    encodePng({
      ...png,
      colorType: 3,
      depth: 4,
      interlaced: true,
      samples: calm(SIDE * SIDE, 16),
      palette: numbers(48, 256),
    }),
  ],
  ['PNG with stored blocks', 'png', encodePng({ ...png, zlib: { level: 0 } })],
  ['GIF', 'gif', encodeGif(gif)],
  ['GIF, interlaced', 'gif', encodeGif({ ...gif, interlaced: true })],
  ['BMP of 8 bits', 'bmp', encodeBmp(bmp)],
  ['BMP with runs', 'bmp', encodeBmp({ ...bmp, compression: 1, data: runs })],
  ['BMP with masks', 'bmp', encodeBmp({ ...bmp, bits: 16, compression: 3, masks: [0xf800, 0x7e0, 0x1f] })],
];

describe.each(FILES)('%s', (_, format, file) => {
  let instance = decoder();
  // A mutated header may announce other sides: the picture is always resized to the same square.
  const run = (bytes: Uint8Array, chunk = 1 << 16): Outcome =>
    decode(instance, format, bytes, {
      chunk,
      resized: [24, 24],
      left: 1,
      top: 1,
      size: 22,
      maxPixels: MAX_PIXELS,
    });
  const good = run(file);

  function check(bytes: Uint8Array, what: string): Outcome {
    const outcome = run(bytes);
    if (outcome.status < 0) expect(CODES, what).toContain(outcome.status);
    expect(outcome.memoryBytes, what).toBeLessThanOrEqual(MAX_MEMORY_BYTES);
    const pieces = run(bytes, 7);
    expect(pieces.status, what).toBe(outcome.status);
    expect(pieces.rgb, what).toEqual(outcome.rgb);
    return outcome;
  }

  test('the file itself', () => {
    expect(good.status).toBe(2);
  });

  test('every truncation', () => {
    let refused = 0;
    for (let length = 0; length < file.length; length++) {
      const outcome = check(file.subarray(0, length), `${length} bytes`);
      if (outcome.status === 2) expect(outcome.rgb).toEqual(good.rgb);
      else refused++;
    }
    expect(refused).toBeGreaterThan(file.length * 0.85);
    expect(run(file).rgb).toEqual(good.rgb);
  });

  test(`${MUTATIONS_PER_FILE} mutations, seed ${SEED}`, () => {
    const pick = randomIntegers(SEED + file.length);
    for (let i = 0; i < MUTATIONS_PER_FILE; i++) {
      const bytes = Buffer.from(file);
      const changes: string[] = [];
      for (let n = 1 + pick(4); n > 0; n--) {
        // Half of the changes hit the headers.
        const at = pick(pick(2) === 0 ? Math.min(64, bytes.length) : bytes.length);
        bytes[at] = pick(3) === 0 ? pick(256) : (bytes[at] ?? 0) ^ (1 << pick(8));
        changes.push(`${at}=${bytes[at]}`);
      }
      const outcome = check(bytes, changes.join(' '));
      if (format === 'png' && outcome.status === 2) expect(outcome.rgb, changes.join(' ')).toEqual(good.rgb);
    }
    const after = run(file);
    expect(after.rgb).toEqual(good.rgb);
    instance = decoder();
    expect(run(file).rgb).toEqual(good.rgb);
  });
});
