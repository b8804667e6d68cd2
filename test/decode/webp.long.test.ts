// WebP as libwebp's tools write it, in a selection of their options that covers every value and every mode, over photographs
// (../shared/photos, else made ones). Lossless is dwebp's to the pixel. Lossy is compared twice: with dwebp's RGB, and
// with the planes that `dwebp -yuv` gives, converted here as slowly as the definition reads; both are exact. Each file
// whole, in pieces of seven bytes and byte by byte.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { decodeAll } from '../support/exact-pixels.ts';

const PHOTOS = path.join(import.meta.dirname, '../../../shared/photos/assorted');
const tools = ['cwebp', 'dwebp', 'gif2webp', 'webpmux'].every((tool) => !spawnSync(tool, ['-version']).error);
if (!tools) console.log('skipped: cwebp, dwebp, gif2webp and webpmux (apt-get install webp) are not there');

/** Sides of the parts of photographs: whole macroblocks, one more, one less, odd ones, and less than one. */
const SIDES = [
  [160, 112],
  [161, 97],
  [95, 143],
  [177, 33],
  [15, 130],
  [17, 17],
] as const;

const clamped = (value: number) => Math.max(0, Math.min(255, value));

/** RFC 6386, 9.2 (BT.601 of limited range), with the 14 bits of libwebp. */
function toRgb(y: number, u: number, v: number): [number, number, number] {
  const scaled = (sample: number, factor: number) => (sample * factor) >> 8;
  const luma = scaled(y, 19_077);
  return [
    clamped((luma + scaled(v, 26_149) - 14_234) >> 6),
    clamped((luma - scaled(u, 6_419) - scaled(v, 13_320) + 8_708) >> 6),
    clamped((luma + scaled(u, 33_050) - 17_685) >> 6),
  ];
}

/** RGB of planes of 4:2:0, one after the other, by the 9-3-3-1 filter. */
function fromPlanes(planes: Uint8Array, width: number, height: number): Uint8Array {
  const [wide, high] = [(width + 1) >> 1, (height + 1) >> 1];
  const chroma = (plane: number, x: number, y: number) => {
    const column = Math.max(0, Math.min(wide - 1, x));
    const row = Math.max(0, Math.min(high - 1, y));
    return planes[width * height + plane * wide * high + row * wide + column] as number;
  };
  const upsampled = (plane: number, x: number, y: number) => {
    const [column, row] = [x >> 1, y >> 1];
    const [besides, above] = [column + (x & 1 ? 1 : -1), row + (y & 1 ? 1 : -1)];
    const near = 9 * chroma(plane, column, row);
    const beside = 3 * (chroma(plane, besides, row) + chroma(plane, column, above));
    return (near + beside + chroma(plane, besides, above) + 8) >> 4;
  };
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const luma = planes[y * width + x] as number;
      rgb.set(toRgb(luma, upsampled(0, x, y), upsampled(1, x, y)), (y * width + x) * 3);
    }
  return rgb;
}

/** Every value of each option, with ever another of the others. */
const LOSSY = Array.from({ length: 42 }, (_, i) => {
  const quality = Math.round((100 * i) / 41);
  return [
    `-q ${quality} -m ${i % 7} -segments ${1 + (i % 4)} -sns ${(i * 37) % 101} -f ${(i * 53) % 101}`,
    `-sharpness ${(i * 3) % 8} -partition_limit ${(i * 29) % 101}`,
    i % 2 ? '-strong' : '-nostrong',
    ...(i % 5 === 0 ? ['-af'] : []),
    ...(i % 6 === 0 ? ['-sharp_yuv'] : []),
    ...(i % 7 === 0 ? ['-pass 3'] : []),
    ...(i % 9 === 0 ? ['-jpeg_like'] : []),
    ...(i % 4 === 3 ? ['-low_memory'] : []),
    ...(i % 3 === 0 ? [`-pre ${i % 8}`] : []),
  ].join(' ');
});
const PRESETS = ['default', 'photo', 'picture', 'drawing', 'icon', 'text'].map((name) => `-preset ${name}`);
const LOSSLESS = [
  ...Array.from({ length: 14 }, (_, i) => `-lossless -m ${i % 7} -q ${Math.round((100 * i) / 13)}`),
  ...Array.from({ length: 10 }, (_, z) => `-z ${z}`),
  ...[0, 20, 40, 60, 80, 99].map((level) => `-near_lossless ${level} -q 50`),
  ...['photo', 'picture', 'graph'].map((hint) => `-lossless -hint ${hint}`),
];
const ALPHA = [
  ...['none', 'fast', 'best'].flatMap((filter) =>
    [0, 1].map((method) => `-q 50 -alpha_method ${method} -alpha_filter ${filter}`),
  ),
  ...[0, 30, 70, 100].map((quality) => `-q 70 -alpha_q ${quality}`),
  '-lossless -exact',
  '-z 6',
  '-q 60 -noalpha',
  '-q 60 -blend_alpha 0x336699',
];

