// bmp: a Windows or OS/2 bitmap file (BITMAPFILEHEADER and one of the headers of 12 to 124 bytes): palettes, 16, 24
// and 32 bits, masks, RLE4 and RLE8, rows from the bottom or from the top. Alpha is dropped. Not read: JPEG or PNG
// inside a BMP, 2 bits, OS/2's Huffman and RLE24. A BMP has no checksum: only its end can be missed.
import { Header } from '../header';
import { Heap } from '../heap';
import { Input } from '../input';
import { Sink } from '../resize';
import { BMP_HEADER, BMP_KIND, DONE, HEADER, NEED, ORDER, TRUNCATED } from '../status';
import { Pixels } from './pixels';
import { RUNS_ROW, Runs } from './runs';

const FILE_HEADER_BYTES: usize = 14;
const CORE_BYTES: usize = 12;
const OS2_BYTES: usize = 64;
const INFO_BYTES: usize = 40;
/** From this header on the masks are part of it. */
const MASKED_BYTES: usize = 52;
const MAX_BYTES: usize = 124;

/** Compression. */
const PLAIN: u32 = 0;
const RLE8: u32 = 1;
const RLE4: u32 = 2;
const MASKS: u32 = 3;
const ALPHA_MASKS: u32 = 6;

enum State {
  HEADER,
  ROWS,
  RUNS,
}

export class Bmp {
  private static state: i32 = State.HEADER;
  private static configured: bool = false;
  private static compression: u32 = PLAIN;
  private static fromTop: bool = false;
  /** The row that is being collected, its bytes so far, its number in the file. */
  private static row: usize = 0;
  private static rowBytes: usize = 0;
  private static collected: usize = 0;
  private static index: i32 = 0;

  static open(): void {
    Bmp.state = State.HEADER;
    Bmp.configured = false;
    Bmp.index = 0;
    Bmp.collected = 0;
    Pixels.open();
  }

  static configure(): void {
    Sink.configure(<f64>Header.width, <f64>Header.height, Header.width, Header.height);
    if (Bmp.state === State.RUNS) {
      Runs.open(Bmp.compression === RLE4);
    } else {
      const bytes = (((<u64>Header.width * Pixels.bitsPerPixel + 31) >> 5) << 2) + 4;
      Bmp.row = Heap.take(bytes);
      Bmp.rowBytes = <usize>bytes - 4;
    }
    Bmp.configured = true;
  }

  static run(): i32 {
    let answer = ORDER;
    if (Bmp.state === State.HEADER) answer = Bmp.header();
    else if (Bmp.configured) answer = Bmp.state === State.RUNS ? Bmp.runs() : Bmp.rows();
    return answer === NEED && Input.last ? TRUNCATED : answer;
  }

