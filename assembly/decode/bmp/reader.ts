// BMP files (Microsoft, "Bitmap Storage": BITMAPFILEHEADER and the DIB headers of 12, 40, 52, 56, 108 and 124
// bytes) of 1, 4, 8, 16, 24 and 32 bits, RLE4 and RLE8 included. Rows are stored from the bottom, so that the last
// wanted one may come early. Alpha is dropped. Where the pixels are a JPEG or PNG file, that one's reader takes over.
import { Arena } from '../arena';
import { Input } from '../input';
import { Palette } from '../palette';
import { Header } from '../picture';
import { Resize } from '../resize';
import { AGAIN, DAMAGED, DONE, HEADER, MEMORY, MORE, TRUNCATED, UNSUPPORTED } from '../status';
import { Masks } from './masks';
import { Rle } from './rle';

const HEADERS: i32 = 0;
const SKIPPING: i32 = 1;
const ROWS: i32 = 2;

const FILE_HEADER: u32 = 14;
const OS2_HEADER: u32 = 64;
const BI_RGB: u32 = 0;
const BI_RLE8: u32 = 1;
const BI_RLE4: u32 = 2;
const BI_BITFIELDS: u32 = 3;
const BI_ALPHABITFIELDS: u32 = 6;
export const BI_JPEG: u32 = 4;
const BI_PNG: u32 = 5;
/** The file's next byte is the first one of the embedded file. */
export const EMBEDDED: i32 = 5;

let phase: i32 = 0;
let begun: bool = false;
let depth: i32 = 0;
let compression: u32 = 0;
let headerBytes: u32 = 0;
let topDown: bool = false;
let pixelsAt: u32 = 0;
let toSkip: u32 = 0;
let rowBytes: i32 = 0;
let filled: i32 = 0;
let row: usize = 0;
let rgb: usize = 0;
/** Rows seen, in the order of the file. */
let y: i32 = 0;

export class Bmp {
  /** BI_JPEG, BI_PNG, or 0. */
  static embedded: u32 = 0;

  static open(): void {
    phase = HEADERS;
    begun = false;
    Bmp.embedded = 0;
    Palette.reset();
  }

  static advance(): i32 {
    let status = AGAIN;
    while (status === AGAIN) {
      if (phase === HEADERS) status = Bmp.headers();
      else if (phase === ROWS) status = Rle.active ? Bmp.compressed() : Bmp.rows();
      else {
        toSkip = Input.skip(toSkip);
        if (toSkip) status = MORE;
        else if (Bmp.embedded) return Bmp.embeddedFile();
        else phase = ROWS;
      }
    }
    return status === MORE && Input.last ? TRUNCATED : status;
  }

  static headers(): i32 {
    const at = Input.at;
    if (Input.left() < 18) return MORE;
    const size = load<u32>(at, 14);
    if (size !== 12 && (size < 40 || size > 124)) return UNSUPPORTED;
    // All that can be between the two headers and the pixels: masks and a table of 256 colours.
    const wanted = FILE_HEADER + size + 16 + 1024;
    if (<u32>Input.left() < wanted && !Input.last) return MORE;
    if (<u32>Input.left() < FILE_HEADER + size) return TRUNCATED;
    const status = size === 12 ? Bmp.core(at) : Bmp.info(at);
    if (status < 0) return status;
    if (!begun && !Bmp.embedded) return HEADER;
    const tables = Bmp.embedded ? 0 : Bmp.tables(at, size);
    if (tables < 0) return tables;
    // Some writers leave the offset out: the pixels then follow whatever is before them.
    pixelsAt = load<u32>(at, 10) || FILE_HEADER + size + <u32>tables;
    if (pixelsAt < FILE_HEADER + size) return DAMAGED;
    toSkip = pixelsAt;
    phase = SKIPPING;
    return AGAIN;
  }

  /** EMBEDDED, once it begins as such a file does. */
  static embeddedFile(): i32 {
    if (Input.left() < 2) return Input.last ? TRUNCATED : MORE;
    const begin = load<u16>(Input.at);
    return begin === (Bmp.embedded === BI_JPEG ? 0xd8ff : 0x5089) ? EMBEDDED : DAMAGED;
  }

  static core(at: usize): i32 {
    Header.width = load<u16>(at, 18);
    Header.height = load<u16>(at, 20);
    depth = load<u16>(at, 24);
    compression = BI_RGB;
    topDown = false;
    return Bmp.check();
  }

  static info(at: usize): i32 {
    headerBytes = load<u32>(at, 14);
    const height = load<i32>(at, 22);
    Header.width = load<i32>(at, 18);
    topDown = height < 0;
    Header.height = topDown ? -height : height;
    depth = load<u16>(at, 28);
    compression = load<u32>(at, 30);
    return Bmp.check();
  }

