// pixels: a row of PNG samples, unfiltered, as RGB (PNG specification, section 13.12). Of 16 bits the upper 8
// count; alpha and tRNS are dropped, as PIL's convert('RGB') does; no gamma, no ICC profile.
import { Palette } from '../palette';

export const GRAY: i32 = 0;
export const RGB: i32 = 2;
export const INDEXED: i32 = 3;
export const GRAY_ALPHA: i32 = 4;
export const RGBA: i32 = 6;

/** Section 11.2.2: is this a combination of colour type and bit depth that exists? */
export function depthExists(colorType: i32, depth: i32): bool {
  switch (colorType) {
    case GRAY:
      return depth === 1 || depth === 2 || depth === 4 || depth === 8 || depth === 16;
    case INDEXED:
      return depth === 1 || depth === 2 || depth === 4 || depth === 8;
    case RGB:
    case GRAY_ALPHA:
    case RGBA:
      return depth === 8 || depth === 16;
    default:
      return false;
  }
}

export class Pixels {
  static bitsPerPixel: i32 = 0;
  private static colorType: i32 = 0;
  private static depth: i32 = 0;

  /** For a combination that exists. Grey levels of up to 8 bits are a palette too. */
  static open(colorType: i32, depth: i32): void {
    Pixels.colorType = colorType;
    Pixels.depth = depth;
    const samples = colorType === RGB ? 3 : colorType === RGBA ? 4 : colorType === GRAY_ALPHA ? 2 : 1;
    Pixels.bitsPerPixel = samples * depth;
    if (colorType !== GRAY || depth > 8) return;
    const top: u32 = (1 << depth) - 1;
    for (let i: u32 = 0; i <= top; i++) {
      const level = (i * 255) / top;
      Palette.set(i, level, level, level);
    }
  }

  /**
   * @param target RGB u8: pixel i goes to target + i * targetStep; up to 16 bytes behind the last are overwritten
   *   when targetStep is 3
   * @param source the row's first byte; 16 bytes behind the row may be read
   * @param first first pixel
   * @param count pixels
   */
  static write(target: usize, targetStep: usize, source: usize, first: i32, count: i32): void {
    if (Pixels.depth === 16) {
      Pixels.copy(target, targetStep, source, first, count, 2);
    } else if (Pixels.colorType === GRAY || Pixels.colorType === INDEXED) {
      Pixels.look(target, targetStep, source, first, count);
    } else if (Pixels.colorType === RGB && targetStep === 3) {
      memory.copy(target, source + first * 3, count * 3);
    } else if (Pixels.colorType === RGBA && targetStep === 3) {
      dropAlpha(target, source + ((<usize>first) << 2), count);
    } else {
      Pixels.copy(target, targetStep, source, first, count, 1);
    }
  }

  /** Palette colours and grey levels, depth 1, 2, 4 or 8: leftmost pixel in the highest bits. */
  private static look(target: usize, targetStep: usize, source: usize, first: i32, count: i32): void {
    const depth = Pixels.depth;
    const mask = (1 << depth) - 1;
    for (let x = first, end = first + count; x < end; x++) {
      const bit = x * depth;
      const index = (<i32>load<u8>(source + (bit >> 3)) >> (8 - depth - (bit & 7))) & mask;
      Palette.put(target, index);
      target += targetStep;
    }
  }

  /** Samples of one or two bytes, of which the first is the upper one. */
  private static copy(
    target: usize,
    targetStep: usize,
    source: usize,
    first: i32,
    count: i32,
    sampleBytes: i32,
  ): void {
    const pixelBytes = Pixels.bitsPerPixel >> 3;
    const step = Pixels.colorType === RGB || Pixels.colorType === RGBA ? sampleBytes : 0;
    source += <usize>first * pixelBytes;
    for (; count > 0; count--) {
      store<u8>(target, load<u8>(source));
      store<u8>(target, load<u8>(source + step), 1);
      store<u8>(target, load<u8>(source + step + step), 2);
      target += targetStep;
      source += pixelBytes;
    }
  }
}

function dropAlpha(target: usize, source: usize, count: i32): void {
  for (; count > 0; count -= 4) {
    const four = v128.load(source);
    v128.store(target, v128.shuffle<u8>(four, four, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15));
    target += 12;
    source += 16;
  }
}
