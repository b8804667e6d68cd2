// Decoded rows of a frame on their way out: the loop filter over a row of macroblocks, chroma to full size
// (weights 9, 3, 3, 1), YUV to RGB by ITU-R BT.601 in limited range; integers as in libwebp, so that pixels are
// the same. Eight rows wait above each row of macroblocks: the filter of the next one still changes the last three.
import { Arena } from '../../arena';
import { Canvas } from '../canvas';
import { FILTERS, FrameHeader } from './header';
import { LoopFilter } from './loop-filter';
import { BY_SUBBLOCKS, INNER_EDGES, RECORD, SEGMENT } from './modes';

const CARRIED: i32 = 8;
/** Pixels left free at the start of a row. */
const LEAD: usize = 16;

let columns: i32 = 0;
let width: i32 = 0;
let height: i32 = 0;
let strideY: usize = 0;
let strideC: usize = 0;
/** The first of the carried rows, first pixel. */
let y0: usize = 0;
let u0: usize = 0;
let v0: usize = 0;
let wideU: usize = 0;
let wideV: usize = 0;
let next: i32 = 0;

export class Rows {
  static open(frameWidth: i32, frameHeight: i32): bool {
    width = frameWidth;
    height = frameHeight;
    columns = (width + 15) >> 4;
    strideY = <usize>columns * 16 + 2 * LEAD;
    strideC = <usize>columns * 8 + 2 * LEAD;
    y0 = Arena.takeZeroed(strideY * 24);
    u0 = Arena.takeZeroed(strideC * 16);
    v0 = Arena.takeZeroed(strideC * 16);
    wideU = Arena.takeZeroed(strideY);
    wideV = Arena.takeZeroed(strideY);
    if (!y0 || !u0 || !v0 || !wideU || !wideV) return false;
    y0 += LEAD;
    u0 += LEAD;
    v0 += LEAD;
    wideU += LEAD;
    wideV += LEAD;
    next = 0;
    return true;
  }

  /**
   * Row `row` of macroblocks: 16 rows of luma and 8 of each chroma plane, unfiltered, strides in bytes. True when all
   * wanted rows are out.
   */
  static add(
    row: i32,
    records: usize,
    y: usize,
    u: usize,
    v: usize,
    fromY: usize,
    fromC: usize,
    last: bool,
  ): bool {
    for (let i: usize = 0; i < 16; i++)
      memory.copy(y0 + (<usize>CARRIED + i) * strideY, y + i * fromY, <usize>columns * 16);
    for (let i: usize = 0; i < 8; i++) {
      memory.copy(u0 + (<usize>CARRIED + i) * strideC, u + i * fromC, <usize>columns * 8);
      memory.copy(v0 + (<usize>CARRIED + i) * strideC, v + i * fromC, <usize>columns * 8);
    }
    if (FrameHeader.filter)
      // Of what lies to the right of the crop, only the next macroblock changes its pixels: those of its left edge.
      for (let x = 0; x < min(columns, ((Canvas.end + 1) >> 4) + 2); x++)
        Rows.filter(x, row, records + <usize>x * RECORD);
    const end = last ? height : (row + 1) * 16 - CARRIED;
    for (; next < end && next < Canvas.rows; next++) if (Canvas.wants(next)) Rows.show(next, row);
    memory.copy(y0 - LEAD, y0 - LEAD + 16 * strideY, 8 * strideY);
    memory.copy(u0 - LEAD, u0 - LEAD + 8 * strideC, 8 * strideC);
    memory.copy(v0 - LEAD, v0 - LEAD + 8 * strideC, 8 * strideC);
    return next >= Canvas.rows;
  }