describe.skipIf(!tools)('the pixels of dwebp', () => {
  let folder = '';
  const at = (name: string) => path.join(folder, name);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'webp-long-'));
    const photos = existsSync(PHOTOS) ? readdirSync(PHOTOS).sort() : [];
    for (const [i, [width, height]] of SIDES.entries()) {
      const photo = photos[i * 7];
      const picture = photo
        ? sharp(path.join(PHOTOS, photo)).toColourspace('srgb').resize(width, height, { fit: 'cover' })
        : photograph(width, height, i + 1);
      const png = await picture.removeAlpha().png().toBuffer();
      await sharp(png).toFile(at(`${i}.png`));
      const alpha = photograph(width, height, 50 + i).toColourspace('b-w');
      await sharp(png)
        .joinChannel(await alpha.png().toBuffer())
        .toFile(at(`alpha-${i}.png`));
      await sharp(png)
        .gif({ colours: 2 + i * 40 })
        .toFile(at(`${i}.gif`));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const dwebp = (file: string, ...options: string[]) =>
    execFileSync('dwebp', ['-quiet', '-nodither', ...options, file, '-o', '-'], { maxBuffer: 1 << 26 });

  function same(file: string): void {
    const bytes = readFileSync(file);
    const whole = decodeAll('webp', bytes);
    const ppm = dwebp(file, '-ppm');
    const header = `P6\n${whole.width} ${whole.height}\n255\n`;
    expect(ppm.subarray(0, header.length).toString('latin1')).toBe(header);
    expect(Buffer.compare(whole.rgb, ppm.subarray(header.length))).toBe(0);
    if (bytes.includes('VP8 ')) {
      const planes = dwebp(file, '-yuv');
      expect(Buffer.compare(whole.rgb, fromPlanes(planes, whole.width, whole.height))).toBe(0);
    }
    for (const chunk of [1, 7])
      expect(Buffer.compare(decodeAll('webp', bytes, { chunk }).rgb, whole.rgb)).toBe(0);
  }

  const run = (options: string, from: string) =>
    execFileSync('cwebp', ['-quiet', ...options.split(' '), at(from), '-o', at('out.webp')]);

  test.each([...LOSSY, ...PRESETS].map((options, i) => [options, i % SIDES.length] as const))(
    'cwebp %s, picture %i',
    (options, i) => {
      run(options, `${i}.png`);
      same(at('out.webp'));
    },
  );

  // The slowest ones try everything: the smaller pictures.
  test.each(LOSSLESS.map((options, i) => [options, 3 + (i % 3)] as const))(
    'cwebp %s, picture %i',
    (options, i) => {
      run(options, `${i}.png`);
      same(at('out.webp'));
    },
  );

  test.each(ALPHA.map((options, i) => [options, i % SIDES.length] as const))(
    'cwebp %s, alpha %i',
    (options, i) => {
      run(options, `alpha-${i}.png`);
      same(at('out.webp'));
    },
  );

  test.each(['-q 50', '-lossy -q 40', '-mixed -q 60', '-lossy -f 70 -m 0', '-min_size'])(
    'gif2webp %s',
    (options) => {
      for (const i of SIDES.keys()) {
        execFileSync('gif2webp', ['-quiet', ...options.split(' '), at(`${i}.gif`), '-o', at('out.webp')]);
        same(at('out.webp'));
      }
    },
  );

  test('webpmux: chunks before and behind the pixels, and orientations, change none of them', () => {
    // It tells each file on its standard error.
    const set = (kind: string, data: string, from: string, to: string) =>
      execFileSync('webpmux', ['-set', kind, at(data), at(from), '-o', at(to)], { stdio: 'pipe' });
    const tiff = Buffer.from('49492a0008000000010012010300010000000000000000000000', 'hex');
    for (const options of ['-q 60', '-lossless -m 2']) {
      run(options, '1.png');
      const plain = decodeAll('webp', readFileSync(at('out.webp')));
      set('icc', '1.png', 'out.webp', 'icc.webp');
      set('xmp', '2.png', 'icc.webp', 'xmp.webp');
      for (let orientation = 1; orientation <= 8; orientation++) {
        tiff.writeUInt16LE(orientation, 18);
        writeFileSync(at('exif'), tiff);
        set('exif', 'exif', 'xmp.webp', 'all.webp');
        const bytes = readFileSync(at('all.webp'));
        for (const type of ['VP8X', 'ICCP', 'XMP ', 'EXIF']) expect(bytes.includes(type)).toBe(true);
        const all = decodeAll('webp', bytes);
        expect(all.orientation).toBe(orientation);
        expect(Buffer.compare(all.rgb, plain.rgb)).toBe(0);
      }
      same(at('all.webp'));
    }
  });
});
