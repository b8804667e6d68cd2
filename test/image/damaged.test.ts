// Lightly damaged files: a picture with warnings, or refused where the caller wants that. What is lost is grey, as in
// libjpeg; what came before the damage, and behind the next restart marker, is as it was.
import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { imageDecoder, inChunks, unresized } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { joined, segment, segments } from '../support/jpeg-segments.ts';
import { difference } from '../support/pixels.ts';

const SIDE = 96;
const djpeg = !spawnSync('djpeg', ['-version']).error;
if (!djpeg) console.log('skipped: djpeg (apt-get install libjpeg-turbo-progs) is not there');

let decoder: ImageDecoder;
let plain: Uint8Array;
let progressive: Uint8Array;

beforeAll(async () => {
  decoder = await imageDecoder();
  const photo = () => photograph(SIDE, SIDE, 5);
  plain = Uint8Array.from(await photo().jpeg({ chromaSubsampling: '4:4:4' }).toBuffer());
  progressive = Uint8Array.from(
    await photo().jpeg({ chromaSubsampling: '4:4:4', progressive: true }).toBuffer(),
  );
});

async function accept(file: Uint8Array) {
  const picture = await decoder.decode(file, unresized(SIDE));
  const pieces = await decoder.decode(inChunks(file, 1), unresized(SIDE));
  expect(pieces.warnings).toEqual(picture.warnings);
  expect(difference(pieces.pixels, picture.pixels).most).toBe(0);
  return picture;
}

async function refuse(file: Uint8Array, options: { damaged?: 'refuse' }, message: RegExp): Promise<void> {
  const refused = { code: 'damaged-image', message: expect.stringMatching(message) };
  await expect(decoder.decode(file, { ...unresized(SIDE), ...options })).rejects.toMatchObject(refused);
  await expect(decoder.decode(inChunks(file, 1), { ...unresized(SIDE), ...options })).rejects.toMatchObject(
    refused,
  );
}

const rows = (pixels: Uint8Array, from: number, to: number) =>
  pixels.subarray(from * SIDE * 3, to * SIDE * 3);

describe('between the segments', () => {
  const garbage = { marker: 0, bytes: Uint8Array.from([1, 2, 3, 0xff, 0xff, 0, 9]) };
  const withGarbage = (at: number) => joined(segments(plain).toSpliced(at, 0, garbage));

  test.each([2, 3, 4])('garbage before segment %i', async (at) => {
    const whole = await accept(plain);
    expect(whole.warnings).toEqual([]);
    const picture = await accept(withGarbage(at));
    expect(picture.warnings).toEqual(['stray-bytes']);
    expect(difference(picture.pixels, whole.pixels).most).toBe(0);
    await refuse(withGarbage(at), { damaged: 'refuse' }, /stray-bytes.*damaged=accept/);
  });

  test('FF before a marker is legal', async () => {
    const padding = { marker: 0, bytes: Uint8Array.from([0xff, 0xff]) };
    const file = joined(segments(plain).toSpliced(2, 0, padding));
    const picture = await decoder.decode(file, { ...unresized(SIDE), damaged: 'refuse' });
    expect(picture.warnings).toEqual([]);
  });

  test.each([
    ['of no byte order', [0x4a, 0x4a, 0x2a, 0, 8, 0, 0, 0, 0, 0]],
    ['with its directory elsewhere', [0x49, 0x49, 0x2a, 0, 0xff, 0xff, 0, 0, 0, 0]],
    ['that ends in its directory', [0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 9, 0, 1, 1]],
  ])('EXIF %s', async (_, block) => {
    const exif = segment(0xe1, [...Buffer.from('Exif\0\0'), ...block]);
    const file = joined(segments(plain).toSpliced(1, 0, exif));
    const picture = await accept(file);
    expect(picture.warnings).toEqual(['bad-exif']);
    expect(picture.orientation).toBe(1);
    await refuse(file, { damaged: 'refuse' }, /bad-exif/);
  });
});