  /** Section 15.1: left edge, edges between columns of subblocks, top edge, those between rows. */
  static filter(column: i32, row: i32, record: usize): void {
    const settings =
      FILTERS + <usize>((<i32>load<u8>(record + SEGMENT) * 2 + <i32>load<u8>(record + BY_SUBBLOCKS)) * 3);
    const level = <i32>load<u8>(settings);
    if (level === 0) return;
    const interior = <i32>load<u8>(settings, 1);
    const variance = <i32>load<u8>(settings, 2);
    const inner = 2 * level + interior;
    const outer = inner + 4;
    const edges = load<u8>(record + INNER_EDGES) !== 0;
    const y = y0 + <usize>CARRIED * strideY + <usize>column * 16;
    if (FrameHeader.filter === 1) {
      if (column > 0) LoopFilter.simpleDown(y, strideY, outer);
      if (edges) for (let i: usize = 4; i < 16; i += 4) LoopFilter.simpleDown(y + i, strideY, inner);
      if (row > 0) LoopFilter.simple(y, strideY, outer);
      if (edges) for (let i: usize = 4; i < 16; i += 4) LoopFilter.simple(y + i * strideY, strideY, inner);
      return;
    }
    const u = u0 + <usize>CARRIED * strideC + <usize>column * 8;
    const v = v0 + <usize>CARRIED * strideC + <usize>column * 8;
    if (column > 0) {
      LoopFilter.normalDown(y, strideY, outer, interior, variance, true);
      LoopFilter.chromaDown(u, v, strideC, outer, interior, variance, true);
    }
    if (edges) {
      for (let i: usize = 4; i < 16; i += 4)
        LoopFilter.normalDown(y + i, strideY, inner, interior, variance, false);
      LoopFilter.chromaDown(u + 4, v + 4, strideC, inner, interior, variance, false);
    }
    if (row > 0) {
      LoopFilter.normal(y, strideY, outer, interior, variance, true);
      LoopFilter.chromaAcross(u, v, strideC, outer, interior, variance, true);
    }
    if (edges) {
      for (let i: usize = 4; i < 16; i += 4)
        LoopFilter.normal(y + i * strideY, strideY, inner, interior, variance, false);
      LoopFilter.chromaAcross(u + 4 * strideC, v + 4 * strideC, strideC, inner, interior, variance, false);
    }
  }

  /** Row y of the frame to RGB; `row`: that of the macroblocks in the buffer. */
  static show(y: i32, row: i32): void {
    const chromaRows = (height + 1) >> 1;
    const near = y >> 1;
    const far = max(0, min(chromaRows - 1, y & 1 ? near + 1 : near - 1));
    const base = row * 8 - CARRIED;
    const atNear = <usize>(near - base) * strideC;
    const atFar = <usize>(far - base) * strideC;
    const first = Canvas.first & ~1;
    const end = Canvas.end;
    Rows.widen(wideU, u0 + atNear, u0 + atFar, first, end);
    Rows.widen(wideV, v0 + atNear, v0 + atFar, first, end);
    const line = y0 + <usize>(y - (row * 16 - CARRIED)) * strideY;
    Color.rgb(
      Canvas.pixels(),
      line + Canvas.first,
      wideU + Canvas.first,
      wideV + Canvas.first,
      end - Canvas.first,
    );
    Canvas.row(y);
  }

  /** Columns [first, end) of a chroma row in full size, from the nearer and the farther row of the plane. */
  static widen(to: usize, near: usize, far: usize, first: i32, end: i32): void {
    const chroma = (width + 1) >> 1;
    // Pixels 2k - 1 and 2k lie between the samples k - 1 and k.
    let k = max(1, first >> 1);
    const stop = min(chroma, (end >> 1) + 1);
    for (; k + 8 <= stop; k += 8) {
      const n0 = v128.load8x8_u(near + k - 1);
      const n1 = v128.load8x8_u(near + k);
      const f0 = v128.load8x8_u(far + k - 1);
      const f1 = v128.load8x8_u(far + k);
      const d0 = i16x8.add(n1, f0);
      const d1 = i16x8.add(n0, f1);
      const sum = i16x8.add(i16x8.add(d0, d1), i16x8.splat(8));
      const m0 = i16x8.shr_u(i16x8.add(sum, i16x8.shl(d0, 1)), 3);
      const m1 = i16x8.shr_u(i16x8.add(sum, i16x8.shl(d1, 1)), 3);
      const odd = i16x8.shr_u(i16x8.add(m0, n0), 1);
      const even = i16x8.shr_u(i16x8.add(m1, n1), 1);
      v128.store(to + <usize>(2 * k - 1), v128.or(odd, i16x8.shl(even, 8)));
    }
    for (; k < stop; k++) {
      const n0 = <i32>load<u8>(near + k - 1);
      const n1 = <i32>load<u8>(near + k);
      const f0 = <i32>load<u8>(far + k - 1);
      const f1 = <i32>load<u8>(far + k);
      const sum = n0 + n1 + f0 + f1 + 8;
      store<u8>(to + <usize>(2 * k - 1), <u8>((((sum + 2 * (n1 + f0)) >> 3) + n0) >> 1));
      store<u8>(to + <usize>(2 * k), <u8>((((sum + 2 * (n0 + f1)) >> 3) + n1) >> 1));
    }
    if (first === 0) store<u8>(to, <u8>((3 * <i32>load<u8>(near) + <i32>load<u8>(far) + 2) >> 2));
    const tail = chroma - 1;
    if (end === width && !(width & 1))
      store<u8>(
        to + <usize>(width - 1),
        <u8>((3 * <i32>load<u8>(near + tail) + <i32>load<u8>(far + tail) + 2) >> 2),
      );
  }
}

