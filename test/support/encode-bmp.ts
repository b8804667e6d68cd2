// A plain BMP encoder for fixtures: every depth, header, mask and row order. Runs are given as bytes by the tests.

export interface BmpPicture {
  width: number;
  height: number;
  bits: 1 | 4 | 8 | 16 | 24 | 32;
  /** Colour numbers, or pixels as they are stored: [height][width]. */
  pixels: number[];
  /** RGB [n][3], for up to 8 bits. */
  palette?: number[];
  /** 12 (OS/2), 40, 52, 56, 64, 108 or 124. */
  headerBytes?: number;
  fromTop?: boolean;
  /** 0, 1 (RLE8), 2 (RLE4), 3 (masks), 6 (masks with alpha). */
  compression?: number;
  /** Red, green, blue, for compression 3 and 6. */
  masks?: [number, number, number];
  /** In place of the rows. */
  data?: Buffer;
  /** Unused bytes before the pixels. */
  gap?: number;
  /** Colours that the header announces. */
  colorsUsed?: number;
}

function packRow(row: number[], bits: number): Buffer {
  const out = Buffer.alloc(Math.ceil((row.length * bits) / 32) * 4);
  row.forEach((pixel, x) => {
    if (bits < 8) {
      const bit = x * bits;
      out[bit >> 3] = (out[bit >> 3] ?? 0) | (pixel << (8 - bits - (bit & 7)));
    } else {
      out.writeUIntLE(pixel, x * (bits / 8), bits / 8);
    }
  });
  return out;
}

export function encodeBmp(picture: BmpPicture): Buffer {
  const { width, height, bits } = picture;
  const headerBytes = picture.headerBytes ?? 40;
  const compression = picture.compression ?? 0;
  const core = headerBytes === 12;
  const info = Buffer.alloc(headerBytes);
  info.writeUInt32LE(headerBytes);
  if (core) {
    info.writeUInt16LE(width, 4);
    info.writeUInt16LE(height, 6);
    info.writeUInt16LE(1, 8);
    info.writeUInt16LE(bits, 10);
  } else {
    info.writeInt32LE(width, 4);
    info.writeInt32LE(picture.fromTop ? -height : height, 8);
    info.writeUInt16LE(1, 12);
    info.writeUInt16LE(bits, 14);
    info.writeUInt32LE(compression, 16);
    info.writeUInt32LE(picture.colorsUsed ?? (picture.palette?.length ?? 0) / 3, 32);
  }
  const masks = Buffer.alloc(compression === 6 ? 16 : compression === 3 ? 12 : 0);
  if (masks.length > 0)
    picture.masks?.forEach((mask, i) => {
      masks.writeUInt32LE(mask, i * 4);
    });
  if (headerBytes >= 52) masks.copy(info, 40, 0, Math.min(masks.length, headerBytes - 40));
  const palette: number[] = [];
  for (let i = 0; i < (picture.palette?.length ?? 0); i += 3) {
    const [red = 0, green = 0, blue = 0] = picture.palette?.slice(i, i + 3) ?? [];
    palette.push(blue, green, red, ...(core ? [] : [0]));
  }
  const rows = [...Array(height).keys()].map((y) =>
    packRow(picture.pixels.slice(y * width, (y + 1) * width), bits),
  );
  if (!picture.fromTop) rows.reverse();
  const before = Buffer.concat([
    info,
    headerBytes >= 52 ? Buffer.alloc(0) : masks,
    Buffer.from(palette),
    Buffer.alloc(picture.gap ?? 0),
  ]);
  const data = picture.data ?? Buffer.concat(rows);
  const file = Buffer.alloc(14);
  file.write('BM');
  file.writeUInt32LE(14 + before.length + data.length, 2);
  file.writeUInt32LE(14 + before.length, 10);
  return Buffer.concat([file, before, data]);
}

/** The RGB that a picture stands for; a channel of n bits is v * 255 / (2^n - 1), rounded down. */
export function bmpPixels(picture: BmpPicture): Uint8Array {
  const plain: [number, number, number] =
    picture.bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const masks = picture.masks ?? plain;
  const rgb = picture.pixels.flatMap((pixel) => {
    if (picture.bits <= 8) return [0, 1, 2].map((c) => picture.palette?.[pixel * 3 + c] ?? 0);
    return masks.map((mask) => {
      if (mask === 0) return 0;
      const digits = (mask >>> 0).toString(2);
      const low = digits.length - digits.lastIndexOf('1') - 1;
      const width = digits.lastIndexOf('1') + 1;
      const value = Math.floor(((pixel & mask) >>> 0) / 2 ** low);
      return Math.floor((value * 255) / (2 ** width - 1));
    });
  });
  return new Uint8Array(rgb);
}