  static check(): i32 {
    if (Header.width <= 0 || Header.height <= 0) return DAMAGED;
    // The numbers mean runs of 24 bits and of 1 bit in the headers of OS/2.
    const embeds = (compression === BI_JPEG || compression === BI_PNG) && headerBytes !== OS2_HEADER;
    Bmp.embedded = embeds ? compression : 0;
    if (embeds) return 0;
    const indexed = depth === 1 || depth === 4 || depth === 8;
    if (!indexed && depth !== 16 && depth !== 24 && depth !== 32) return UNSUPPORTED;
    if (compression === BI_RGB) return 0;
    if (compression === BI_RLE8 && depth === 8 && !topDown) return 0;
    if (compression === BI_RLE4 && depth === 4 && !topDown) return 0;
    if (compression !== BI_BITFIELDS && compression !== BI_ALPHABITFIELDS) return UNSUPPORTED;
    return depth === 16 || depth === 32 ? 0 : DAMAGED;
  }

  /** Masks and colours; how many bytes they take behind the header, or an error. */
  static tables(at: usize, size: u32): i32 {
    const after = at + FILE_HEADER + size;
    const masked = compression === BI_BITFIELDS || compression === BI_ALPHABITFIELDS;
    if (masked && after + 12 > Input.end) return TRUNCATED;
    // The masks follow the header of 40 bytes; longer headers hold them at the same place.
    if (masked) Masks.set(load<u32>(at, 54), load<u32>(at, 58), load<u32>(at, 62));
    else if (depth === 16) Masks.set(0x7c00, 0x3e0, 0x1f);
    else Masks.set(0xff0000, 0xff00, 0xff);
    const masks = masked && size === 40 ? (compression === BI_ALPHABITFIELDS ? 16 : 12) : 0;
    if (depth > 8) return masks;
    const entry: usize = size === 12 ? 3 : 4;
    const used = size === 12 ? 0 : load<i32>(at, 46);
    const colors = used > 0 && used <= 1 << depth ? used : 1 << depth;
    let from = after;
    for (let i = 0; i < colors && from + entry <= Input.end; i++, from += entry)
      Palette.set(i, load<u8>(from, 2), load<u8>(from, 1), load<u8>(from));
    return masks + colors * <i32>entry;
  }

  static begin(): i32 {
    const bytes = ((<i64>Header.width * depth + 31) >> 5) << 2;
    if (bytes > 1 << 24) return MEMORY;
    rowBytes = <i32>bytes;
    Rle.active = compression === BI_RLE8 || compression === BI_RLE4;
    if (!Resize.begin(<f64>Header.width, <f64>Header.height, Header.width, Header.height, topDown))
      return MEMORY;
    row = Arena.takeZeroed(max(rowBytes, Header.width));
    rgb = Arena.take(<usize>(Resize.endColumn - Resize.firstColumn) * 3);
    if (!row || !rgb) return MEMORY;
    Rle.open(row, depth);
    y = 0;
    filled = 0;
    begun = true;
    return 0;
  }

  static rows(): i32 {
    while (filled + Input.left() >= rowBytes) {
      Bmp.fill(rowBytes - filled);
      filled = 0;
      if (Bmp.show()) return DONE;
    }
    Bmp.fill(Input.left());
    return MORE;
  }

  static fill(bytes: i32): void {
    memory.copy(row + filled, Input.at, bytes);
    Input.at += bytes;
    filled += bytes;
  }

  static compressed(): i32 {
    let status = DONE;
    let done = false;
    while (status === DONE && !done) {
      const bare = Rle.bareRows();
      done = bare > 0 && Bmp.showBare(bare);
      if (done) break;
      status = Rle.run();
      if (status !== DONE) break;
      done = Bmp.show();
      if (!done) memory.fill(row, 0, Header.width);
    }
    return status;
  }

  /** Rows that the file passes over, at once: they cost it nothing. True when all that are wanted have been seen. */
  static showBare(count: i32): bool {
    const end = Header.height - y;
    const first = max(0, end - count);
    Bmp.toRgb();
    Resize.fill(first, end, rgb);
    y += end - first;
    if (first > Resize.firstRow) return false;
    Resize.end();
    return true;
  }

  /** The next row of the file; true when all that are wanted have been seen. */
  static show(): bool {
    const real = topDown ? y : Header.height - 1 - y;
    y++;
    if (real >= Resize.firstRow && real < Resize.endRow) {
      Bmp.toRgb();
      Resize.row(real, rgb);
    }
    const done = topDown ? real >= Resize.endRow - 1 : real <= Resize.firstRow;
    if (done) Resize.end();
    return done;
  }

  static toRgb(): void {
    const first = Resize.firstColumn;
    const end = Resize.endColumn;
    let to = rgb;
    if (depth === 8 || Rle.active) Palette.expand(to, row + first, end - first);
    else if (depth < 8) {
      for (let x = first; x < end; x++, to += 3) {
        const bit = x * depth;
        Palette.put(to, (<i32>load<u8>(row + (bit >> 3)) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1));
      }
    } else if (depth === 24) {
      for (let from = row + <usize>first * 3, x = first; x < end; x++, to += 3, from += 3) {
        store<u8>(to, load<u8>(from, 2));
        store<u8>(to, load<u8>(from, 1), 1);
        store<u8>(to, load<u8>(from), 2);
      }
    } else if (depth === 16) {
      for (let x = first; x < end; x++, to += 3) store<u32>(to, Masks.rgb(load<u16>(row + (x << 1))));
    } else for (let x = first; x < end; x++, to += 3) store<u32>(to, Masks.rgb(load<u32>(row + (x << 2))));
  }
}
