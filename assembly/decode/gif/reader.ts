// The first frame of a GIF file (GIF87a, GIF89a, sections 17 to 27) on its logical screen, resumable at any
// byte. Where the frame leaves the screen bare, and where it is transparent, the colour of the table shows:
// that of the transparent index, or of index 0, as PIL's convert('RGB') has it.
import { Arena } from '../arena';
import { Input } from '../input';
import { Palette } from '../palette';
import { Header } from '../picture';
import { Resize } from '../resize';
import { AGAIN, DAMAGED, DONE, HEADER, MEMORY, MORE, TRUNCATED } from '../status';
import { Lzw } from './lzw';

const SCREEN: i32 = 0;
const BLOCKS: i32 = 1;
const EXTENSION: i32 = 2;
const PIXELS: i32 = 3;

/** Pixels that one call decodes. */
const PIXELS_PER_CALL: i32 = 1 << 22;
/** First row and step of the four passes of an interlaced frame, appendix E. */
const PASSES = memory.data<u8>([0, 8, 4, 8, 2, 4, 1, 2]);

let phase: i32 = 0;
let begun: bool = false;
let hasTable: bool = false;
let transparent: i32 = 0;
let blockLeft: i32 = 0;
let bits: u32 = 0;
let count: i32 = 0;

let left: i32 = 0;
let top: i32 = 0;
let wide: i32 = 0;
let high: i32 = 0;
let interlaced: bool = false;
let pass: i32 = 0;
let y: i32 = 0;
let rowsLeft: i32 = 0;
let filled: i32 = 0;
let indices: usize = 0;
let rgb: usize = 0;

export class Gif {
  static open(): void {
    phase = SCREEN;
    begun = false;
    hasTable = false;
    transparent = 0;
    Palette.reset();
  }

  static advance(): i32 {
    let status = AGAIN;
    while (status === AGAIN) {
      if (phase === SCREEN) status = Gif.screen();
      else if (phase === BLOCKS) status = Gif.block();
      else if (phase === EXTENSION) status = Gif.extension();
      else {
        status = Gif.pixels();
        if (status === AGAIN) return AGAIN;
      }
    }
    return status === MORE && Input.last ? TRUNCATED : status;
  }

  @inline static u16(at: usize): i32 {
    return load<u16>(at);
  }

  /** Bytes of a colour table with these flags. */
  @inline static tableBytes(flags: i32): i32 {
    return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
  }

  static screen(): i32 {
    const at = Input.at;
    if (Input.left() < 13) return MORE;
    const flags = <i32>load<u8>(at, 10);
    const table = Gif.tableBytes(flags);
    if (Input.left() < 13 + table) return MORE;
    Header.width = Gif.u16(at + 6);
    Header.height = Gif.u16(at + 8);
    Palette.read(at + 13, table / 3);
    hasTable = table > 0;
    Input.at = at + 13 + <usize>table;
    phase = BLOCKS;
    return AGAIN;
  }

  static block(): i32 {
    const at = Input.at;
    if (Input.left() < 1) return MORE;
    const kind = load<u8>(at);
    if (kind === 0x21) {
      // A graphic control extension has four bytes: flags, delay, transparent index.
      if (Input.left() < 8) return MORE;
      if (load<u8>(at, 1) === 0xf9 && load<u8>(at, 2) === 4)
        transparent = load<u8>(at, 3) & 1 ? <i32>load<u8>(at, 6) : 0;
      Input.at += 2;
      blockLeft = 0;
      phase = EXTENSION;
      return AGAIN;
    }
    if (kind !== 0x2c) return DAMAGED;
    if (Input.left() < 10) return MORE;
    const flags = <i32>load<u8>(at, 9);
    const table = Gif.tableBytes(flags);
    if (Input.left() < 11 + table) return MORE;
    left = Gif.u16(at + 1);
    top = Gif.u16(at + 3);
    wide = Gif.u16(at + 5);
    high = Gif.u16(at + 7);
    if (!wide || !high) return DAMAGED;
    if (!begun) {
      Header.width = max(Header.width, left + wide);
      Header.height = max(Header.height, top + high);
      return HEADER;
    }
    interlaced = (flags & 0x40) !== 0;
    if (table) {
      Palette.reset();
      Palette.read(at + 10, table / 3);
    } else if (!hasTable) Palette.greys();
    const minimum = <i32>load<u8>(at + 10 + table);
    if (minimum < 1 || minimum > 8) return DAMAGED;
    Lzw.open(minimum);
    Input.at = at + 11 + <usize>table;
    Gif.startFrame();
    phase = PIXELS;
    return AGAIN;
  }

