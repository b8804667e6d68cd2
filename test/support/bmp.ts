// BMP files of every kind that is read, written from the format's description for the tests.

export interface BmpPicture {
  width: number;
  height: number;
  /** A value a pixel, row by row from the top: an index, or the bits of a pixel. */
  values: Uint32Array;
  bits: 1 | 4 | 8 | 16 | 24 | 32;
  /** [R, G, B] of each index. */
  palette?: number[][];
  masks?: [number, number, number];
  topDown?: boolean;
  compression?: 'rle8' | 'rle4';
}

function packedRows({ width, height, values, bits, topDown }: BmpPicture): number[] {
  const out: number[] = [];
  for (let line = 0; line < height; line++) {
    const y = topDown ? line : height - 1 - line;
    const row = new Uint8Array(Math.ceil((width * bits) / 32) * 4);
    for (let x = 0; x < width; x++) {
      const value = values[y * width + x] ?? 0;
      if (bits < 8)
        row[(x * bits) >> 3] = (row[(x * bits) >> 3] ?? 0) | (value << (8 - bits - ((x * bits) & 7)));
      else for (let b = 0; b < bits / 8; b++) row[(x * bits) / 8 + b] = value >>> (8 * b);
    }
    out.push(...row);
  }
  return out;
}

/** Rows as runs where two neighbours are equal, as literals of up to 7 otherwise, some rows by a move. */
function runLength({ width, height, values, compression }: BmpPicture): number[] {
  const out: number[] = [];
  const wide = compression === 'rle8';
  for (let line = 0; line < height; line++) {
    const row = Array.from(values.subarray((height - 1 - line) * width, (height - line) * width));
    for (let x = 0; x < width; ) {
      let run = 1;
      while (run < 255 && x + run < width && row[x + run] === row[x]) run++;
      const value = row[x] ?? 0;
      const literal = row.slice(x, x + 7);
      if (run > 1 || literal.length < 3) out.push(run, wide ? value : value * 17);
      else {
        run = literal.length;
        const bytes = wide
          ? literal
          : [0, 2, 4, 6]
              .slice(0, (run + 1) >> 1)
              .map((i) => ((literal[i] ?? 0) << 4) | (literal[i + 1] ?? 0));
        out.push(0, run, ...bytes, ...(bytes.length % 2 ? [0] : []));
      }
      x += run;
    }
    out.push(0, 0);
  }
  out.push(0, 1);
  return out;
}

export function bmpFile(picture: BmpPicture): Uint8Array {
  const { width, height, bits, palette = [], masks, topDown, compression } = picture;
  const data = compression ? runLength(picture) : packedRows(picture);
  const tables = (masks ? 12 : 0) + palette.length * 4;
  const file = new Uint8Array(14 + 40 + tables + data.length);
  const view = new DataView(file.buffer);
  file.set([0x42, 0x4d]);
  view.setUint32(2, file.length, true);
  view.setUint32(10, 54 + tables, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, topDown ? -height : height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, masks ? 3 : compression === 'rle8' ? 1 : compression === 'rle4' ? 2 : 0, true);
  view.setUint32(46, palette.length, true);
  for (const [i, mask] of (masks ?? []).entries()) view.setUint32(54 + 4 * i, mask, true);
  for (const [i, [r = 0, g = 0, b = 0]] of palette.entries()) file.set([b, g, r, 0], 54 + 4 * i);
  file.set(data, 54 + tables);
  return file;
}
