// A key frame of VP8 (RFC 6386), by rows of macroblocks. The first partition (headers and modes) is kept whole, at
// most 512 KiB; of several partitions of coefficients all but the last one are kept too, since the rows take turns
// in them; the last one, mostly the only one, is used up as it arrives.
import { Arena } from '../../arena';
import { Input } from '../../input';
import { AGAIN, DAMAGED, DONE, MEMORY, MORE, TRUNCATED } from '../../status';
import { Chunk } from '../chunk';
import { Bools, STATE_BYTES } from './bools';
import { FrameHeader } from './header';
import { InverseDct } from './inverse-dct';
import { BY_SUBBLOCKS, CHROMA_MODE, INNER_EDGES, Modes, RECORD, SKIPPED } from './modes';
import { Predict } from './predict';
import { Rows } from './rows';
import { COEFFICIENTS, KINDS, Tokens } from './tokens';

const TAG: i32 = 0;
const FIRST: i32 = 1;
const SIZES: i32 = 2;
const STORED: i32 = 3;
const ROWS: i32 = 4;

/** The tag, the start code and the two sides. */
export const HEAD_BYTES: i32 = 10;
/** More than any macroblock's coefficients take: 400 of at most 24 decisions of at most 8 bits. */
const MACROBLOCK_BYTES: i32 = 10240;
/** Macroblocks that one call decodes. */
const MACROBLOCKS_PER_CALL: i32 = 1 << 13;
const STATES = memory.data(9 * 32, 16);
/** Pixels left of the first one, and behind the last. */
const LEAD: usize = 16;

let phase: i32 = 0;
let columns: i32 = 0;
let rows: i32 = 0;
let row: i32 = 0;
let column: i32 = 0;
/** Are the row's modes read? */
let started: bool = false;
let firstBytes: u32 = 0;
let stored: usize = 0;
let wanted: usize = 0;
let filled: usize = 0;
let records: usize = 0;
let modesAbove: usize = 0;
let flagsAbove: usize = 0;
/** Unfiltered pixels: the last row of the macroblocks above, then those of the row that is decoded. */
let luma: usize = 0;
let u: usize = 0;
let v: usize = 0;
let strideY: usize = 0;
let strideC: usize = 0;

export class Frame {
  static width: i32 = 0;
  static height: i32 = 0;

  /** Looks at HEAD_BYTES bytes of the chunk: 0 or an error. Section 9.1. */
  static head(at: usize): i32 {
    const tag = <u32>load<u16>(at) | ((<u32>load<u8>(at, 2)) << 16);
    if (tag & 1 || !(tag & 16) || ((tag >> 1) & 7) > 3) return DAMAGED;
    if (load<u8>(at, 3) !== 0x9d || load<u16>(at, 4) !== 0x2a01) return DAMAGED;
    Frame.width = <i32>load<u16>(at, 6) & 0x3fff;
    Frame.height = <i32>load<u16>(at, 8) & 0x3fff;
    firstBytes = tag >> 5;
    return Frame.width && Frame.height ? 0 : DAMAGED;
  }

  static begin(): i32 {
    columns = (Frame.width + 15) >> 4;
    rows = (Frame.height + 15) >> 4;
    row = 0;
    column = 0;
    started = false;
    strideY = <usize>columns * 16 + 2 * LEAD;
    strideC = <usize>columns * 8 + 2 * LEAD;
    records = Arena.takeZeroed(<usize>columns * RECORD);
    modesAbove = Arena.takeZeroed(<usize>columns * 4);
    flagsAbove = Arena.takeZeroed(<usize>columns * 16);
    luma = Arena.take(strideY * 17);
    u = Arena.take(strideC * 9);
    v = Arena.take(strideC * 9);
    if (!records || !modesAbove || !flagsAbove || !luma || !u || !v) return MEMORY;
    Frame.edges(luma, strideY, 16);
    Frame.edges(u, strideC, 8);
    Frame.edges(v, strideC, 8);
    luma += LEAD;
    u += LEAD;
    v += LEAD;
    phase = TAG;
    return Rows.open(Frame.width, Frame.height) ? 0 : MEMORY;
  }

  /** 127 above the frame, 129 to its left. */
  static edges(plane: usize, stride: usize, size: i32): void {
    memory.fill(plane, 127, stride);
    for (let y = 1; y <= size; y++) store<u8>(plane + <usize>y * stride + LEAD - 1, 129);
  }

  static advance(): i32 {
    if (phase === TAG) {
      Chunk.take(HEAD_BYTES);
      if (firstBytes > Chunk.left) return DAMAGED;
      const status = Frame.keep(firstBytes);
      if (status) return status;
      phase = FIRST;
    }
    if (phase === FIRST) {
      if (!Frame.fill()) return MORE;
      Bools.open(stored, stored + wanted);
      FrameHeader.read();
      Bools.save(STATES);
      phase = SIZES;
    }
    if (phase === SIZES) {
      const status = Frame.sizes();
      if (status || phase === SIZES) return status;
    }
    if (phase === STORED) {
      if (!Frame.fill()) return MORE;
      phase = ROWS;
      Frame.last();
    }
    return Frame.rows();
  }

  /** Room for `bytes` that `fill` brings. */
  static keep(bytes: u32): i32 {
    stored = Arena.take(bytes);
    wanted = bytes;
    filled = 0;
    return stored ? 0 : MEMORY;
  }

  static fill(): bool {
    const now = min<usize>(wanted - filled, <usize>Chunk.here());
    memory.copy(stored + filled, Input.at, now);
    Chunk.take(<i32>now);
    filled += now;
    return filled === wanted;
  }

