// The transforms of VP8L (RFC 9649, 4), undone row by row from the last that the file names to the first: predictor,
// colour, subtract green, colour indexing. Each may occur once. Pixels are ARGB, u32, blue in the lowest byte.
import { Predictors } from './predictors';

export const PREDICTOR: i32 = 0;
export const COLOR: i32 = 1;
export const GREEN: i32 = 2;
export const INDEXING: i32 = 3;

/** kind, bits, width of its rows, address of its data: i32 each. */
const LIST = memory.data(4 * 16, 4);

class Delta {
  @inline static product(factor: u32, value: u32): u32 {
    return <u32>((<i32>(<i8>factor) * <i32>(<i8>value)) >> 5);
  }
}

export class Transforms {
  static count: i32 = 0;
  /** The row before, as the predictor has left it. */
  static above: usize = 0;

  static has(kind: i32): bool {
    for (let i = 0; i < Transforms.count; i++) if (load<i32>(LIST + <usize>i * 16) === kind) return true;
    return false;
  }

  static add(kind: i32, bits: i32, width: i32, data: usize): void {
    const to = LIST + <usize>Transforms.count * 16;
    Transforms.count++;
    store<i32>(to, kind);
    store<i32>(to, bits, 4);
    store<i32>(to, width, 8);
    store<u32>(to, <u32>data, 12);
  }

  /** Row y, in place. */
  static undo(row: usize, y: i32): void {
    for (let i = Transforms.count - 1; i >= 0; i--) {
      const at = LIST + <usize>i * 16;
      const kind = load<i32>(at);
      const bits = load<i32>(at, 4);
      const width = load<i32>(at, 8);
      const data: usize = load<u32>(at, 12);
      const tiles = (width + (1 << bits) - 1) >> bits;
      if (kind === PREDICTOR) {
        if (y === 0) Predictors.first(row, width);
        else Predictors.row(row, Transforms.above, width, data + <usize>((y >> bits) * tiles), bits);
        memory.copy(Transforms.above, row, (<usize>width) << 2);
      } else if (kind === COLOR)
        Transforms.color(row, width, data + ((<usize>((y >> bits) * tiles)) << 2), bits);
      else if (kind === GREEN) Transforms.green(row, width);
      else Transforms.indexing(row, width, data, bits);
    }
  }

  static green(row: usize, width: i32): void {
    const end = row + ((<usize>width) << 2);
    for (; row < end; row += 16) {
      const pixels = v128.load(row);
      const greens = v128.shuffle<u8>(
        pixels,
        i8x16.splat(0),
        1,
        16,
        1,
        16,
        5,
        16,
        5,
        16,
        9,
        16,
        9,
        16,
        13,
        16,
        13,
        16,
      );
      v128.store(row, i8x16.add(pixels, greens));
    }
  }

  /** 4.2: red gets a part of green, blue one of green and one of the new red. */
  static color(row: usize, width: i32, codes: usize, bits: i32): void {
    for (let x = 0; x < width; codes += 4) {
      const code = load<u32>(codes);
      const end = min(width, ((x >> bits) + 1) << bits);
      for (; x < end; x++) {
        const at = row + ((<usize>x) << 2);
        const pixel = load<u32>(at);
        const green = pixel >> 8;
        const red = ((pixel >> 16) + Delta.product(code, green)) & 255;
        const blue = (pixel + Delta.product(code >> 8, green) + Delta.product(code >> 16, red)) & 255;
        store<u32>(at, (pixel & 0xff00ff00) | (red << 16) | blue);
      }
    }
  }

  /** 4.4: 1 << bits indices lie in the green of one pixel; from the right, as a row grows. */
  static indexing(row: usize, width: i32, palette: usize, bits: i32): void {
    const depth = 8 >> bits;
    const mask: u32 = (1 << depth) - 1;
    const within = (1 << bits) - 1;
    for (let x = width - 1; x >= 0; x--) {
      const green = load<u32>(row + ((<usize>(x >> bits)) << 2)) >> 8;
      const index = (green >> (depth * (x & within))) & (bits ? mask : 255);
      store<u32>(row + ((<usize>x) << 2), load<u32>(palette + ((<usize>index) << 2)));
    }
  }
}
