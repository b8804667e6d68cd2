// Rows of RGB bytes in, the wanted square of the resized picture out; rows are used up as they arrive.
// out[oy][ox] = round(sum over y, x of wy[oy][y] * wx[ox][x] * in[y][x]), sums in f32, one rounding.
//
// Shrinking with rows from top to bottom: each row is added, weighted, to the two or three output rows that
// it touches (f32, as wide as the source), and a finished one is reduced across. Otherwise (enlarging, or
// rows in any order, as Adam7 sends them): each row is reduced across first and added to a plane of
// rows x columns sums, so that memory is bounded by the output. Both are the same sum in another order.
import { Arena } from './arena';
import { Target } from './picture';
import { Axis } from './triangle';

const PIXEL: usize = 12; // bytes of an RGB triple of f32; read as v128, the fourth lane is not used

let across: usize = 0;
let down: usize = 0;
let acrossStride: usize = 0;
/** Weights that every output takes: the same number for all, so that the branch is predicted. */
let acrossTaps: i32 = 0;
let downStride: usize = 0;
let acrossFirst: bool = false;
let slots: i32 = 0;
let slotBytes: usize = 0;
let sums: usize = 0;
let line: usize = 0;
let wide: usize = 0;
let finished: i32 = 0;

export class Resize {
  /** The columns and rows of the source that matter: [first, end). */
  static firstColumn: i32 = 0;
  static endColumn: i32 = 0;
  static firstRow: i32 = 0;
  static endRow: i32 = 0;
  /** rows x columns x 3 bytes, RGB, row by row. */
  static output: usize = 0;

  /**
   * Prepares for a source of columns x rows samples that cover extentX x extentY. False: not enough memory.
   * `ordered`: rows will come from top to bottom, each once.
   */
  static begin(extentX: f64, extentY: f64, columns: i32, rows: i32, ordered: bool): bool {
    across = Axis.build(extentX, columns, Target.width, Target.left, Target.columns);
    down = Axis.build(extentY, rows, Target.height, Target.top, Target.rows);
    if (!across || !down) return false;
    acrossStride = Axis.stride(Axis.taps(extentX, Target.width));
    downStride = Axis.stride(Axis.taps(extentY, Target.height));
    acrossTaps = max(4, Axis.most(across, Axis.taps(extentX, Target.width), Target.columns));
    const lastAcross = across + <usize>(Target.columns - 1) * acrossStride;
    const lastDown = down + <usize>(Target.rows - 1) * downStride;
    Resize.firstColumn = load<i32>(across);
    Resize.endColumn = load<i32>(lastAcross) + load<i32>(lastAcross, 4);
    Resize.firstRow = load<i32>(down);
    Resize.endRow = load<i32>(lastDown) + load<i32>(lastDown, 4);
    acrossFirst = !ordered || extentY < <f64>Target.height;
    slots = acrossFirst ? Target.rows : Resize.overlap();
    const width = Resize.endColumn - Resize.firstColumn;
    // Weights of zero reach past the end of the row, where numbers must be.
    slotBytes = <usize>(acrossFirst ? Target.columns : width + acrossTaps) * PIXEL + 16;
    sums = Arena.takeZeroed(<usize>slots * slotBytes);
    wide = acrossFirst ? Arena.takeZeroed(<usize>(width + acrossTaps) * PIXEL) : sums;
    line = acrossFirst ? Arena.take(<usize>Target.columns * PIXEL) : sums;
    Resize.output = Arena.take(<usize>(Target.columns * Target.rows * 3));
    finished = 0;
    return sums !== 0 && wide !== 0 && line !== 0 && Resize.output !== 0;
  }

  /** Bytes that `begin` will take at most, for a source that is `columns` wide; tables not counted. */
  static memory(columns: i32): usize {
    return <usize>max(Target.columns * Target.rows, columns * 4) * PIXEL;
  }