  /** Section 9.5. A partition may be cut off by the end of the chunk. */
  static sizes(): i32 {
    const others = FrameHeader.partitions - 1;
    if (Chunk.here() < 3 * others) return Chunk.complete() ? DAMAGED : MORE;
    const at = Input.at;
    Chunk.take(3 * others);
    let total: u32 = 0;
    for (let i = 0; i < others; i++) {
      const bytes = <u32>load<u16>(at + 3 * i) | ((<u32>load<u8>(at + 3 * i, 2)) << 16);
      total += min(bytes, Chunk.left - total);
    }
    const status = Frame.keep(total);
    if (status) return status;
    let start: u32 = 0;
    for (let i = 0; i < others; i++) {
      const bytes = <u32>load<u16>(at + 3 * i) | ((<u32>load<u8>(at + 3 * i, 2)) << 16);
      const here = min(bytes, total - start);
      Bools.open(stored + start, stored + start + here);
      Bools.save(STATES + <usize>(1 + i) * STATE_BYTES);
      start += here;
    }
    phase = STORED;
    return 0;
  }

  static last(): void {
    Bools.open(Input.at, Input.at);
    Bools.save(STATES + <usize>FrameHeader.partitions * STATE_BYTES);
  }

  /** Rows of macroblocks: DONE when all that are wanted are out. */
  static rows(): i32 {
    for (let budget = MACROBLOCKS_PER_CALL; budget > 0; budget -= columns) {
      const partition = row & (FrameHeader.partitions - 1);
      const streamed = partition === FrameHeader.partitions - 1;
      if (!started) {
        if (!Chunk.paid(<u64>(row * columns) * 256)) return Chunk.unpaid;
        Bools.restore(STATES);
        Modes.row(records, modesAbove, columns);
        Bools.save(STATES);
        if (Bools.overrun()) return DAMAGED;
        Tokens.startRow();
        started = true;
      }
      const state = STATES + <usize>(1 + partition) * STATE_BYTES;
      Bools.restore(state);
      if (streamed) {
        Bools.at = Input.at;
        Bools.end = Input.at + <usize>Chunk.here();
      }
      const status = Frame.macroblocks(streamed);
      if (streamed) Chunk.take(<i32>(Bools.at - Input.at));
      Bools.save(state);
      if (status !== DONE) return status;
      column = 0;
      started = false;
      const last = row === rows - 1;
      if (Rows.add(row, records, luma + strideY, u + strideC, v + strideC, strideY, strideC, last))
        return DONE;
      if (last) return DONE;
      Frame.nextRow(luma, strideY, 16);
      Frame.nextRow(u, strideC, 8);
      Frame.nextRow(v, strideC, 8);
      row++;
    }
    return AGAIN;
  }

  /** The last row of pixels becomes the one above; four more to the right of it are its last pixel. */
  static nextRow(plane: usize, stride: usize, size: i32): void {
    const across = <usize>(columns * size);
    memory.copy(plane, plane + <usize>size * stride, across);
    memory.fill(plane + across, load<u8>(plane + across - 1), 4);
    store<u8>(plane - 1, 129);
  }

  static macroblocks(streamed: bool): i32 {
    const complete = !streamed || Chunk.complete();
    for (; column < columns; column++) {
      if (!complete && <i32>(Bools.end - Bools.at) < MACROBLOCK_BYTES) return MORE;
      const record = records + <usize>column * RECORD;
      const above = flagsAbove + <usize>column * 16;
      let some = false;
      if (load<u8>(record + SKIPPED)) Tokens.skip(record, above);
      else some = Tokens.read(record, above);
      if (Bools.overrun()) return streamed && Chunk.cut() ? TRUNCATED : DAMAGED;
      store<u8>(record + INNER_EDGES, some || load<u8>(record + BY_SUBBLOCKS) ? 1 : 0);
      Frame.pixels(record, some);
    }
    return DONE;
  }

  static pixels(record: usize, some: bool): void {
    const at = luma + strideY + <usize>column * 16;
    if (load<u8>(record + BY_SUBBLOCKS)) {
      for (let y: usize = 0; y < 4; y++)
        for (let x: usize = 0; x < 4; x++) {
          const to = at + y * 4 * strideY + x * 4;
          // The last column of subblocks has the pixels above the macroblock to its right, in all four rows.
          const right = load<u32>(x < 3 ? to - strideY + 4 : at - strideY + 16);
          Predict.subblock(to, strideY, load<u8>(record + y * 4 + x), right);
          if (some) Frame.residue(y * 4 + x, to, strideY);
        }
    } else {
      Predict.whole(at, strideY, 16, load<u8>(record), row > 0, column > 0);
      if (some)
        for (let i: usize = 0; i < 16; i++)
          Frame.residue(i, at + (i >> 2) * 4 * strideY + (i & 3) * 4, strideY);
    }
    Frame.chroma(record, u + strideC + <usize>column * 8, 16, some);
    Frame.chroma(record, v + strideC + <usize>column * 8, 20, some);
  }

  static chroma(record: usize, to: usize, first: usize, some: bool): void {
    Predict.whole(to, strideC, 8, load<u8>(record + CHROMA_MODE), row > 0, column > 0);
    if (some)
      for (let i: usize = 0; i < 4; i++)
        Frame.residue(first + i, to + (i >> 1) * 4 * strideC + (i & 1) * 4, strideC);
  }

  @inline static residue(index: usize, to: usize, stride: usize): void {
    const kind = load<u8>(KINDS + index);
    if (kind === 2) InverseDct.add(COEFFICIENTS + index * 32, to, stride);
    else if (kind === 1) InverseDct.addDc(COEFFICIENTS + index * 32, to, stride);
  }
}
