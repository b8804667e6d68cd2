// The entropy-coded pixels of VP8L (RFC 9649, 3.6 and 3.7): literals, copies of earlier pixels, places in the cache
// of colours. Copies reach 1,048,456 pixels back, so a ring of 2^20 pixels is enough for any picture.
import { Arena } from '../../arena';
import { Input } from '../../input';
import { DAMAGED, DONE, MEMORY, MORE, TRUNCATED } from '../../status';
import { Chunk } from '../chunk';
import { Bits } from './bits';
import { CODE_BYTES, CODE_RECORD, PrefixCodes } from './prefix-codes';

const RING_PIXELS: i32 = 1 << 20;
/** A copy: two codes of 15 bits and their extra bits, which is more than a literal; read 8 bytes at a time. */
const SYMBOL_BYTES: i32 = 32;
const CODES: i32 = 5;
const GROUP_BYTES: usize = 5 * CODE_RECORD;
const CACHE = memory.data(2048 * 4, 16);
const MULTIPLIER: u32 = 0x1e35a7bd;
/** 3.6.2.2: the nearest 120 pixels, rows up << 4 | 8 - columns to the left. */
const NEAREST = memory.data<u8>([
  24, 7, 23, 25, 40, 6, 39, 41, 22, 26, 38, 42, 56, 5, 55, 57, 21, 27, 54, 58, 37, 43, 72, 4, 71, 73, 20, 28,
  53, 59, 70, 74, 36, 44, 88, 69, 75, 52, 60, 3, 87, 89, 19, 29, 86, 90, 35, 45, 68, 76, 85, 91, 51, 61, 104,
  2, 103, 105, 18, 30, 102, 106, 34, 46, 84, 92, 67, 77, 101, 107, 50, 62, 120, 1, 119, 121, 83, 93, 17, 31,
  100, 108, 66, 78, 118, 122, 33, 47, 117, 123, 49, 63, 99, 109, 82, 94, 0, 116, 124, 65, 79, 16, 32, 98, 110,
  48, 115, 125, 81, 95, 64, 114, 126, 97, 111, 80, 113, 127, 96, 112,
]);

let width: i32 = 0;
let height: i32 = 0;
let ring: usize = 0;
let ringPixels: i32 = 0;
let cacheBits: u32 = 0;
let groups: usize = 0;
let groupCount: i32 = 0;
let codesRead: i32 = 0;
let numbers: usize = 0;
let groupBits: i32 = 0;
let groupColumns: i32 = 0;
let x: i32 = 0;
let y: i32 = 0;
let position: u32 = 0;

export class Pixels {
  static reset(): void {
    ring = 0;
    ringPixels = 0;
  }

  /**
   * A new image, of `count` groups of codes. `groupNumbers`: u16 for each square of 1 << bits pixels, 0 where there is
   * one group. 0 or MEMORY.
   */
  static open(columns: i32, rows: i32, colorBits: u32, count: i32, groupNumbers: usize, bits: i32): i32 {
    width = columns;
    height = rows;
    cacheBits = colorBits;
    groupCount = count;
    numbers = groupNumbers;
    groupBits = bits;
    groupColumns = (columns + (1 << bits) - 1) >> bits;
    codesRead = 0;
    x = 0;
    y = 0;
    position = 0;
    memory.fill(CACHE, 0, 2048 * 4);
    let wanted = RING_PIXELS;
    while (wanted > 1024 && <i64>(wanted >> 1) >= <i64>columns * rows) wanted >>= 1;
    if (wanted > ringPixels) {
      ring = Arena.take(((<usize>wanted) << 2) + 64);
      ringPixels = wanted;
    }
    groups = Arena.take(<usize>count * GROUP_BYTES);
    return ring && groups ? 0 : MEMORY;
  }

  /** The codes of all groups: DONE, MORE or an error. */
  static codes(): i32 {
    while (codesRead < groupCount * CODES) {
      if (!Bits.ready(CODE_BYTES)) return MORE;
      const kind = codesRead % CODES;
      const symbols = kind === 0 ? 256 + 24 + (cacheBits ? 1 << cacheBits : 0) : kind === 4 ? 40 : 256;
      Bits.resume();
      const status = PrefixCodes.read(symbols, groups + <usize>codesRead * CODE_RECORD);
      const beyond = Bits.overrun();
      Bits.pause();
      if (beyond) return Chunk.cut() ? TRUNCATED : DAMAGED;
      if (status) return status;
      codesRead++;
    }
    return DONE;
  }

  /** The current row, when `run` says DONE for it: copied to `to`. */
  static copyRow(to: usize): void {
    const start = <i32>((<u32>y * <u32>width) & <u32>(ringPixels - 1));
    const now = min(width, ringPixels - start);
    memory.copy(to, ring + ((<usize>start) << 2), (<usize>now) << 2);
    if (now < width) memory.copy(to + ((<usize>now) << 2), ring, (<usize>(width - now)) << 2);
  }

  static nextRow(): void {
    y++;
    x -= width;
  }

  @inline static rowReady(): bool {
    return x >= width;
  }

  @inline static row(): i32 {
    return y;
  }

  @inline static groupAt(column: i32, line: i32): usize {
    if (!numbers) return groups;
    const at = numbers + ((<usize>((line >> groupBits) * groupColumns + (column >> groupBits))) << 1);
    return groups + <usize>load<u16>(at) * GROUP_BYTES;
  }

