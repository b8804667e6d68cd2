import { describe, expect, it } from 'vitest';
import { region, upright } from '../../src/image/geometry.ts';
import { PREPROCESS } from '../../tools/fixtures/decoder.ts';

describe('region', () => {
  it.each([
    // width, height, orientation -> resized size and corner
    [500, 375, 1, [341, 256, 57, 14]],
    [375, 500, 1, [256, 341, 14, 57]],
    [256, 256, 1, [256, 256, 14, 14]],
    [256, 256, 2, [256, 256, 15, 14]],
    [256, 256, 3, [256, 256, 15, 15]],
    [256, 256, 4, [256, 256, 14, 15]],
    [256, 256, 5, [256, 256, 14, 14]],
    [256, 256, 6, [256, 256, 14, 15]],
    [256, 256, 7, [256, 256, 15, 15]],
    [256, 256, 8, [256, 256, 15, 14]],
    [1, 1, 1, [256, 256, 14, 14]],
    [1000, 1, 1, [256000, 256, 127886, 14]],
  ])('%i x %i, orientation %i', (width, height, orientation, [w, h, left, top]) => {
    const expected = { width: w, height: h, left, top, columns: 227, rows: 227 };
    expect(region(width, height, orientation, PREPROCESS, 'crop')).toEqual(expected);
  });

  it('warps both sides, and takes the whole square', () => {
    const warp = { ...PREPROCESS, resize: 'warp' as const };
    const whole = { width: 256, height: 256, left: 0, top: 0, columns: 256, rows: 256 };
    expect(region(640, 480, 1, warp, 'square')).toEqual(whole);
    expect(region(640, 480, 1, warp, 'crop')).toEqual({
      ...whole,
      left: 14,
      top: 14,
      columns: 227,
      rows: 227,
    });
  });
});

describe('upright', () => {
  // A 2 x 2 picture  a b  by its letters; what EXIF 2.32, 4.6.4 A says of row 0 and column 0.
  //                  c d
  it.each([
    [1, 'abcd'],
    [2, 'badc'],
    [3, 'dcba'],
    [4, 'cdab'],
    [5, 'acbd'],
    [6, 'cadb'],
    [7, 'dbca'],
    [8, 'bdac'],
  ])('orientation %i', (orientation, letters) => {
    const bytes = (text: string) => Uint8Array.from([...text].flatMap((c) => [c.charCodeAt(0), 1, 2]));
    expect(upright(bytes('abcd'), 2, orientation)).toEqual(bytes(letters));
  });
});
