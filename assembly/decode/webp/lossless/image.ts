// A VP8L image (RFC 9649, 3 to 7), row by row: transforms with images of their own, codes, pixels. All of the
// smaller images are kept (modes, colour codes, palette, numbers of groups); of the pixels a ring and two rows.
import { Arena } from '../../arena';
import { AGAIN, DAMAGED, DONE, MEMORY, MORE, TRUNCATED } from '../../status';
import { Canvas } from '../canvas';
import { Chunk } from '../chunk';
import { Bits } from './bits';
import { Pixels } from './pixels';
import { COLOR, GREEN, INDEXING, PREDICTOR, Transforms } from './transforms';

const TRANSFORMS: i32 = 0;
const CACHE: i32 = 1;
const CODES: i32 = 2;
const PIXELS: i32 = 3;

/** What is being read: an image of a transform (its kind, 0 to 3), the numbers of groups, the picture. */
const GROUPS: i32 = 4;
const PICTURE: i32 = 5;

/** Bits of a transform's head, or of an image's, take less. */
const HEAD_BYTES: i32 = 16;
/** Of a palette. */
const MOST_COLORS: i32 = 256;
const ROWS_PER_CALL: i32 = 256;
const GO_ON: i32 = 4;

let phase: i32 = 0;
let subject: i32 = 0;
/** Of the subject. */
let columns: i32 = 0;
let rows: i32 = 0;
/** The picture's columns after colour indexing. */
let packed: i32 = 0;
let squareBits: i32 = 0;
let colorBits: u32 = 0;
let pictureColorBits: u32 = 0;
let data: usize = 0;
let numbers: usize = 0;
let numberBits: i32 = 0;
let mostNumber: i32 = 0;
let line: usize = 0;
let pixels: u64 = 0;

export class Lossless {
  static width: i32 = 0;
  static height: i32 = 0;

  /** Looks at the first five bytes of the chunk: 0 or an error. */
  static head(at: usize): i32 {
    const bits = load<u32>(at, 1);
    if (load<u8>(at) !== 0x2f || bits >> 29 !== 0) return DAMAGED;
    Lossless.width = <i32>(bits & 0x3fff) + 1;
    Lossless.height = <i32>((bits >> 14) & 0x3fff) + 1;
    return 0;
  }

  static begin(): i32 {
    Chunk.take(5);
    Bits.open();
    Pixels.reset();
    Transforms.count = 0;
    packed = Lossless.width;
    numbers = 0;
    numberBits = 0;
    mostNumber = 0;
    pixels = 0;
    phase = TRANSFORMS;
    line = Arena.takeZeroed((<usize>(max(Lossless.width, MOST_COLORS) + 16)) << 2);
    return line ? 0 : MEMORY;
  }

  static advance(): i32 {
    let status = GO_ON;
    let budget = ROWS_PER_CALL;
    while (status === GO_ON) {
      if (phase === TRANSFORMS) status = Lossless.transform();
      else if (phase === CACHE) status = Lossless.cache();
      else if (phase === CODES) {
        status = Pixels.codes();
        if (status === DONE) {
          phase = PIXELS;
          status = GO_ON;
        }
      } else {
        status = Lossless.row();
        if (status === GO_ON && --budget === 0) return AGAIN;
      }
    }
    return status;
  }

  /** 4: a flag, the kind, what belongs to it. */
  static transform(): i32 {
    if (!Bits.ready(HEAD_BYTES)) return MORE;
    Bits.resume();
    const status = Lossless.transformHead();
    const beyond = Bits.overrun();
    Bits.pause();
    return beyond ? (Chunk.cut() ? TRUNCATED : DAMAGED) : status;
  }

  static transformHead(): i32 {
    if (!Bits.read(1)) {
      subject = PICTURE;
      columns = packed;
      rows = Lossless.height;
      phase = CACHE;
      return GO_ON;
    }
    const kind = <i32>Bits.read(2);
    if (Transforms.has(kind)) return DAMAGED;
    subject = kind;
    phase = CACHE;
    if (kind === GREEN) {
      Transforms.add(kind, 0, packed, 0);
      phase = TRANSFORMS;
      return GO_ON;
    }
    if (kind === INDEXING) {
      columns = <i32>Bits.read(8) + 1;
      rows = 1;
      squareBits = columns > 16 ? 0 : columns > 4 ? 1 : columns > 2 ? 2 : 3;
      data = Arena.takeZeroed(MOST_COLORS * 4);
      return data ? GO_ON : MEMORY;
    }
    squareBits = <i32>Bits.read(3) + 2;
    Lossless.squares(packed);
    const size = <usize>columns * <usize>rows;
    data = Arena.take(kind === PREDICTOR ? size : size << 2);
    if (kind === COLOR) return data ? GO_ON : MEMORY;
    Transforms.above = Arena.takeZeroed((<usize>(packed + 16)) << 2);
    return data && Transforms.above ? GO_ON : MEMORY;
  }