describe('a scan that is cut off', () => {
  const cut = (file: Uint8Array, share: number) => file.subarray(0, Math.floor(file.length * share));

  test.each([0.99, 0.9, 0.85])('after %d of the file: grey from there on', async (share) => {
    const file = cut(plain, share);
    const whole = await accept(plain);
    const picture = await accept(file);
    expect(picture.warnings).toEqual(['cut-off']);
    expect(difference(rows(picture.pixels, 0, 64), rows(whole.pixels, 0, 64)).most).toBe(0);
    await refuse(file, { damaged: 'refuse' }, /ends before its picture/);
    if (!djpeg) return;
    const { stdout } = spawnSync('djpeg', ['-ppm'], { input: file, maxBuffer: 1 << 26 });
    const { mean } = difference(picture.pixels, stdout.subarray(stdout.length - SIDE * SIDE * 3));
    // libjpeg shows a little of the block in which the data end.
    expect(mean).toBeLessThan(1);
  });

  test.each([0.3, 0.5, 0.65])('after %d of the file: refused, most of the rest would be grey', (share) =>
    refuse(cut(plain, share), {}, /ends before its picture/),
  );

  test('an end marker does not make it whole', async () => {
    const file = Uint8Array.from([...cut(plain, 0.9), 0xff, 0xd9]);
    expect((await accept(file)).warnings).toEqual(['cut-off']);
  });

  test('a progressive one with all of its DC is coarser', async () => {
    const whole = await accept(progressive);
    for (const share of [0.9, 0.6]) {
      const picture = await accept(cut(progressive, share));
      expect(picture.warnings).toEqual(['cut-off']);
      expect(difference(picture.pixels, whole.pixels).mean).toBeLessThan(20);
      await refuse(cut(progressive, share), { damaged: 'refuse' }, /ends before its picture/);
    }
    const parts = segments(progressive);
    const first = parts.findIndex(({ marker }) => marker === 0xda);
    const early = joined(parts.slice(0, first + 1));
    await refuse(early.subarray(0, early.length - 200), {}, /ends before its picture/);
  });
});

describe('codes that cannot be', () => {
  test('one restart interval is lost, the others are as they were', async () => {
    const file = Uint8Array.from(await withRestarts());
    const whole = await accept(file);
    expect(whole.warnings).toEqual([]);
    const scan = segments(file).find(({ marker }) => marker === 0xda)?.bytes ?? file;
    const marks: number[] = [];
    for (let i = 0; i + 1 < scan.length; i++)
      if (scan[i] === 0xff && ((scan[i + 1] ?? 0) & 0xf8) === 0xd0) marks.push(scan.byteOffset + i);
    expect(marks.length).toBeGreaterThan(8);
    const [from = 0, to = 0] = marks.slice(4);
    const damaged = Uint8Array.from(file);
    damaged.fill(0xfe, from + 4, to);
    const picture = await accept(damaged);
    expect(picture.warnings).toEqual(['bad-codes']);
    expect(difference(rows(picture.pixels, 0, 40), rows(whole.pixels, 0, 40)).most).toBe(0);
    expect(difference(rows(picture.pixels, 48, SIDE), rows(whole.pixels, 48, SIDE)).most).toBe(0);
    // The same without the interval and its marker.
    const gone = Uint8Array.from([...file.subarray(0, from), ...file.subarray(to)]);
    const shorter = await accept(gone);
    expect(shorter.warnings).toEqual(['bad-codes']);
    expect(difference(rows(shorter.pixels, 48, SIDE), rows(whole.pixels, 48, SIDE)).most).toBe(0);
    await refuse(damaged, { damaged: 'refuse' }, /not valid/);
  });
});

/** One restart interval for each row of blocks. */
async function withRestarts(): Promise<Uint8Array> {
  const { jpegFile } = await import('../support/jpeg-writer.ts');
  return jpegFile({ width: SIDE, height: SIDE, sampling: [[1, 1]], restart: SIDE / 8, jfif: true });
}
