// The row sink: antialiased triangle resize to a centre crop, as PIL and torchvision do it, one source row at a
// time. Resizing is linear: out[o][x] = sum over y, k of wy[o][y] * wx[x][k] * row[y][k], so rows may come in any
// order and no picture is kept, only `size` x `size` sums.
// Horizontal weights are 14-bit integers whose sum is exact, four taps at a time; vertical ones are floats.
// Bounds: weight rounding moves a pixel by less than 0.05 grey levels. Filter: PIL, Resample.c (BILINEAR).
import { Heap } from './heap';

const ONE: f64 = 16384;
/** Bytes that a decoder may write and the resize may read behind the row. */
const SLACK: u64 = 64;

export class Sink {
  // What the host asked for: the whole picture's size after the resize, and the crop in it.
  static resizedWidth: i32 = 0;
  static resizedHeight: i32 = 0;
  static left: i32 = 0;
  static top: i32 = 0;
  static size: i32 = 0;
  /** The shorter side that a decoder must leave where it can shrink the picture itself. */
  static keep: i32 = 0;

  /** The part of the source picture that the crop depends on; nothing else need be decoded. */
  static firstColumn: i32 = 0;
  static endColumn: i32 = 0;
  static firstRow: i32 = 0;
  static endRow: i32 = 0;
  /** Where the decoder writes RGB u8 [endColumn - firstColumn][3] (up to 64 bytes more may be overwritten). */
  static row: usize = 0;

  private static scaleY: f64 = 1;
  private static across: usize = 0;
  private static acrossBytes: usize = 0;
  private static down: usize = 0;
  private static downBytes: usize = 0;
  private static line: usize = 0;
  private static sums: usize = 0;

  /**
   * Fixes the window. `width` and `height` may be fractions of a pixel less than the decoded `columns` and `rows`
   * (a JPEG decoded at N/8). Check `Heap.full` afterwards.
   */
  static configure(width: f64, height: f64, columns: i32, rows: i32): void {
    const size = Sink.size;
    const scaleX = width / <f64>Sink.resizedWidth;
    Sink.scaleY = height / <f64>Sink.resizedHeight;
    const tapsX = Sink.taps(scaleX);
    const tapsY = Sink.taps(Sink.scaleY);
    // A record of an output column: i32 byte offset into the row, i32 groups, i16 weights [groups][4].
    Sink.acrossBytes = 8 + (((<usize>tapsX + 3) >> 2) << 3);
    // A record of an output row: i32 first source row, i32 count, f32 weights [count].
    Sink.downBytes = 8 + ((<usize>tapsY) << 2);
    Sink.across = Heap.take(<u64>size * Sink.acrossBytes);
    Sink.down = Heap.take(<u64>size * Sink.downBytes);
    Sink.line = Heap.zeroed(<u64>size * 12 + 16);
    Sink.sums = Heap.zeroed(<u64>size * <u64>Sink.sumsBytes());
    const weights = Heap.take((<u64>max(tapsX, tapsY)) << 3);
    if (Heap.full) return;

    Sink.firstColumn = Sink.firstTap(Sink.left, scaleX);
    Sink.endColumn = 0;
    for (let x = 0; x < size; x++) {
      const first = Sink.firstTap(Sink.left + x, scaleX);
      const count = Sink.triangle(weights, Sink.left + x, scaleX, columns);
      Sink.endColumn = max(Sink.endColumn, first + count);
      const record = Sink.across + <usize>x * Sink.acrossBytes;
      store<i32>(record, (first - Sink.firstColumn) * 3);
      store<i32>(record, (count + 3) >> 2, 4);
      memory.fill(record + 8, 0, Sink.acrossBytes - 8);
      let sum: f64 = 0;
      let before: i32 = 0;
      for (let k = 0; k < count; k++) {
        sum += load<f64>(weights + ((<usize>k) << 3));
        const upTo = <i32>nearest(sum * ONE);
        store<i16>(record + 8 + ((<usize>k) << 1), <i16>(upTo - before));
        before = upTo;
      }
    }
    Sink.firstRow = Sink.firstTap(Sink.top, Sink.scaleY);
    Sink.endRow = 0;
    for (let y = 0; y < size; y++) {
      const first = Sink.firstTap(Sink.top + y, Sink.scaleY);
      const count = Sink.triangle(weights, Sink.top + y, Sink.scaleY, rows);
      Sink.endRow = max(Sink.endRow, first + count);
      const record = Sink.down + <usize>y * Sink.downBytes;
      store<i32>(record, first);
      store<i32>(record, count, 4);
      for (let k = 0; k < count; k++)
        store<f32>(record + 8 + ((<usize>k) << 2), <f32>(load<f64>(weights + ((<usize>k) << 3)) / ONE));
    }
    Sink.row = Heap.take(<u64>(Sink.endColumn - Sink.firstColumn) * 3 + SLACK);
  }