class Color {
  /** value * factor >> 8 of eight numbers, plus `offset`. */
  @inline static scaled(value: v128, factor: i32, offset: i32): v128 {
    const f = i16x8.splat(<i16>factor);
    const o = i32x4.splat(offset);
    const low = i32x4.add(i32x4.shr_u(i32x4.extmul_low_i16x8_u(value, f), 8), o);
    const high = i32x4.add(i32x4.shr_u(i32x4.extmul_high_i16x8_u(value, f), 8), o);
    return i16x8.narrow_i32x4_s(low, high);
  }

  /** `count` pixels, rounded up to 16. */
  static rgb(to: usize, y: usize, u: usize, v: usize, count: i32): void {
    for (let i = 0; i < count; i += 16, to += 48, y += 16, u += 16, v += 16) {
      const ys = v128.load(y);
      const us = v128.load(u);
      const vs = v128.load(v);
      const yl = Color.scaled(i16x8.extend_low_i8x16_u(ys), 19077, 0);
      const yh = Color.scaled(i16x8.extend_high_i8x16_u(ys), 19077, 0);
      const ul = i16x8.extend_low_i8x16_u(us);
      const uh = i16x8.extend_high_i8x16_u(us);
      const vl = i16x8.extend_low_i8x16_u(vs);
      const vh = i16x8.extend_high_i8x16_u(vs);
      const r = Color.bytes(
        i16x8.add(yl, Color.scaled(vl, 26149, -14234)),
        i16x8.add(yh, Color.scaled(vh, 26149, -14234)),
      );
      const g = Color.bytes(
        i16x8.sub(i16x8.sub(yl, Color.scaled(ul, 6419, -8708)), Color.scaled(vl, 13320, 0)),
        i16x8.sub(i16x8.sub(yh, Color.scaled(uh, 6419, -8708)), Color.scaled(vh, 13320, 0)),
      );
      const b = Color.bytes(
        i16x8.add_sat_s(yl, Color.scaled(ul, 33050, -17685)),
        i16x8.add_sat_s(yh, Color.scaled(uh, 33050, -17685)),
      );
      const rg = v128.shuffle<u8>(r, g, 0, 16, 0, 1, 17, 1, 2, 18, 2, 3, 19, 3, 4, 20, 4, 5);
      v128.store(to, v128.shuffle<u8>(rg, b, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
      const gr = v128.shuffle<u8>(r, g, 21, 5, 6, 22, 6, 7, 23, 7, 8, 24, 8, 9, 25, 9, 10, 26);
      v128.store(to, v128.shuffle<u8>(gr, b, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15), 16);
      const br = v128.shuffle<u8>(r, g, 10, 11, 27, 11, 12, 28, 12, 13, 29, 13, 14, 30, 14, 15, 31, 15);
      v128.store(to, v128.shuffle<u8>(br, b, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31), 32);
    }
  }

  @inline static bytes(low: v128, high: v128): v128 {
    return i8x16.narrow_i16x8_u(i16x8.shr_s(low, 6), i16x8.shr_s(high, 6));
  }
}
