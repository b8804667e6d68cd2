// JPEG against libjpeg-turbo (through sharp) and the slow resize. At full scale our inverse transform and
// upsampling are libjpeg's to the bit, so that only the last rounding may differ.
import type { Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageDecoder } from '../../src/image/decoder.ts';
import { decodeOptions, imageDecoder, inChunks } from '../../tools/fixtures/decoder.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { type JpegPlan, jpegFile } from '../support/jpeg-writer.ts';
import { difference, rawBySharp, referenceCrop } from '../support/pixels.ts';

let decoder: ImageDecoder;

beforeAll(async () => {
  decoder = await imageDecoder();
});

async function compare(file: Uint8Array, cmyk = false) {
  const { pixels } = await decoder.decode(file, decodeOptions({ exif: 'ignore' }));
  return difference(pixels, referenceCrop(await rawBySharp(file, cmyk)));
}

describe('JPEG at full scale', () => {
  const photo = () => photograph(400, 300, 3);
  const cases: [string, () => Sharp, boolean?][] = [
    ['4:2:0', () => photo().jpeg()],
    ['4:4:4', () => photo().jpeg({ chromaSubsampling: '4:4:4', quality: 95 })],
    ['quality 1', () => photo().jpeg({ quality: 1 })],
    ['quality 100', () => photo().jpeg({ quality: 100 })],
    ['optimised codes', () => photo().jpeg({ optimiseCoding: true })],
    ['progressive', () => photo().jpeg({ progressive: true })],
    ['progressive 4:4:4', () => photo().jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
    ['progressive, other scans', () => photo().jpeg({ mozjpeg: true })],
    ['grey', () => photo().greyscale().jpeg()],
    ['grey progressive', () => photo().greyscale().jpeg({ progressive: true })],
    ['CMYK', () => photo().toColourspace('cmyk').jpeg(), true],
    ['CMYK progressive', () => photo().toColourspace('cmyk').jpeg({ progressive: true }), true],
    ['odd sides', () => photograph(331, 259).jpeg()],
    ['upright', () => photograph(259, 331).jpeg()],
    ['smaller than the crop', () => photograph(50, 41).jpeg()],
    ['17 x 13', () => photograph(17, 13).jpeg()],
    ['1 x 1', () => photograph(1, 1).jpeg()],
    ['3 x 300', () => photograph(3, 300).jpeg()],
    ['600 x 2', () => photograph(600, 2).jpeg()],
  ];
  it.each(cases)('%s', async (_, make, cmyk = false) => {
    const { mean, most } = await compare(await make().toBuffer(), cmyk);
    expect(mean).toBeLessThanOrEqual(0.02);
    expect(most).toBeLessThanOrEqual(1);
  });
});

describe('JPEG of the rarer kinds', () => {
  const three = (...first: [number, number][]): [number, number][] =>
    [...first, [1, 1], [1, 1]].slice(0, 3) as [number, number][];
  const size = { width: 131, height: 117 };
  const cases: [string, Omit<JpegPlan, 'width' | 'height'>][] = [
    ['4:2:2', { sampling: three([2, 1]), jfif: true }],
    ['4:4:0', { sampling: three([1, 2]), jfif: true }],
    ['4:1:1', { sampling: three([4, 1]), jfif: true }],
    ['4:1:0', { sampling: three([4, 2]), jfif: true }],
    [
      'chroma of two kinds',
      {
        sampling: [
          [2, 2],
          [1, 2],
          [2, 1],
        ],
        jfif: true,
      },
    ],
    [
      'luma coarser than chroma',
      {
        sampling: [
          [1, 1],
          [2, 2],
          [1, 1],
        ],
        jfif: true,
      },
    ],
    ['grey with sampling factors', { sampling: [[2, 2]], jfif: true }],
    ['RGB by the Adobe marker', { sampling: three([1, 1]), adobe: 0 }],
    ['RGB by its ids', { sampling: three([1, 1]), ids: [0x52, 0x47, 0x42] }],
    ['YCbCr by the Adobe marker', { sampling: three([2, 2]), adobe: 1 }],
    ['YCbCr by default', { sampling: three([2, 2]), ids: [7, 8, 9] }],
    ['restart every MCU', { sampling: three([2, 2]), jfif: true, restart: 1 }],
    ['restart every 5 MCUs, padded markers', { sampling: three([2, 1]), jfif: true, restart: 5, fill: true }],
    ['a scan for each component', { sampling: three([2, 2]), jfif: true, separate: true }],
    [
      'a scan for each component, restarts',
      { sampling: three([2, 1]), jfif: true, separate: true, restart: 3 },
    ],
  ];
  it.each(cases)('%s', async (_, plan) => {
    const file = jpegFile({ ...size, ...plan });
    const { mean, most } = await compare(file);
    expect(mean).toBeLessThanOrEqual(0.02);
    expect(most).toBeLessThanOrEqual(1);
    const whole = await decoder.decode(file, decodeOptions());
    const cut = await decoder.decode(inChunks(file, 1), decodeOptions());
    expect(difference(whole.pixels, cut.pixels).most).toBe(0);
  });

  it.each([
    ['CMYK', { adobe: 0 }],
    ['YCCK', { adobe: 2 }],
    ['CMYK without a marker', {}],
  ])('%s', async (name, plan) => {
    const sampling: [number, number][] = [
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ];
    const file = jpegFile({ ...size, sampling, ...plan });
    if (name === 'CMYK without a marker')
      expect((await decoder.decode(file, decodeOptions())).width).toBe(131);
    else expect((await compare(file, true)).most).toBeLessThanOrEqual(2);
  });
});

// The fixture's noise and hard edges are the worst case of a shrink in the DCT; photographs stay below 0.4.
describe('JPEG shrunk while it is decoded', () => {
  it.each([
    [1300, 1030, false],
    [2300, 2050, false],
    [2300, 2050, true],
  ])('%i x %i, progressive: %s', async (width, height, progressive) => {
    const { mean } = await compare(await photograph(width, height).jpeg({ progressive }).toBuffer());
    expect(mean).toBeLessThanOrEqual(1);
  });
});