  /**
   * Adds `Sink.row` to the sums as source row `y`, firstRow <= y < endRow, in any order. A row may come in parts:
   * several pushes of the same `y`, each with zeros where another part has the pixels (interlaced pictures).
   */
  static push(y: i32): void {
    const size = Sink.size;
    let record = Sink.across;
    let target = Sink.line;
    for (let x = 0; x < size; x++) {
      let source = Sink.row + load<i32>(record);
      let weight = record + 8;
      const stop = weight + ((<usize>load<i32>(record, 4)) << 3);
      let sum = i32x4.splat(0);
      while (weight < stop) {
        // Four pixels RGB RGB RGB RGB become R0R1 G0G1 B0B1 and R2R3 G2G3 B2B3, each pair one dot product.
        const four = v128.load(source);
        const pairs = v128.shuffle<u8>(four, four, 0, 3, 1, 4, 2, 5, 0, 0, 6, 9, 7, 10, 8, 11, 0, 0);
        sum = i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(pairs), v128.load32_splat(weight)));
        sum = i32x4.add(
          sum,
          i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(pairs), v128.load32_splat(weight, 4)),
        );
        source += 12;
        weight += 8;
      }
      v128.store(target, f32x4.convert_i32x4_s(sum));
      record += Sink.acrossBytes;
      target += 12;
    }
    const scale = max(Sink.scaleY, 1);
    let o = max(0, <i32>((<f64>y - scale) / Sink.scaleY) - Sink.top - 2);
    for (; o < size; o++) {
      const output = Sink.down + <usize>o * Sink.downBytes;
      const k = y - load<i32>(output);
      if (k < 0) break;
      if (k < load<i32>(output, 4)) Sink.add(o, load<f32>(output + 8 + ((<usize>k) << 2)));
    }
  }

  /** The picture, RGB u8 [size][size][3], in the place of the sums. Call it once, after the last row. */
  static finish(): usize {
    const count = Sink.size * 3;
    let target = Sink.sums;
    for (let y = 0; y < Sink.size; y++) {
      let source = Sink.sums + <usize>y * Sink.sumsBytes();
      for (let i = 0; i < count; i++, source += 4, target++) {
        const value = <i32>(load<f32>(source) + 0.5);
        store<u8>(target, <u8>max(0, min(255, value)));
      }
    }
    return Sink.sums;
  }

  private static add(o: i32, weight: f32): void {
    const w = f32x4.splat(weight);
    const bytes = Sink.sumsBytes();
    const sums = Sink.sums + <usize>o * bytes;
    const line = Sink.line;
    for (let i: usize = 0; i < bytes; i += 16)
      v128.store(sums + i, f32x4.add(v128.load(sums + i), f32x4.mul(v128.load(line + i), w)));
  }

  /** A row of sums: 3 floats a pixel, up to the next multiple of 16 bytes. */
  @inline private static sumsBytes(): usize {
    return (<usize>Sink.size * 12 + 15) & ~15;
  }

  private static taps(scale: f64): i32 {
    return <i32>Math.ceil(max(scale, 1) * 2) + 2;
  }

  private static firstTap(output: i32, scale: f64): i32 {
    const centre = (<f64>output + 0.5) * scale;
    return max(0, <i32>(centre - max(scale, 1) + 0.5));
  }

  /** Weights f64, sum 1, of output position `output`, from `firstTap` on; returns their count. */
  private static triangle(target: usize, output: i32, scale: f64, limit: i32): i32 {
    const support = max(scale, 1);
    const centre = (<f64>output + 0.5) * scale;
    const first = Sink.firstTap(output, scale);
    const end = min(limit, <i32>(centre + support + 0.5));
    let sum: f64 = 0;
    for (let i = first; i < end; i++) {
      const weight = max(0, 1 - Math.abs((<f64>i + 0.5 - centre) / support));
      store<f64>(target + ((<usize>(i - first)) << 3), weight);
      sum += weight;
    }
    for (let i = first; i < end; i++) {
      const address = target + ((<usize>(i - first)) << 3);
      store<f64>(address, load<f64>(address) / sum);
    }
    return end - first;
  }
}
