// A plain PNG encoder for fixtures: every colour type, depth and filter, Adam7, any zlib setting, any chunks.
import { crc32, deflateSync, type ZlibOptions } from 'node:zlib';

export interface PngPicture {
  width: number;
  height: number;
  colorType: 0 | 2 | 3 | 4 | 6;
  depth: 1 | 2 | 4 | 8 | 16;
  /** Samples [height][width][channels], each of `depth` bits. */
  samples: number[];
  interlaced?: boolean;
  /** Filter type of row y. */
  filter?: (y: number) => number;
  /** RGB [n][3] */
  palette?: number[];
  zlib?: ZlibOptions;
  /** Bytes of one IDAT chunk. */
  idatBytes?: number;
  /** Further chunks before the pixels and behind them. */
  before?: Buffer[];
  behind?: Buffer[];
  /** In place of the zlib stream of the rows. */
  data?: Buffer;
}

export const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);

export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

export function header(
  width: number,
  height: number,
  depth: number,
  colorType: number,
  interlace = 0,
): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data[8] = depth;
  data[9] = colorType;
  data[12] = interlace;
  return chunk('IHDR', data);
}

const WHOLE = [[0, 0, 1, 1]];
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

function packRow(samples: number[], depth: number): Buffer {
  const row = Buffer.alloc(Math.ceil((samples.length * depth) / 8));
  samples.forEach((sample, i) => {
    if (depth === 16) {
      row.writeUInt16BE(sample, i * 2);
    } else {
      const bit = i * depth;
      row[bit >> 3] = (row[bit >> 3] ?? 0) | (sample << (8 - depth - (bit & 7)));
    }
  });
  return row;
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

function filterRow(type: number, row: Buffer, above: Buffer, pixelBytes: number): Buffer {
  const out = Buffer.alloc(row.length + 1);
  out[0] = type;
  row.forEach((x, i) => {
    const a = row[i - pixelBytes] ?? 0;
    const b = above[i] ?? 0;
    const c = above[i - pixelBytes] ?? 0;
    const predicted = [0, a, b, (a + b) >> 1, paeth(a, b, c)][type] ?? 0;
    out[i + 1] = x - predicted;
  });
  return out;
}

/** The filtered rows of all passes: what the zlib stream holds. */
export function rawRows(picture: PngPicture): Buffer {
  const { width, height, depth, samples } = picture;
  const channels = CHANNELS[picture.colorType];
  const pixelBytes = Math.max(1, (channels * depth) >> 3);
  const rows: Buffer[] = [];
  for (const [x0 = 0, y0 = 0, dx = 1, dy = 1] of picture.interlaced ? ADAM7 : WHOLE) {
    let above = Buffer.alloc(0);
    if (x0 >= width) continue;
    for (let y = y0, index = 0; y < height; y += dy, index++) {
      const row: number[] = [];
      for (let x = x0; x < width; x += dx)
        for (let c = 0; c < channels; c++) row.push(samples[(y * width + x) * channels + c] ?? 0);
      const packed = packRow(row, depth);
      rows.push(filterRow(picture.filter?.(index) ?? 0, packed, above, pixelBytes));
      above = packed;
    }
  }
  return Buffer.concat(rows);
}

export function encodePng(picture: PngPicture): Buffer {
  const data = picture.data ?? deflateSync(rawRows(picture), picture.zlib);
  const step = picture.idatBytes ?? data.length;
  const idats: Buffer[] = [];
  for (let at = 0; at < data.length; at += step) idats.push(chunk('IDAT', data.subarray(at, at + step)));
  return Buffer.concat([
    SIGNATURE,
    header(picture.width, picture.height, picture.depth, picture.colorType, Number(picture.interlaced)),
    ...(picture.palette ? [chunk('PLTE', Buffer.from(picture.palette))] : []),
    ...(picture.before ?? []),
    ...idats,
    ...(picture.behind ?? []),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The RGB that a picture stands for: the upper 8 bits of 16, grey levels spread to 0..255, no alpha. */
export function pngPixels(picture: PngPicture): Uint8Array {
  const channels = CHANNELS[picture.colorType];
  const rgb = new Uint8Array(picture.width * picture.height * 3);
  const level = (sample: number) =>
    picture.depth === 16 ? sample >> 8 : Math.round((sample * 255) / (2 ** picture.depth - 1));
  for (let i = 0; i < rgb.length; i++) {
    const pixel = Math.floor(i / 3) * channels;
    const c = i % 3;
    const sample = picture.samples[pixel + (channels >= 3 ? c : 0)] ?? 0;
    rgb[i] = picture.colorType === 3 ? (picture.palette?.[sample * 3 + c] ?? 0) : level(sample);
  }
  return rgb;
}