  /** Both headers, masks and palette, as one step: at most 14 + 124 + 16 + 1024 bytes. */
  private static header(): i32 {
    if (<usize>Input.available() < FILE_HEADER_BYTES + CORE_BYTES) return NEED;
    const file = Input.at;
    if (load<u16>(file) !== 0x4d42) return BMP_HEADER;
    const offset = <usize>load<u32>(file, 10);
    const info = file + FILE_HEADER_BYTES;
    const infoBytes = <usize>load<u32>(info);
    if (infoBytes !== CORE_BYTES && (infoBytes < 16 || infoBytes > MAX_BYTES)) return BMP_HEADER;
    if (<usize>Input.available() < FILE_HEADER_BYTES + infoBytes) return NEED;

    const core = infoBytes === CORE_BYTES;
    const width = core ? <i32>load<u16>(info, 4) : load<i32>(info, 4);
    const height = core ? <i32>load<u16>(info, 6) : load<i32>(info, 8);
    const bits = <i32>(core ? load<u16>(info, 10) : load<u16>(info, 14));
    const full = infoBytes >= INFO_BYTES;
    Bmp.compression = full ? load<u32>(info, 16) : PLAIN;
    // Only -2^31 is its own opposite.
    if (width <= 0 || height === 0 || height === i32.MIN_VALUE) return BMP_HEADER;
    Header.width = width;
    Header.height = abs(height);
    Bmp.fromTop = height < 0;
    Pixels.bitsPerPixel = bits;
    if (!Bmp.kindExists(bits, infoBytes)) return BMP_KIND;
    const runs = Bmp.compression === RLE8 || Bmp.compression === RLE4;
    if (runs && Bmp.fromTop) return BMP_HEADER;

    let masksBytes: usize = 0;
    if (infoBytes < MASKED_BYTES) {
      if (Bmp.compression === MASKS) masksBytes = 12;
      else if (Bmp.compression === ALPHA_MASKS) masksBytes = 16;
    }
    const afterMasks = FILE_HEADER_BYTES + infoBytes + masksBytes;
    if (offset < afterMasks) return BMP_HEADER;
    if (<usize>Input.available() < afterMasks) return NEED;
    if (!Bmp.masks(bits, info + INFO_BYTES)) return BMP_HEADER;

    let paletteBytes: usize = 0;
    if (bits <= 8) {
      const entryBytes: usize = core ? 3 : 4;
      const used = full ? load<u32>(info, 32) : 0;
      const entries = used === 0 || used > 256 ? 1 << bits : used;
      paletteBytes = min(<usize>entries * entryBytes, offset - afterMasks);
      if (<usize>Input.available() < afterMasks + paletteBytes) return NEED;
      if (!Heap.full) Pixels.setPalette(file + afterMasks, <i32>(paletteBytes / entryBytes), <i32>entryBytes);
    }
    if (runs) Pixels.bitsPerPixel = 8;
    Input.skip(<u64>offset);
    Bmp.state = runs ? State.RUNS : State.ROWS;
    return HEADER;
  }

  private static kindExists(bits: i32, infoBytes: usize): bool {
    switch (Bmp.compression) {
      case PLAIN:
        return bits === 1 || bits === 4 || bits === 8 || bits === 16 || bits === 24 || bits === 32;
      case RLE8:
        return bits === 8;
      case RLE4:
        return bits === 4;
      case MASKS:
      case ALPHA_MASKS:
        return (bits === 16 || bits === 32) && infoBytes !== OS2_BYTES;
      default:
        return false;
    }
  }

  private static masks(bits: i32, at: usize): bool {
    if (bits <= 8) return true;
    if (Bmp.compression !== PLAIN) return Pixels.setMasks(load<u32>(at), load<u32>(at, 4), load<u32>(at, 8));
    if (bits === 16) return Pixels.setMasks(0x7c00, 0x03e0, 0x001f);
    return Pixels.setMasks(0xff0000, 0x00ff00, 0x0000ff);
  }

  private static rows(): i32 {
    for (; Bmp.index < Header.height; Bmp.index++) {
      const count = min(Bmp.rowBytes - Bmp.collected, Input.end - Input.at);
      memory.copy(Bmp.row + Bmp.collected, Input.at, count);
      Input.at += count;
      Bmp.collected += count;
      if (Bmp.collected < Bmp.rowBytes) return NEED;
      Bmp.collected = 0;
      if (Bmp.push(Bmp.row)) return DONE;
    }
    return DONE;
  }

  private static runs(): i32 {
    let answer = Runs.next();
    for (; answer === RUNS_ROW; Bmp.index++) {
      if (Bmp.push(Runs.row)) return DONE;
      answer = Runs.next();
    }
    return answer;
  }

  /** Row `index` of the file. True once the sink's window is complete. */
  private static push(source: usize): bool {
    const y = Bmp.fromTop ? Bmp.index : Header.height - 1 - Bmp.index;
    if (y < Sink.firstRow || y >= Sink.endRow) return false;
    Pixels.write(Sink.row, source, Sink.firstColumn, Sink.endColumn - Sink.firstColumn);
    Sink.push(y);
    return y === (Bmp.fromTop ? Sink.endRow - 1 : Sink.firstRow);
  }
}