  /** The sub-blocks of an extension, unread. */
  static extension(): i32 {
    for (;;) {
      blockLeft = Input.skip(blockLeft);
      if (Input.left() < 1) return MORE;
      blockLeft = load<u8>(Input.at++);
      if (!blockLeft) break;
    }
    phase = BLOCKS;
    return AGAIN;
  }

  static begin(): i32 {
    if (!Resize.begin(<f64>Header.width, <f64>Header.height, Header.width, Header.height, false))
      return MEMORY;
    indices = Arena.take(Header.width);
    rgb = Arena.take(<usize>(Resize.endColumn - Resize.firstColumn) * 3);
    if (!indices || !rgb) return MEMORY;
    begun = true;
    return 0;
  }

  static startFrame(): void {
    bits = 0;
    count = 0;
    blockLeft = 0;
    filled = 0;
    pass = interlaced ? 0 : 4;
    y = 0;
    rowsLeft = high;
    memory.fill(indices, <u8>transparent, Header.width);
    // The canvas costs nothing in the file, so it is not decoded row by row.
    Palette.expand(rgb, indices + Resize.firstColumn, Resize.endColumn - Resize.firstColumn);
    Resize.fill(0, top, rgb);
    Resize.fill(top + high, Header.height, rgb);
  }

  static show(row: i32): void {
    if (row < Resize.firstRow || row >= Resize.endRow) return;
    Palette.expand(rgb, indices + Resize.firstColumn, Resize.endColumn - Resize.firstColumn);
    Resize.row(row, rgb);
  }

  /** MORE for want of input, AGAIN after a while, DONE, or an error. */
  static pixels(): i32 {
    let pixels = 0;
    while (pixels < PIXELS_PER_CALL) {
      while (count < Lzw.size) {
        if (Input.at >= Input.end) return MORE;
        const byte = <u32>load<u8>(Input.at++);
        if (blockLeft === 0) {
          // The block of length 0: the pixels have ended before the frame is full.
          if (byte === 0) return TRUNCATED;
          blockLeft = byte;
          continue;
        }
        bits |= byte << count;
        count += 8;
        blockLeft--;
      }
      const code = <i32>(bits & ((1 << Lzw.size) - 1));
      bits >>= Lzw.size;
      count -= Lzw.size;
      if (code === Lzw.clearCode()) {
        Lzw.clear();
        continue;
      }
      if (code === Lzw.clearCode() + 1) return TRUNCATED;
      const length = Lzw.decode(code);
      if (!length) return DAMAGED;
      pixels += length;
      if (Gif.put(Lzw.string(), length)) {
        Resize.end();
        return DONE;
      }
    }
    return AGAIN;
  }

  /** Indices to rows; true when the frame is full. */
  static put(from: usize, bytes: i32): bool {
    while (bytes > 0) {
      const now = min(bytes, wide - filled);
      memory.copy(indices + <usize>(left + filled), from, now);
      from += now;
      bytes -= now;
      filled += now;
      if (filled < wide) return false;
      filled = 0;
      Gif.show(top + y);
      if (--rowsLeft === 0) return true;
      y += pass < 4 ? <i32>load<u8>(PASSES + (pass << 1) + 1) : 1;
      while (pass < 4 && y >= high && ++pass < 4) y = load<u8>(PASSES + (pass << 1));
    }
    return false;
  }
}