  @inline static symbol(code: usize): u32 {
    const table: usize = load<u32>(code);
    let entry = load<u32>(table + ((<usize>Bits.bits & <usize>load<u32>(code, 4)) << 2));
    if (entry & 128) {
      const index = (<u32>Bits.bits >> 8) & ((1 << (entry & 15)) - 1);
      entry = load<u32>(table + ((<usize>((entry >> 8) + index)) << 2));
    }
    const bits = <u64>(entry & 127);
    Bits.bits >>= bits;
    Bits.count -= bits;
    return entry >> 8;
  }

  /** 3.6.2.1: the number that a prefix symbol and its extra bits stand for. */
  @inline static number(symbol: u32): u32 {
    if (symbol < 4) return symbol + 1;
    const extra = (symbol - 2) >> 1;
    return ((2 + (symbol & 1)) << extra) + Bits.read(extra) + 1;
  }

  @inline static remember(pixel: u32): void {
    store<u32>(CACHE + ((<usize>((MULTIPLIER * pixel) >> (32 - cacheBits))) << 2), pixel);
  }

  /** DONE: a row is complete; MORE or an error. */
  static run(): i32 {
    if (x >= width) return DONE;
    Bits.resume();
    const status = Pixels.symbols();
    const beyond = Bits.overrun();
    Bits.pause();
    if (beyond) return Chunk.cut() ? TRUNCATED : DAMAGED;
    return status;
  }

  static symbols(): i32 {
    const complete = Chunk.complete();
    const end = Input.at + <usize>Chunk.here();
    const stop = complete ? end + 16 : end - SYMBOL_BYTES;
    if (!complete && Chunk.here() < SYMBOL_BYTES) return MORE;
    const mask = <u32>(ringPixels - 1);
    const squares = numbers ? (1 << groupBits) - 1 : 0x7fffffff;
    const most = <u32>(width * height);
    let group = Pixels.groupAt(x, y);
    if (!numbers && !cacheBits && Pixels.free(group)) Pixels.fillRow(group, mask);
    while (x < width) {
      if (Bits.at > stop) return complete ? DAMAGED : MORE;
      if ((x & squares) === 0) group = Pixels.groupAt(x, y);
      Bits.refill();
      const green = Pixels.symbol(group);
      if (green < 256) {
        const red = Pixels.symbol(group + CODE_RECORD);
        const blue = Pixels.symbol(group + 2 * CODE_RECORD);
        Bits.refill();
        const alpha = Pixels.symbol(group + 3 * CODE_RECORD);
        const pixel = (alpha << 24) | (red << 16) | (green << 8) | blue;
        store<u32>(ring + ((<usize>(position & mask)) << 2), pixel);
        if (cacheBits) Pixels.remember(pixel);
        position++;
        x++;
      } else if (green < 280) {
        const length = Pixels.number(green - 256);
        Bits.refill();
        const far = Pixels.number(Pixels.symbol(group + 4 * CODE_RECORD));
        const distance = Pixels.distance(far);
        if (distance > position || length > most - position) return DAMAGED;
        Pixels.copy(distance, length, mask);
        position += length;
        x += <i32>length;
        // The group is chosen anew where a row goes on; a new row begins with another call.
        if (x < width) group = Pixels.groupAt(x, y);
      } else {
        if (green - 280 >= (<u32>1) << cacheBits) return DAMAGED;
        store<u32>(
          ring + ((<usize>(position & mask)) << 2),
          load<u32>(CACHE + ((<usize>(green - 280)) << 2)),
        );
        position++;
        x++;
      }
    }
    return DONE;
  }

  /** Do literals of this group take no bits, and is there nothing else? */
  static free(group: usize): bool {
    const masks = load<u32>(group, 4) | load<u32>(group, 12) | load<u32>(group, 20) | load<u32>(group, 28);
    return masks === 0 && load<u32>(load<u32>(group)) >> 8 < 256;
  }

  /** The rest of the row in the one colour that there is. */
  static fillRow(group: usize, mask: u32): void {
    const green = Pixels.symbol(group);
    const red = Pixels.symbol(group + CODE_RECORD);
    const blue = Pixels.symbol(group + 2 * CODE_RECORD);
    const pixel = (Pixels.symbol(group + 3 * CODE_RECORD) << 24) | (red << 16) | (green << 8) | blue;
    for (; x < width; x++, position++) store<u32>(ring + ((<usize>(position & mask)) << 2), pixel);
  }

  @inline static distance(code: u32): u32 {
    if (code > 120) return code - 120;
    const near = <i32>load<u8>(NEAREST + code - 1);
    return <u32>max(1, (near >> 4) * width + 8 - (near & 15));
  }

  @inline static copy(distance: u32, length: u32, mask: u32): void {
    let from = (position - distance) & mask;
    let to = position & mask;
    if (!cacheBits && distance >= 4 && max(from, to) + length <= mask) {
      // Up to three pixels behind the copy are overwritten: those that no copy can reach any more.
      let source = ring + ((<usize>from) << 2);
      let target = ring + ((<usize>to) << 2);
      const end = target + ((<usize>length) << 2);
      for (; target < end; target += 16, source += 16) v128.store(target, v128.load(source));
      return;
    }
    for (let i: u32 = 0; i < length; i++) {
      const pixel = load<u32>(ring + ((<usize>from) << 2));
      store<u32>(ring + ((<usize>to) << 2), pixel);
      if (cacheBits) Pixels.remember(pixel);
      from = (from + 1) & mask;
      to = (to + 1) & mask;
    }
  }
}
