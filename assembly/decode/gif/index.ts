// gif: blocks of a GIF stream up to the end of its first frame (GIF87a and GIF89a specification). Later frames,
// comments and application data are not looked at.
import { Header } from '../header';
import { Heap } from '../heap';
import { Input } from '../input';
import { Sink } from '../resize';
import { DONE, GIF_BLOCK, GIF_CODE, GIF_SHORT, HEADER, NEED, ORDER, TRUNCATED } from '../status';
import { Frame } from './frame';
import { LZW_DAMAGED, LZW_END, LZW_HUNGRY, Lzw } from './lzw';

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const GRAPHIC_CONTROL: u8 = 0xf9;

const TABLE_FLAG: u8 = 0x80;
const INTERLACE_FLAG: u8 = 0x40;
const TRANSPARENT_FLAG: u8 = 1;

/** Between the steps of `run`. */
const GO_ON: i32 = 3;

enum State {
  SCREEN,
  BLOCK,
  SUB_BLOCKS,
  PIXELS,
}

export class Gif {
  private static state: i32 = State.SCREEN;
  private static literalBits: u32 = 0;
  private static transparent: i32 = 0;
  /** Bytes of the sub-block of pixels that are still to come. */
  private static left: usize = 0;
  private static configured: bool = false;

  static open(): void {
    Gif.state = State.SCREEN;
    Gif.transparent = 0;
    Gif.left = 0;
    Gif.configured = false;
    Frame.colours = Heap.take(1024);
    // Without any colour table, numbers are grey levels.
    if (!Heap.full)
      for (let i: u32 = 0; i < 256; i++) store<u32>(Frame.colours + ((<usize>i) << 2), i * 0x010101);
  }

  static configure(): void {
    Sink.configure(<f64>Header.width, <f64>Header.height, Header.width, Header.height);
    Lzw.open(Gif.literalBits);
    Frame.open();
    if (!Heap.full) Frame.pushCanvas();
    Gif.configured = true;
  }

  static run(): i32 {
    let answer = GO_ON;
    while (answer === GO_ON) answer = Gif.step();
    return answer === NEED && Input.last ? TRUNCATED : answer;
  }

  private static step(): i32 {
    switch (Gif.state) {
      case State.SCREEN:
        return Gif.screen();
      case State.BLOCK:
        return Gif.block();
      case State.SUB_BLOCKS:
        return Gif.subBlock();
      default:
        return Gif.configured ? Gif.pixels() : ORDER;
    }
  }

  /** Section 18: signature, size, flags, background, aspect; then the global colour table. */
  private static screen(): i32 {
    if (Input.available() < 13) return NEED;
    const at = Input.at;
    const version = load<u16>(at, 3);
    // "GIF8", "7a" or "9a".
    if (load<u32>(at) !== 0x38464947 || load<u8>(at, 5) !== 0x61) return GIF_BLOCK;
    if (version >> 8 !== 0x37 && version >> 8 !== 0x39) return GIF_BLOCK;
    const answer = Gif.colourTable(13, load<u8>(at, 10));
    if (answer !== GO_ON) return answer;
    Header.width = load<u16>(at, 6);
    Header.height = load<u16>(at, 8);
    Gif.state = State.BLOCK;
    return GO_ON;
  }

  /** Passes over `offset` bytes and the table that follows them if `flags` says so. */
  private static colourTable(offset: i32, flags: u8): i32 {
    if (!(flags & TABLE_FLAG)) {
      Input.at += offset;
      return GO_ON;
    }
    const count = 2 << (flags & 7);
    if (Input.available() < offset + count * 3) return NEED;
    const table = Input.at + offset;
    memory.fill(Frame.colours, 0, 1024);
    for (let i = 0; i < count; i++) memory.copy(Frame.colours + ((<usize>i) << 2), table + i * 3, 3);
    Input.at = table + count * 3;
    return GO_ON;
  }

  private static block(): i32 {
    if (Input.available() < 1) return NEED;
    switch (load<u8>(Input.at)) {
      case EXTENSION:
        return Gif.extension();
      case IMAGE:
        return Gif.image();
      case 0x3b:
        return GIF_SHORT;
      default:
        return GIF_BLOCK;
    }
  }

  /** Section 23. Of the extensions only the transparent colour is of interest. */
  private static extension(): i32 {
    // One may be shorter, but not with a frame behind it.
    if (Input.available() < 8) return NEED;
    const at = Input.at;
    if (load<u8>(at, 1) === GRAPHIC_CONTROL && load<u8>(at, 2) >= 4)
      Gif.transparent = load<u8>(at, 3) & TRANSPARENT_FLAG ? load<u8>(at, 6) : 0;
    Input.at += 2;
    Gif.state = State.SUB_BLOCKS;
    return GO_ON;
  }

  private static subBlock(): i32 {
    if (Input.available() < 1) return NEED;
    const bytes = load<u8>(Input.at);
    Input.skip(<u64>bytes + 1);
    if (bytes === 0) Gif.state = State.BLOCK;
    return GO_ON;
  }

  /** Section 20: place, size, flags; then a colour table, then the size of the codes. */
  private static image(): i32 {
    if (Input.available() < 11) return NEED;
    const at = Input.at;
    const flags = load<u8>(at, 9);
    const tableBytes = flags & TABLE_FLAG ? 6 << (flags & 7) : 0;
    if (Input.available() < 11 + tableBytes) return NEED;
    Frame.left = load<u16>(at, 1);
    Frame.top = load<u16>(at, 3);
    Frame.width = load<u16>(at, 5);
    Frame.height = load<u16>(at, 7);
    Frame.interlaced = (flags & INTERLACE_FLAG) !== 0;
    Frame.background = Gif.transparent;
    Gif.literalBits = load<u8>(at + tableBytes, 10);
    if (Frame.width === 0 || Frame.height === 0) return GIF_BLOCK;
    if (Gif.literalBits < 1 || Gif.literalBits > 8) return GIF_CODE;
    Gif.colourTable(10, flags);
    Input.at += 1;
    Frame.fitCanvas();
    Gif.state = State.PIXELS;
    return HEADER;
  }

  private static pixels(): i32 {
    if (Gif.left === 0) {
      if (Input.available() < 1) return NEED;
      Gif.left = load<u8>(Input.at++);
      if (Gif.left === 0) return GIF_SHORT;
    }
    const before = Input.at;
    Lzw.from = before;
    Lzw.to = before + min(Gif.left, Input.end - before);
    let length = Lzw.next();
    while (length > 0) {
      if (Frame.accept(Lzw.string, length)) return DONE;
      length = Lzw.next();
    }
    Input.at = Lzw.from;
    Gif.left -= Input.at - before;
    if (length === LZW_END) return GIF_SHORT;
    if (length === LZW_DAMAGED) return GIF_CODE;
    return Gif.left > 0 && length === LZW_HUNGRY ? NEED : GO_ON;
  }
}
