// pixels: a row of a BMP as RGB (BITMAPINFOHEADER, BITMAPV4HEADER): colour numbers of 1, 4 or 8 bits, or 16, 24 or
// 32 bits of which masks cut out the channels. A channel of n < 8 bits is v * 255 / (2^n - 1), down, as in PIL.
import { Heap } from '../heap';

export class Pixels {
  static bitsPerPixel: i32 = 0;
  /** RGBx u8 [256][4] */
  static colours: usize = 0;
  private static redMask: u32 = 0;
  private static greenMask: u32 = 0;
  private static blueMask: u32 = 0;

  /** Memory for the palette, all black. Check `Heap.full` afterwards. */
  static open(): void {
    Pixels.colours = Heap.zeroed(1024);
  }

  /** @param bgr u8 [count][entryBytes] */
  static setPalette(bgr: usize, count: i32, entryBytes: i32): void {
    for (let i = 0; i < count; i++) {
      const entry = bgr + i * entryBytes;
      const red = <u32>load<u8>(entry, 2);
      const green = <u32>load<u8>(entry, 1);
      store<u32>(Pixels.colours + ((<usize>i) << 2), red | (green << 8) | ((<u32>load<u8>(entry)) << 16));
    }
  }

  /** False for a mask with holes. */
  static setMasks(red: u32, green: u32, blue: u32): bool {
    Pixels.redMask = red;
    Pixels.greenMask = green;
    Pixels.blueMask = blue;
    return whole(red) && whole(green) && whole(blue);
  }

  /**
   * @param target RGB u8 [count][3]
   * @param source the row's first byte; 4 bytes behind it may be read
   * @param first first pixel
   */
  static write(target: usize, source: usize, first: i32, count: i32): void {
    const bits = Pixels.bitsPerPixel;
    for (let x = first, end = first + count; x < end; x++, target += 3) {
      let rgb: u32 = 0;
      if (bits <= 8) {
        const bit = x * bits;
        const index = (<u32>load<u8>(source + (bit >> 3)) >> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
        rgb = load<u32>(Pixels.colours + ((<usize>index) << 2));
      } else {
        const pixel = load<u32>(source + <usize>x * (bits >> 3));
        rgb = channel(pixel, Pixels.redMask);
        rgb |= channel(pixel, Pixels.greenMask) << 8;
        rgb |= channel(pixel, Pixels.blueMask) << 16;
      }
      store<u16>(target, <u16>rgb);
      store<u8>(target, <u8>(rgb >> 16), 2);
    }
  }
}

/** Is the mask one run of bits, or empty? */
function whole(mask: u32): bool {
  if (mask === 0) return true;
  const run = mask >> ctz(mask);
  return (run & (run + 1)) === 0;
}

function channel(pixel: u32, mask: u32): u32 {
  if (mask === 0) return 0;
  const shift = ctz(mask);
  const top = mask >> shift;
  const value = (pixel & mask) >> shift;
  if (top === 255) return value;
  return top < 255 ? (value * 255) / top : value >> (24 - clz(top));
}
