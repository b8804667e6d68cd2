// WebP against libwebp: its public vectors by their checksums, and files made here by its own tools, pixel by pixel
// after conversion to RGB. Lossless and lossy are both exact, whatever the pieces that a file comes in.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { decode, decodeAll, decoder } from '../support/exact-pixels.ts';

const VECTORS = path.join(import.meta.dirname, '../../../shared/photos/webp-vectors');
const vectors = existsSync(VECTORS);
const tools = ['cwebp', 'dwebp', 'gif2webp', 'webpmux'].every((tool) => !spawnSync(tool, ['-version']).error);
if (!vectors) console.log('skipped: ../shared/photos/webp-vectors is not there');
if (!tools) console.log('skipped: cwebp, dwebp, gif2webp and webpmux (apt-get install webp) are not there');

/** The picture as dwebp -ppm writes it. */
function ppm(bytes: Uint8Array, chunk?: number): Buffer {
  const { width, height, rgb } = decodeAll('webp', bytes, chunk ? { chunk } : {});
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), rgb]);
}

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

describe.skipIf(!vectors)('the vectors of libwebp', () => {
  const sums = new Map<string, string>();
  if (vectors)
    for (const line of readFileSync(path.join(VECTORS, 'libwebp_tests.md5'), 'utf8').split('\n')) {
      const [sum, name] = line.trim().split(/\s+/);
      if (sum && name?.endsWith('.webp.ppm')) sums.set(name.slice(0, -4), sum);
    }
  const names = vectors ? readdirSync(VECTORS).filter((name) => sums.has(name)) : [];

  test('as many as there are', () => expect(names.length).toBeGreaterThan(80));

  test.each(names)('%s', (name) => {
    expect(md5(ppm(readFileSync(path.join(VECTORS, name))))).toBe(sums.get(name));
  });

  test.each(names.filter((_, i) => i % 9 === 0))('%s in pieces of 7 bytes', (name) => {
    expect(md5(ppm(readFileSync(path.join(VECTORS, name)), 7))).toBe(sums.get(name));
  });
});

describe.skipIf(!tools)('files by the tools of libwebp', () => {
  let folder = '';
  const at = (name: string) => path.join(folder, name);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'webp-'));
    await photograph(187, 133, 3).png().toFile(at('photo.png'));
    await photograph(61, 47, 3).png().toFile(at('small.png'));
    await photograph(40, 30, 4).ensureAlpha(0.4).png().toFile(at('alpha.png'));
    await photograph(64, 48, 5).gif({ colours: 12 }).toFile(at('few.gif'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function same(file: string): void {
    const bytes = readFileSync(file);
    // Dithering is the viewer's own invention.
    const expected = execFileSync('dwebp', ['-quiet', '-nodither', '-ppm', file, '-o', '-'], {
      maxBuffer: 1 << 26,
    });
    expect(md5(ppm(bytes))).toBe(md5(expected));
    expect(md5(ppm(bytes, 1 + (bytes.length % 7)))).toBe(md5(expected));
  }

  const lossy = [0, 20, 50, 80, 100].flatMap((q) =>
    [0, 2, 4, 6].map((m) => `-q ${q} -m ${m} -segments ${1 + (m % 4)} -sharpness ${m} -f ${q}`),
  );
  const others = [
    '-nostrong -f 60',
    '-af -q 30',
    '-resize 1 1',
    '-resize 17 33',
    '-near_lossless 40',
    '-lossless -resize 3 200',
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((z) => `-z ${z}`),
  ];
  test.each([...lossy, ...others])('cwebp %s', (options) => {
    execFileSync('cwebp', ['-quiet', ...options.split(' '), at('photo.png'), '-o', at('out.webp')]);
    same(at('out.webp'));
  });

  // They try everything, six seconds long for a larger picture.
  test.each(['-lossless -m 6 -q 100', '-z 9'])('cwebp %s, a small picture', (options) => {
    execFileSync('cwebp', ['-quiet', ...options.split(' '), at('small.png'), '-o', at('out.webp')]);
    same(at('out.webp'));
  });

  test.each(['-q 60', '-lossless', '-q 60 -alpha_q 20'])('with alpha, which is dropped: %s', (options) => {
    execFileSync('cwebp', ['-quiet', '-exact', ...options.split(' '), at('alpha.png'), '-o', at('out.webp')]);
    same(at('out.webp'));
  });

  test('a palette', () => {
    execFileSync('gif2webp', ['-quiet', at('few.gif'), '-o', at('out.webp')]);
    same(at('out.webp'));
  });

  test('the first frame of an animation on its canvas', () => {
    execFileSync('cwebp', ['-quiet', '-lossless', at('photo.png'), '-o', at('one.webp')]);
    execFileSync('cwebp', ['-quiet', '-lossless', at('alpha.png'), '-o', at('two.webp')]);
    const frames = ['-frame', at('two.webp'), '+100+6+8', '-frame', at('one.webp'), '+100'];
    execFileSync('webpmux', [...frames, '-o', at('out.webp')]);
    const canvas = decodeAll('webp', readFileSync(at('out.webp')));
    const frame = decodeAll('webp', readFileSync(at('two.webp')));
    expect([canvas.width, canvas.height]).toEqual([187, 133]);
    const expected = new Uint8Array(canvas.rgb.length);
    for (let y = 0; y < frame.height; y++)
      expected.set(
        frame.rgb.subarray(y * frame.width * 3, (y + 1) * frame.width * 3),
        ((y + 8) * canvas.width + 6) * 3,
      );
    expect(md5(canvas.rgb)).toBe(md5(expected));
  });
});

/** A lossless file of one colour, of which no pixel takes a bit. */
function emptyPicture(side: number): Uint8Array {
  const bytes = new Uint8Array(12 + 8 + 12);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from('RIFF\0\0\0\0WEBPVP8L'));
  view.setUint32(4, bytes.length - 8, true);
  view.setUint32(16, 12, true);
  bytes[20] = 0x2f;
  view.setUint32(21, (side - 1) | ((side - 1) << 14), true);
  // No transform, no cache, no groups; five codes of one symbol, 0: bits 1 0 0 0.
  let bits = 0n;
  for (let code = 0n; code < 5n; code++) bits |= 1n << (3n + 4n * code);
  view.setUint32(25, Number(bits & 0xffffffffn), true);
  return bytes;
}

describe('a file pays for its pixels', () => {
  test('a million are free, 100 million for 32 bytes are refused before they are decoded', () => {
    const options = { resized: [300, 300] as [number, number], size: 227 };
    expect(decode(decoder(), 'webp', emptyPicture(1000), options).status).toBe(2);
    const refused = decode(decoder(), 'webp', emptyPicture(10_000), options);
    expect(refused.status).toBe(-4);
    expect(refused.memoryBytes).toBeLessThan(8 << 20);
  });
});
