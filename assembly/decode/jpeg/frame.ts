// The frame of a JPEG: its components, their tables, and which of their blocks are wanted at which size
// (ITU-T T.81, B.2.2 and A.1, A.2).
//
// A block of 8 x 8 coefficients is turned into size x size samples, size = 8, 4, 2 or 1, from its
// size x size lowest frequencies: a shrink that costs almost nothing. `Frame.size` is that of the most
// finely sampled component; a subsampled one takes a larger size where that brings it to the same scale.
import { Arena } from '../arena';
import { Big } from '../input';
import { Header } from '../picture';
import { Resize } from '../resize';
import { DAMAGED, UNSUPPORTED } from '../status';
import { NATURAL } from './idct';

@unmanaged
export class Component {
  id: i32;
  /** Sampling factors 1..4. */
  h: i32;
  v: i32;
  quantTable: i32;
  dcTable: i32;
  acTable: i32;
  /** The last DC value, T.81 F.2.1.3.1. */
  prediction: i32;
  /** Arithmetic coding: bins by the DC difference before. */
  dcGroup: i32;
  /** Scans that have brought this component's first DC. */
  started: i32;
  /** Blocks in a line and lines of blocks, with the padding of interleaved scans and without. */
  paddedWide: i32;
  paddedHigh: i32;
  wide: i32;
  high: i32;
  /** Samples a block gives in each direction. */
  size: i32;
  /** Last zigzag index that matters at this size. */
  lastIndex: i32;
  /** Real samples at this size. */
  width: i32;
  height: i32;
  /** Wanted blocks [x0, x1) x [y0, y1). */
  x0: i32;
  x1: i32;
  y0: i32;
  y1: i32;
  /** Two MCU rows of samples, used in turns: row r lies at r % ringRows. */
  ring: usize;
  ringRows: i32;
  stride: i32;
  /** Buffered pictures: i16 coefficients [block][row][column], size x size of each wanted block. */
  coefficients: usize;
  /** Progressive: a bit for each coefficient of each block that has become nonzero. */
  masks: usize;

  @inline keeps(x: i32, y: i32): bool {
    return x >= this.x0 && x < this.x1 && y >= this.y0 && y < this.y1;
  }

  /** The stored coefficients of a wanted block. */
  @inline block(x: i32, y: i32): usize {
    const index = (y - this.y0) * (this.x1 - this.x0) + (x - this.x0);
    return this.coefficients + <usize>(index * this.size * this.size * 2);
  }

  @inline mask(x: i32, y: i32): usize {
    return this.masks + ((<usize>(y * this.paddedWide + x)) << 3);
  }
}

const COMPONENTS = memory.data(4 * 128, 16);
/** Dequantisation: per component 64 i16, natural order, latched when its first scan starts (B.2.4.1). */
const LATCHED = memory.data(4 * 128, 16);
/** As they are in the file: 4 x 64 i32, zigzag order. */
const QUANT = memory.data(4 * 256, 16);
const QUANT_DEFINED = memory.data(4);

/** The shorter side is not shrunk below this before the filter: 0.39 grey levels of error at 12 MP. */
const SHORT_SIDE: i32 = 512;
/** Working memory that a picture may use; beyond it a smaller block size is taken. */
const BUDGET: u64 = 24 << 20;

export class Frame {
  static count: i32 = 0;
  static progressive: bool = false;
  static arithmetic: bool = false;
  /** Samples of 12 bits: coefficients are multiplied as whole blocks, and divided by 16. */
  static deep: bool = false;
  /** Largest sampling factors. */
  static h: i32 = 0;
  static v: i32 = 0;
  static mcusWide: i32 = 0;
  static mcusHigh: i32 = 0;
  static size: i32 = 0;

  @inline static component(index: i32): Component {
    return changetype<Component>(COMPONENTS + <usize>index * 128);
  }

  @inline static quant(index: i32): usize {
    return LATCHED + ((<usize>index) << 7);
  }

  static reset(): void {
    Frame.count = 0;
    memory.fill(COMPONENTS, 0, 4 * 128);
    memory.fill(QUANT_DEFINED, 0, 4);
  }

  /** DQT, B.2.4.1. */
  static defineQuant(at: usize, end: usize): i32 {
    while (at < end) {
      const wide = load<u8>(at) >> 4;
      const number = load<u8>(at) & 15;
      at++;
      const bytes: usize = wide ? 128 : 64;
      if (wide > 1 || number > 3 || at + bytes > end) return DAMAGED;
      for (let i: usize = 0; i < 64; i++) {
        const value = wide ? Big.u16(at + i * 2) : <i32>load<u8>(at + i);
        store<i32>(QUANT + ((<usize>number) << 8) + (i << 2), value);
      }
      store<u8>(QUANT_DEFINED + number, 1);
      at += bytes;
    }
    return 0;
  }

  /** Copies the component's quantisation table at its first scan. */
  static latch(index: i32): i32 {
    const table = Frame.component(index).quantTable;
    if (!load<u8>(QUANT_DEFINED + table)) return DAMAGED;
    const from = QUANT + ((<usize>table) << 8);
    for (let k: usize = 0; k < 64; k++) {
      const natural = <usize>load<u8>(NATURAL + k);
      store<i16>(Frame.quant(index) + (natural << 1), <i16>load<i32>(from + (k << 2)));
    }
    return 0;
  }

