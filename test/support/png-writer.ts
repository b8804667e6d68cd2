// PNG files chunk by chunk, right or wrong.
import { crc32, deflateSync } from 'node:zlib';

export function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

export interface PngPlan {
  width: number;
  height: number;
  depth?: number;
  /** 0 grey, 2 RGB, 3 indexed, 4 grey and alpha, 6 RGB and alpha. */
  type?: number;
  /** Chunks before the pixels. */
  before?: Buffer;
  /** Filtered rows, to be compressed; or `idat`, the chunks with the compressed ones. */
  rows?: Uint8Array;
  idat?: Buffer;
}

export function pngFile({ width, height, depth = 8, type = 0, before, rows, idat }: PngPlan): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    before ?? Buffer.alloc(0),
    idat ?? chunk('IDAT', deflateSync(rows ?? new Uint8Array(0))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