  /** Row `y` of the source, from firstColumn to endColumn. Rows outside of [firstRow, endRow) are ignored. */
  static row(y: i32, rgb: usize): void {
    if (y < Resize.firstRow || y >= Resize.endRow) return;
    const elements = (Resize.endColumn - Resize.firstColumn) * 3;
    if (acrossFirst) {
      Row.widen(wide, rgb, elements);
      Row.reduceLine(wide, line);
      for (let i = 0; i < Target.rows; i++) {
        const record = down + <usize>i * downStride;
        const k = y - load<i32>(record);
        if (k < 0) break;
        if (k < load<i32>(record, 4))
          Row.addFloats(
            sums + <usize>i * slotBytes,
            line,
            load<f32>(record + ((<usize>k) << 2), 8),
            Target.columns * 3,
          );
      }
      return;
    }
    let i = finished;
    while (i < Target.rows) {
      const record = down + <usize>i * downStride;
      const k = y - load<i32>(record);
      if (k < 0) break;
      const weight = load<f32>(record + ((<usize>k) << 2), 8);
      const slot = sums + <usize>(i % slots) * slotBytes;
      const after = record + downStride;
      const kAfter = i + 1 < Target.rows ? y - load<i32>(after) : -1;
      if (k > 0 && kAfter > 0) {
        // Two output rows at once: the bytes are converted once.
        const other = sums + <usize>((i + 1) % slots) * slotBytes;
        Row.addBytesTwice(slot, other, rgb, weight, load<f32>(after + ((<usize>kAfter) << 2), 8), elements);
        Resize.finish(i, k);
        Resize.finish(i + 1, kAfter);
        i += 2;
        continue;
      }
      if (k === 0) Row.setBytes(slot, rgb, weight, elements);
      else Row.addBytes(slot, rgb, weight, elements);
      Resize.finish(i, k);
      i++;
    }
  }

  /**
   * Rows [first, end) of the source that are all alike, for the work of one; only where rows may come in any order.
   */
  static fill(first: i32, end: i32, rgb: usize): void {
    if (max(first, Resize.firstRow) >= min(end, Resize.endRow)) return;
    Row.widen(wide, rgb, (Resize.endColumn - Resize.firstColumn) * 3);
    Row.reduceLine(wide, line);
    for (let i = 0; i < Target.rows; i++) {
      const record = down + <usize>i * downStride;
      const start = load<i32>(record);
      const stop = min(end - start, load<i32>(record, 4));
      let weight: f32 = 0;
      for (let k = max(0, first - start); k < stop; k++) weight += load<f32>(record + ((<usize>k) << 2), 8);
      if (weight > 0) Row.addFloats(sums + <usize>i * slotBytes, line, weight, Target.columns * 3);
    }
  }

  /** If its source row k was the last one of output row i, reduces that across. */
  @inline static finish(i: i32, k: i32): void {
    if (k !== load<i32>(down + <usize>i * downStride, 4) - 1) return;
    Row.reduceRow(sums + <usize>(i % slots) * slotBytes, Resize.output + <usize>(i * Target.columns * 3));
    finished = i + 1;
  }

  /** To be called when all rows have been given. */
  static end(): void {
    if (!acrossFirst) return;
    for (let i = 0; i < Target.rows; i++) {
      const from = sums + <usize>i * slotBytes;
      const to = Resize.output + <usize>(i * Target.columns * 3);
      for (let x = 0; x < Target.columns; x++)
        Row.putPixel(to + <usize>(x * 3), v128.load(from + <usize>x * PIXEL));
    }
  }

  /** The largest number of output rows that one source row belongs to. */
  static overlap(): i32 {
    let most = 1;
    let oldest = 0;
    for (let i = 0; i < Target.rows; i++) {
      const first = load<i32>(down + <usize>i * downStride);
      for (; oldest < i; oldest++) {
        const record = down + <usize>oldest * downStride;
        if (load<i32>(record) + load<i32>(record, 4) > first) break;
      }
      most = max(most, i - oldest + 1);
    }
    return most;
  }
}

/** The inner loops. `elements` counts numbers, three a pixel. */
class Row {
  @inline static putPixel(to: usize, sum: v128): void {
    const whole = i32x4.trunc_sat_f32x4_s(f32x4.add(sum, f32x4.splat(0.5)));
    const words = i16x8.narrow_i32x4_s(whole, whole);
    const bytes = i8x16.narrow_i16x8_u(words, words);
    v128.store16_lane(to, bytes, 0);
    v128.store8_lane(to, bytes, 2, 2);
  }