  /** Sides of an image with a pixel for each square of the picture. */
  static squares(width: i32): void {
    const most = (1 << squareBits) - 1;
    columns = (width + most) >> squareBits;
    rows = (Lossless.height + most) >> squareBits;
  }

  /** 5.2.3 and 6.2.2: the cache of colours; for the picture, whether its squares have codes of their own. */
  static cache(): i32 {
    if (!Bits.ready(HEAD_BYTES)) return MORE;
    Bits.resume();
    let bad = false;
    colorBits = 0;
    if (Bits.read(1)) {
      colorBits = Bits.read(4);
      bad = colorBits < 1 || colorBits > 11;
    }
    let grouped = false;
    if (subject === PICTURE && Bits.read(1)) {
      grouped = true;
      squareBits = <i32>Bits.read(3) + 2;
    }
    const beyond = Bits.overrun();
    Bits.pause();
    if (beyond) return Chunk.cut() ? TRUNCATED : DAMAGED;
    if (bad) return DAMAGED;
    return grouped ? Lossless.groups() : Lossless.open();
  }

  static groups(): i32 {
    subject = GROUPS;
    numberBits = squareBits;
    Lossless.squares(packed);
    numbers = Arena.take((<usize>columns * <usize>rows) << 1);
    if (!numbers) return MEMORY;
    pictureColorBits = colorBits;
    phase = CACHE;
    return GO_ON;
  }

  static open(): i32 {
    const main = subject === PICTURE;
    const status = main
      ? Pixels.open(columns, rows, colorBits, mostNumber + 1, numbers, numberBits)
      : Pixels.open(columns, rows, colorBits, 1, 0, 0);
    phase = CODES;
    return status ? status : GO_ON;
  }

  /** The next row of the subject, and what comes behind its last one. */
  static row(): i32 {
    const y = Pixels.row();
    if (y < rows) {
      if (!Chunk.paid(pixels + <u64>columns)) return Chunk.unpaid;
      const status = Pixels.run();
      if (status !== DONE) return status;
      pixels += <u64>columns;
      Lossless.keep(y);
      Pixels.nextRow();
      if (subject === PICTURE && y + 1 >= Canvas.rows) return DONE;
      return GO_ON;
    }
    if (subject === PICTURE) return DONE;
    if (subject === GROUPS) {
      subject = PICTURE;
      columns = packed;
      rows = Lossless.height;
      colorBits = pictureColorBits;
      return Lossless.open();
    }
    Transforms.add(subject, squareBits, subject === INDEXING ? Lossless.width : packed, data);
    if (subject === INDEXING) packed = (Lossless.width + (1 << squareBits) - 1) >> squareBits;
    phase = TRANSFORMS;
    return GO_ON;
  }

  static keep(y: i32): void {
    Pixels.copyRow(line);
    if (subject === PICTURE) {
      Transforms.undo(line, y);
      if (Canvas.wants(y)) Lossless.show(y);
      return;
    }
    const first = <usize>y * <usize>columns;
    if (subject === COLOR) memory.copy(data + (first << 2), line, (<usize>columns) << 2);
    else if (subject === PREDICTOR)
      for (let x: usize = 0; x < <usize>columns; x++)
        store<u8>(data + first + x, load<u8>(line + (x << 2), 1) & 15);
    else if (subject === INDEXING) {
      // Each colour is written as the difference to the one before.
      let sum = i32x4.splat(0);
      for (let x: usize = 0; x < <usize>columns; x++) {
        sum = i8x16.add(sum, v128.load32_zero(line + (x << 2)));
        store<i32>(data + (x << 2), i32x4.extract_lane(sum, 0));
      }
    } else
      for (let x: usize = 0; x < <usize>columns; x++) {
        const number = load<u16>(line + (x << 2), 1);
        store<u16>(numbers + ((first + x) << 1), number);
        mostNumber = max(mostNumber, <i32>number);
      }
  }

  static show(y: i32): void {
    let to = Canvas.pixels();
    for (let x = Canvas.first; x < Canvas.end; x += 4, to += 12) {
      const pixels = v128.load(line + ((<usize>x) << 2));
      v128.store(to, v128.shuffle<u8>(pixels, pixels, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 0, 0, 0, 0));
    }
    Canvas.row(y);
  }
}
