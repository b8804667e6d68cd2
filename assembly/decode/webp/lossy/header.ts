// The frame header in the first partition (RFC 6386, sections 9.2 to 9.11 and 19.2): segments, loop filter,
// partitions, quantizers, probabilities. Out-of-range quantizers are clipped after their delta is added, as libwebp does.
import { Bools } from './bools';
import { AC_STEPS, DC_STEPS, TOKEN_DEFAULTS, TOKEN_UPDATES } from './tables';

export const TOKEN_PROBABILITIES = memory.data(1056 + 8, 16);
/** By segment: steps of Y1 DC, AC; Y2 DC, AC; chroma DC, AC: i32 each. */
export const STEPS = memory.data(4 * 24, 16);
/** By segment, and for subblock prediction or not: level, interior limit, threshold of high variance. */
export const FILTERS = memory.data(4 * 2 * 3, 16);
/** Probabilities of the tree of segments. */
export const SEGMENT_TREE = memory.data(4);

const SEGMENT_QUANTIZERS = memory.data(4 * 4, 4);
const SEGMENT_LEVELS = memory.data(4 * 4, 4);

export class FrameHeader {
  static segmented: bool = false;
  static mapped: bool = false;
  static absolute: bool = false;
  /** 0: none; 1: simple; 2: normal. */
  static filter: i32 = 0;
  static partitions: i32 = 1;
  /** Probability that a macroblock has coefficients; 0: no flags are there. */
  static skip: u32 = 0;

  static read(): void {
    Bools.literal(2);
    FrameHeader.segments();
    const simple = Bools.even() === 1;
    const level = Bools.literal(6);
    const sharpness = Bools.literal(3);
    FrameHeader.filter = level === 0 ? 0 : simple ? 1 : 2;
    let intra = 0;
    let subblocks = 0;
    const deltas = Bools.even();
    if (deltas && Bools.even()) {
      for (let i = 0; i < 8; i++) {
        const delta = Bools.optional(6);
        if (i === 0) intra = delta;
        if (i === 4) subblocks = delta;
      }
    }
    FrameHeader.filters(level, sharpness, intra, subblocks);
    FrameHeader.partitions = 1 << Bools.literal(2);
    FrameHeader.quantizers();
    Bools.even();
    for (let i: usize = 0; i < 1056; i++) {
      const replaced = Bools.bit(load<u8>(TOKEN_UPDATES + i));
      store<u8>(TOKEN_PROBABILITIES + i, replaced ? Bools.literal(8) : <i32>load<u8>(TOKEN_DEFAULTS + i));
    }
    FrameHeader.skip = Bools.even() ? <u32>Bools.literal(8) : 256;
  }

  static segments(): void {
    memory.fill(SEGMENT_QUANTIZERS, 0, 16);
    memory.fill(SEGMENT_LEVELS, 0, 16);
    memory.fill(SEGMENT_TREE, 255, 4);
    FrameHeader.absolute = false;
    FrameHeader.mapped = false;
    FrameHeader.segmented = Bools.even() === 1;
    if (!FrameHeader.segmented) return;
    FrameHeader.mapped = Bools.even() === 1;
    if (Bools.even()) {
      FrameHeader.absolute = Bools.even() === 1;
      for (let i: usize = 0; i < 4; i++) store<i32>(SEGMENT_QUANTIZERS + (i << 2), Bools.optional(7));
      for (let i: usize = 0; i < 4; i++) store<i32>(SEGMENT_LEVELS + (i << 2), Bools.optional(6));
    }
    if (!FrameHeader.mapped) return;
    for (let i: usize = 0; i < 3; i++) if (Bools.even()) store<u8>(SEGMENT_TREE + i, <u8>Bools.literal(8));
  }

  @inline static clip(value: i32, most: i32): i32 {
    return max(0, min(most, value));
  }

  /** Sections 9.6 and 15.2. */
  static filters(base: i32, sharpness: i32, intra: i32, subblocks: i32): void {
    for (let segment = 0; segment < 4; segment++) {
      let level = base;
      if (FrameHeader.segmented) {
        level = load<i32>(SEGMENT_LEVELS + ((<usize>segment) << 2));
        if (!FrameHeader.absolute) level += base;
      }
      for (let kind = 0; kind < 2; kind++) {
        const strength = FrameHeader.clip(level + intra + (kind ? subblocks : 0), 63);
        let interior = strength;
        if (sharpness > 0) {
          interior >>= sharpness > 4 ? 2 : 1;
          interior = min(interior, 9 - sharpness);
        }
        const to = FILTERS + <usize>((segment * 2 + kind) * 3);
        store<u8>(to, <u8>strength);
        store<u8>(to, <u8>max(1, interior), 1);
        store<u8>(to, strength >= 40 ? 2 : strength >= 15 ? 1 : 0, 2);
      }
    }
  }

  @inline static dc(index: i32, most: i32): i32 {
    return <i32>load<u8>(DC_STEPS + <usize>FrameHeader.clip(index, most));
  }

  @inline static ac(index: i32): i32 {
    return <i32>load<u16>(AC_STEPS + ((<usize>FrameHeader.clip(index, 127)) << 1));
  }

  /** Sections 9.6 and 14.1. */
  static quantizers(): void {
    const base = Bools.literal(7);
    const y1dc = Bools.optional(4);
    const y2dc = Bools.optional(4);
    const y2ac = Bools.optional(4);
    const uvdc = Bools.optional(4);
    const uvac = Bools.optional(4);
    for (let segment: usize = 0; segment < 4; segment++) {
      let index = base;
      if (FrameHeader.segmented) {
        index = load<i32>(SEGMENT_QUANTIZERS + (segment << 2));
        if (!FrameHeader.absolute) index += base;
      }
      const to = STEPS + segment * 24;
      store<i32>(to, FrameHeader.dc(index + y1dc, 127));
      store<i32>(to, FrameHeader.ac(index), 4);
      store<i32>(to, FrameHeader.dc(index + y2dc, 127) * 2, 8);
      store<i32>(to, max(8, (FrameHeader.ac(index + y2ac) * 155) / 100), 12);
      store<i32>(to, FrameHeader.dc(index + uvdc, 117), 16);
      store<i32>(to, FrameHeader.ac(index + uvac), 20);
    }
  }
}