  @inline static weighPixel(record: usize, from: usize): v128 {
    const first = load<i32>(record) - Resize.firstColumn;
    let at = from + <usize>first * PIXEL;
    let sum = f32x4.splat(0);
    for (let k = 0; k < acrossTaps; k++, at += PIXEL)
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(record + ((<usize>k) << 2), 8), v128.load(at)));
    return sum;
  }

  /** Four weights, without a loop: a source up to one and a half times the size, as most small photos are. */
  @inline static weighFour(record: usize, from: usize): v128 {
    const at = from + <usize>(load<i32>(record) - Resize.firstColumn) * PIXEL;
    const left = f32x4.add(
      f32x4.mul(v128.load32_splat(record, 8), v128.load(at)),
      f32x4.mul(v128.load32_splat(record, 12), v128.load(at, 12)),
    );
    const right = f32x4.add(
      f32x4.mul(v128.load32_splat(record, 16), v128.load(at, 24)),
      f32x4.mul(v128.load32_splat(record, 20), v128.load(at, 36)),
    );
    return f32x4.add(left, right);
  }

  static reduceRow(from: usize, to: usize): void {
    const end = to + <usize>(Target.columns * 3);
    const stride = acrossStride;
    let record = across;
    if (acrossTaps === 4) {
      for (; to < end; to += 3, record += stride) Row.putPixel(to, Row.weighFour(record, from));
    } else for (; to < end; to += 3, record += stride) Row.putPixel(to, Row.weighPixel(record, from));
  }

  static reduceLine(from: usize, to: usize): void {
    for (let x = 0; x < Target.columns; x++, to += PIXEL) {
      const sum = Row.weighPixel(across + <usize>x * acrossStride, from);
      v128.store(to, sum);
    }
  }

  @inline static low(words: v128): v128 {
    return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(words));
  }

  @inline static high(words: v128): v128 {
    return f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(words));
  }

  static widen(to: usize, bytes: usize, elements: i32): void {
    const end = bytes + elements;
    for (; bytes + 4 <= end; bytes += 4, to += 16) {
      const words = i16x8.extend_low_i8x16_u(v128.load32_zero(bytes));
      v128.store(to, Row.low(words));
    }
    for (; bytes < end; bytes++, to += 4) store<f32>(to, <f32>load<u8>(bytes));
  }

  static setBytes(to: usize, bytes: usize, weight: f32, elements: i32): void {
    const w = f32x4.splat(weight);
    const end = bytes + elements;
    for (; bytes + 8 <= end; bytes += 8, to += 32) {
      const words = v128.load8x8_u(bytes);
      v128.store(to, f32x4.mul(w, Row.low(words)));
      v128.store(to, f32x4.mul(w, Row.high(words)), 16);
    }
    for (; bytes < end; bytes++, to += 4) store<f32>(to, weight * <f32>load<u8>(bytes));
  }

  static addBytes(to: usize, bytes: usize, weight: f32, elements: i32): void {
    const w = f32x4.splat(weight);
    const end = bytes + elements;
    for (; bytes + 8 <= end; bytes += 8, to += 32) {
      const words = v128.load8x8_u(bytes);
      v128.store(to, f32x4.add(v128.load(to), f32x4.mul(w, Row.low(words))));
      v128.store(to, f32x4.add(v128.load(to, 16), f32x4.mul(w, Row.high(words))), 16);
    }
    for (; bytes < end; bytes++, to += 4) store<f32>(to, load<f32>(to) + weight * <f32>load<u8>(bytes));
  }

  static addBytesTwice(to: usize, other: usize, bytes: usize, w1: f32, w2: f32, elements: i32): void {
    const first = f32x4.splat(w1);
    const second = f32x4.splat(w2);
    const end = bytes + elements;
    for (; bytes + 8 <= end; bytes += 8, to += 32, other += 32) {
      const words = v128.load8x8_u(bytes);
      const left = Row.low(words);
      const right = Row.high(words);
      v128.store(to, f32x4.add(v128.load(to), f32x4.mul(first, left)));
      v128.store(to, f32x4.add(v128.load(to, 16), f32x4.mul(first, right)), 16);
      v128.store(other, f32x4.add(v128.load(other), f32x4.mul(second, left)));
      v128.store(other, f32x4.add(v128.load(other, 16), f32x4.mul(second, right)), 16);
    }
    for (; bytes < end; bytes++, to += 4, other += 4) {
      const value = <f32>load<u8>(bytes);
      store<f32>(to, load<f32>(to) + w1 * value);
      store<f32>(other, load<f32>(other) + w2 * value);
    }
  }

  static addFloats(to: usize, from: usize, weight: f32, elements: i32): void {
    const w = f32x4.splat(weight);
    const end = to + ((<usize>elements) << 2);
    for (; to + 16 <= end; to += 16, from += 16)
      v128.store(to, f32x4.add(v128.load(to), f32x4.mul(w, v128.load(from))));
    for (; to < end; to += 4, from += 4) store<f32>(to, load<f32>(to) + weight * load<f32>(from));
  }
}