  /** SOF0, SOF1, SOF2, SOF9 and SOF10, B.2.2. */
  static define(at: usize, end: usize, marker: i32): i32 {
    if (Frame.count || at + 6 > end) return DAMAGED;
    const count = <i32>load<u8>(at, 5);
    const bits = load<u8>(at);
    Frame.arithmetic = marker > 0xc8;
    Frame.progressive = (marker & 3) === 2;
    Frame.deep = bits === 12;
    if (bits !== 8 && (bits !== 12 || marker === 0xc0)) return UNSUPPORTED;
    Header.height = Big.u16(at + 1);
    Header.width = Big.u16(at + 3);
    // A height of 0 is told after the first scan, by DNL: nobody writes it.
    if (!Header.height) return UNSUPPORTED;
    if (!Header.width || at + 6 + <usize>count * 3 > end) return DAMAGED;
    if (count !== 1 && count !== 3 && count !== 4) return UNSUPPORTED;
    Frame.h = 1;
    Frame.v = 1;
    for (let i = 0; i < count; i++) {
      const c = Frame.component(i);
      const field = at + 6 + <usize>i * 3;
      c.id = load<u8>(field);
      // Sampling factors of a single component mean nothing (A.2.2).
      c.h = count === 1 ? 1 : <i32>load<u8>(field, 1) >> 4;
      c.v = count === 1 ? 1 : <i32>load<u8>(field, 1) & 15;
      c.quantTable = load<u8>(field, 2);
      if (c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quantTable > 3) return DAMAGED;
      for (let k = 0; k < i; k++) if (Frame.component(k).id === c.id) return DAMAGED;
      Frame.h = max(Frame.h, c.h);
      Frame.v = max(Frame.v, c.v);
    }
    Frame.count = count;
    Frame.mcusWide = Frame.ceil(Header.width, 8 * Frame.h);
    Frame.mcusHigh = Frame.ceil(Header.height, 8 * Frame.v);
    for (let i = 0; i < count; i++) {
      const c = Frame.component(i);
      c.paddedWide = Frame.mcusWide * c.h;
      c.paddedHigh = Frame.mcusHigh * c.v;
      c.wide = Frame.ceil(Frame.ceil(Header.width * c.h, Frame.h), 8);
      c.high = Frame.ceil(Frame.ceil(Header.height * c.v, Frame.v), 8);
    }
    return 0;
  }

  @inline static ceil(value: i32, by: i32): i32 {
    return (value + by - 1) / by;
  }

  /** The largest shrink that leaves SHORT_SIDE samples, further shrunk where memory asks for it. */
  static chooseSize(buffered: bool): void {
    const short = min(Header.width, Header.height);
    let size = 8;
    while (size > 1 && short * (size >> 1) >= SHORT_SIDE * 8) size >>= 1;
    while (size > 1 && Frame.estimate(size, buffered) > BUDGET) size >>= 1;
    Frame.size = size;
    for (let i = 0; i < Frame.count; i++) {
      const c = Frame.component(i);
      c.size = Frame.componentSize(c, size);
      c.lastIndex = c.size === 8 ? 63 : c.size === 4 ? 24 : c.size === 2 ? 4 : 0;
      c.width = Frame.ceil(Header.width * c.h * c.size, 8 * Frame.h);
      c.height = Frame.ceil(Header.height * c.v * c.size, 8 * Frame.v);
    }
  }

  static componentSize(c: Component, size: i32): i32 {
    let own = size;
    while (own < 8 && own * 2 * c.h <= size * Frame.h && own * 2 * c.v <= size * Frame.v) own <<= 1;
    return own;
  }

  static estimate(size: i32, buffered: bool): u64 {
    let bytes: u64 = 0;
    for (let i = 0; i < Frame.count; i++) {
      const c = Frame.component(i);
      const own = <u64>Frame.componentSize(c, size);
      const blocks = <u64>c.paddedWide * <u64>c.paddedHigh;
      bytes += <u64>c.paddedWide * own * own * <u64>c.v * 2;
      if (buffered) bytes += blocks * own * own * 2;
      if (Frame.progressive && own > 1) bytes += blocks * 8;
    }
    return bytes + <u64>Resize.memory(Frame.ceil(Header.width * size, 8));
  }

  /** The blocks that the rows and columns of `Resize` need, and memory for them. False: not enough. */
  static allocate(buffered: bool): bool {
    for (let i = 0; i < Frame.count; i++) {
      const c = Frame.component(i);
      const acrossBlock = Frame.size * Frame.h;
      const downBlock = Frame.size * Frame.v;
      // One sample more on all sides: upsampling mixes neighbours.
      const left = (Resize.firstColumn * c.h * c.size) / acrossBlock - 1;
      const right = ((Resize.endColumn - 1) * c.h * c.size) / acrossBlock + 2;
      const top = (Resize.firstRow * c.v * c.size) / downBlock - 1;
      const bottom = ((Resize.endRow - 1) * c.v * c.size) / downBlock + 2;
      c.x0 = max(0, left) / c.size;
      c.y0 = max(0, top) / c.size;
      c.x1 = min(c.paddedWide, Frame.ceil(right, c.size));
      c.y1 = min(c.paddedHigh, Frame.ceil(bottom, c.size));
      c.stride = (c.x1 - c.x0) * c.size;
      c.ringRows = 2 * c.v * c.size;
      c.ring = Arena.take(<usize>(c.stride * c.ringRows));
      if (!c.ring) return false;
      if (buffered) {
        const bytes = <usize>((c.x1 - c.x0) * (c.y1 - c.y0) * c.size * c.size * 2);
        c.coefficients = Arena.takeZeroed(bytes);
        if (!c.coefficients) return false;
      }
      if (Frame.progressive && c.size > 1) {
        c.masks = Arena.takeZeroed((<usize>(c.paddedWide * c.paddedHigh)) << 3);
        if (!c.masks) return false;
      }
    }
    return true;
  }
}
