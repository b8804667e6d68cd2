// JPEG files of the kinds that few programs write: arithmetic codes, samples of 12 bits, no Huffman tables, no end
// marker; and the kinds that are refused by name. Arithmetic files are compared with the same coefficients in Huffman
// codes, as libjpeg-turbo's jpegtran transcodes them; with its cjpeg and djpeg installed there are more of them.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { decode, decodeAll, decoder } from '../support/exact-pixels.ts';
import { joined, segments } from '../support/jpeg-segments.ts';
import { jpegFile } from '../support/jpeg-writer.ts';
import { difference } from '../support/pixels.ts';

const tools = ['cjpeg', 'djpeg', 'jpegtran'].every((tool) => !spawnSync(tool, ['-version']).error);
if (!tools)
  console.log('skipped: cjpeg, djpeg and jpegtran (apt-get install libjpeg-turbo-progs) are not there');

const pixels = (file: Uint8Array, chunk = 1 << 16) => decodeAll('jpeg', file, { chunk }).rgb;

describe('arithmetic codes', () => {
  const file = (name: string) => readFileSync(path.join(import.meta.dirname, 'files', `${name}.jpg`));

  test.each(['sequential', 'progressive'])(
    '%s: the pixels of the same coefficients in Huffman codes',
    (name) => {
      const expected = pixels(file(`huffman-${name}`));
      for (const chunk of [1 << 16, 7, 1])
        expect(difference(pixels(file(`arithmetic-${name}`), chunk), expected).most).toBe(0);
    },
  );

  test.each(['sequential', 'progressive'])('%s: truncations are refused', (name) => {
    const whole = file(`arithmetic-${name}`);
    const instance = decoder();
    for (let length = 0; length < whole.length * 0.9; length++)
      expect([length, decode(instance, 'jpeg', whole.subarray(0, length)).status]).not.toEqual([length, 2]);
  });

  describe.skipIf(!tools)('by cjpeg', () => {
    const [width, height] = [187, 133];
    let folder = '';
    const at = (name: string) => path.join(folder, name);
    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'jpeg-'));
      const rgb = await photograph(width, height, 3).removeAlpha().raw().toBuffer();
      writeFileSync(at('photo.ppm'), Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), rgb]));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test.each([
      '-quality 75',
      '-quality 95 -sample 1x1',
      '-quality 30 -restart 3B',
      '-quality 5 -baseline',
      '-quality 75 -grayscale',
      '-quality 90 -progressive',
      '-quality 60 -progressive -restart 2',
      '-quality 100 -sample 2x1 -progressive',
    ])('%s', (options) => {
      execFileSync('cjpeg', ['-arithmetic', ...options.split(' '), '-outfile', at('a.jpg'), at('photo.ppm')]);
      execFileSync('jpegtran', ['-outfile', at('h.jpg'), at('a.jpg')]);
      const found = pixels(readFileSync(at('a.jpg')));
      expect(difference(found, pixels(readFileSync(at('h.jpg')))).most).toBe(0);
      if (options.includes('grayscale')) return;
      const ppm = execFileSync('djpeg', ['-ppm', at('a.jpg')], { maxBuffer: 1 << 26 });
      expect(difference(found, ppm.subarray(ppm.length - width * height * 3)).most).toBeLessThanOrEqual(1);
    });
  });
});

describe('samples of 12 bits', () => {
  const plan = { width: 75, height: 61, jfif: true } as const;
  const sampling = (h: number, v: number): [number, number][] => [
    [h, v],
    [1, 1],
    [1, 1],
  ];

  test.each([false, true])(
    'with coefficients sixteen times as coarse they are those of 8 bits, separate %s',
    (separate) => {
      const eight = jpegFile({ ...plan, sampling: sampling(2, 2), separate });
      const twelve = jpegFile({ ...plan, sampling: sampling(2, 2), separate, bits: 12, quant: 96 });
      expect(difference(pixels(twelve), pixels(eight)).most).toBe(0);
    },
  );

  test('with fine coefficients they are near those of 8 bits', () => {
    const eight = jpegFile({ ...plan, sampling: sampling(1, 1), quant: 1 });
    const twelve = jpegFile({ ...plan, sampling: sampling(1, 1), bits: 12, quant: 5 });
    const { mean, most } = difference(pixels(twelve), pixels(eight));
    expect(mean).toBeLessThan(0.4);
    // Blue takes 1.77 of an error in Cb.
    expect(most).toBeLessThanOrEqual(3);
  });
});

describe('without what others have', () => {
  test.each(['4:2:0', '4:4:4'])('Huffman tables: those of Annex K, %s', async (chromaSubsampling) => {
    const photo = photograph(90, 70, 2);
    const whole = await photo.jpeg({ optimiseCoding: false, chromaSubsampling }).toBuffer();
    const bare = joined(segments(whole).filter(({ marker }) => marker !== 0xc4));
    expect(bare.length).toBe(whole.length - 432);
    expect(difference(pixels(bare), pixels(whole)).most).toBe(0);
  });

  test('the end marker of a progressive file', async () => {
    const whole = await photograph(90, 70, 2).jpeg({ progressive: true }).toBuffer();
    for (const chunk of [1 << 16, 1])
      expect(difference(pixels(whole.subarray(0, -2), chunk), pixels(whole)).most).toBe(0);
  });

  test('a progressive file without its last scan is refused when damage is', async () => {
    const whole = await photograph(90, 70, 2).jpeg({ progressive: true }).toBuffer();
    const parts = segments(whole);
    const cut = joined(parts.slice(0, parts.map(({ marker }) => marker).lastIndexOf(0xda)));
    expect(decode(decoder(), 'jpeg', cut).status).toBe(-1);
  });
});

test.each([
  ['lossless', 0xc3, -6],
  ['lossless, arithmetic', 0xcb, -6],
  ['hierarchical', 0xc5, -7],
  ['hierarchical, arithmetic', 0xcd, -7],
  ['JPEG-LS', 0xf7, -8],
])('%s is refused by name', (_, marker, status) => {
  const file = jpegFile({ width: 9, height: 9, sampling: [[1, 1]] });
  const at = segments(file).findIndex(({ marker: found }) => found === 0xc0);
  const bytes = joined(
    segments(file).map((part, i) => (i === at ? { ...part, bytes: Uint8Array.from(part.bytes) } : part)),
  );
  bytes[joined(segments(file).slice(0, at)).length + 1] = marker;
  expect(decode(decoder(), 'jpeg', bytes).status).toBe(status);
});
