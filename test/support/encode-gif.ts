// A plain GIF encoder for fixtures: one frame anywhere on its canvas, interlaced or not, own palettes, optional
// transparency, any code size.
import { Bits } from './bits.ts';

export interface GifPicture {
  /** The canvas. */
  width: number;
  height: number;
  frame: { left: number; top: number; width: number; height: number };
  /** Colour numbers [frame.height][frame.width] */
  pixels: number[];
  /** Bits of a colour number, 1..8 (at least 2 in the file). */
  bits: number;
  /** RGB [2^bits][3] */
  globalPalette?: number[];
  localPalette?: number[];
  transparent?: number;
  interlaced?: boolean;
  /** Blocks in front of the frame. */
  before?: Buffer;
  /** Never clear the table once it is full. */
  deferred?: boolean;
}

/** Colour numbers as LZW codes. */
export function lzw(pixels: number[], literalBits: number, deferred = false): Buffer {
  const clear = 1 << literalBits;
  const bits = new Bits();
  let codes = new Map<string, number>();
  let free = clear + 2;
  let width = literalBits + 1;
  bits.put(clear, width);
  let string = '';
  const codeOf = (s: string) => (s.length === 1 ? s.charCodeAt(0) : (codes.get(s) ?? 0));
  for (const pixel of pixels) {
    const longer = string + String.fromCharCode(pixel);
    if (longer.length === 1 || codes.has(longer)) {
      string = longer;
      continue;
    }
    bits.put(codeOf(string), width);
    if (free < 4096) {
      codes.set(longer, free);
      // The reader is one entry behind, so the width grows one code later.
      if (free === 1 << width && width < 12) width++;
      free++;
    } else if (!deferred) {
      bits.put(clear, width);
      codes = new Map();
      free = clear + 2;
      width = literalBits + 1;
    }
    string = String.fromCharCode(pixel);
  }
  bits.put(codeOf(string), width);
  if (free === 1 << width && width < 12) width++;
  return bits.put(clear + 1, width).bytes();
}

export function subBlocks(data: Buffer, size = 255): Buffer {
  const out: Buffer[] = [];
  for (let at = 0; at < data.length; at += size) {
    const part = data.subarray(at, at + size);
    out.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat([...out, Buffer.from([0])]);
}

function interlacedOrder(height: number): number[] {
  const order: number[] = [];
  for (const [first = 0, step = 1] of [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ])
    for (let y = first; y < height; y += step) order.push(y);
  return order;
}

export function encodeGif(picture: GifPicture, data?: Buffer): Buffer {
  const { width, height, frame, bits } = picture;
  const literalBits = Math.max(2, bits);
  const screen = Buffer.alloc(13);
  screen.write('GIF89a');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  screen[10] = picture.globalPalette ? 0x80 | (bits - 1) : 0;
  const image = Buffer.alloc(10);
  image[0] = 0x2c;
  image.writeUInt16LE(frame.left, 1);
  image.writeUInt16LE(frame.top, 3);
  image.writeUInt16LE(frame.width, 5);
  image.writeUInt16LE(frame.height, 7);
  image[9] = (picture.localPalette ? 0x80 | (bits - 1) : 0) | (picture.interlaced ? 0x40 : 0);
  const rows = picture.interlaced ? interlacedOrder(frame.height) : [...Array(frame.height).keys()];
  const pixels = rows.flatMap((y) => picture.pixels.slice(y * frame.width, (y + 1) * frame.width));
  return Buffer.concat([
    screen,
    Buffer.from(picture.globalPalette ?? []),
    picture.before ?? Buffer.alloc(0),
    picture.transparent === undefined
      ? Buffer.alloc(0)
      : Buffer.from([0x21, 0xf9, 4, 1, 0, 0, picture.transparent, 0]),
    image,
    Buffer.from(picture.localPalette ?? []),
    Buffer.from([literalBits]),
    data ?? subBlocks(lzw(pixels, literalBits, picture.deferred)),
    Buffer.from([0x3b]),
  ]);
}

/** The canvas as PIL's convert('RGB') shows it: around the frame the transparent colour, or colour 0. */
export function gifPixels(picture: GifPicture): Uint8Array {
  const { frame } = picture;
  const width = Math.max(picture.width, frame.left + frame.width);
  const height = Math.max(picture.height, frame.top + frame.height);
  const palette = picture.localPalette ?? picture.globalPalette;
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [fx, fy] = [x - frame.left, y - frame.top];
      const inside = fx >= 0 && fy >= 0 && fx < frame.width && fy < frame.height;
      const colour = inside ? (picture.pixels[fy * frame.width + fx] ?? 0) : (picture.transparent ?? 0);
      for (let c = 0; c < 3; c++)
        rgb[(y * width + x) * 3 + c] = palette ? (palette[colour * 3 + c] ?? 0) : colour;
    }
  return rgb;
}
