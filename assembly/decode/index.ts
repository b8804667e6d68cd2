// The decode module: bytes of a picture in, in pieces of any size; a resized, cropped RGB picture out. It imports
// nothing and keeps no picture: memory is a few rows, the sums of the output and the input buffer.
//
// The host's side:
//   open(format, maxWork)        everything of the decode before is forgotten
//   loop: room()              -> bytes that may be written at inputEnd(); then
//         feed(count, last)   -> NEED: go on | HEADER: look at width() height() orientation(), check limits,
//                                configure(...), then feed(0, last) | DONE | a code < 0 (status.ts)
//   picture()                 -> RGB u8 [size][size][3], valid until the next open
// Any answer below zero ends the decode. The instance stays good: the next open starts afresh.
//
// A format decoder's side (raw.ts is the shortest example): a class with
//   open()       reset own state; small tables may come from Heap
//   run()        use Input.at..Input.end, advance Input.at, return a status. It is called again after every feed and
//                must be able to stop at any byte. It fills in Header and answers HEADER, once; after that, rows.
//                Input.last and too few bytes: TRUNCATED. Lengths to pass over: Input.skip.
//   configure()  call Sink.configure(width, height, columns, rows), then take memory; check Heap.full before
//                writing to it (the result is then MEMORY)
// Rows: write the columns Sink.firstColumn..endColumn of row y as RGB u8 at Sink.row, then Sink.push(y), for
// Sink.firstRow <= y < Sink.endRow in any order; when all of them are pushed return DONE, early.
// Work that the size of the picture does not bound (scans, frames, empty blocks) is charged: Work.charge(units).
import { Bmp } from './bmp/index';
import { Gif } from './gif/index';
import { Header } from './header';
import { Heap } from './heap';
import { Input } from './input';
import { Png } from './png/index';
import { Raw } from './raw';
import { Sink } from './resize';
import { MEMORY, NEED, ORDER } from './status';
import { Work } from './work';

export const FORMAT_RAW: i32 = 0;
export const FORMAT_JPEG: i32 = 1;
export const FORMAT_PNG: i32 = 2;
export const FORMAT_GIF: i32 = 3;
export const FORMAT_BMP: i32 = 4;

class State {
  static format: i32 = 0;
}

/** @param maxWork units that `Work.charge` allows: 64 coefficients of a scan, or 64 bytes of inflated data */
export function open(format: i32, maxWork: u32): void {
  Heap.reset();
  Input.reset();
  Work.reset(maxWork);
  Header.reset();
  State.format = format;
  switch (format) {
    case FORMAT_RAW:
      Raw.open();
      break;
    case FORMAT_PNG:
      Png.open();
      break;
    case FORMAT_GIF:
      Gif.open();
      break;
    case FORMAT_BMP:
      Bmp.open();
  }
}

export function room(): i32 {
  return Input.room();
}

export function inputEnd(): usize {
  return Input.end;
}

export function feed(count: i32, last: bool): i32 {
  Input.accept(count, last);
  switch (State.format) {
    case FORMAT_RAW:
      return Raw.run();
    case FORMAT_PNG:
      return Png.run();
    case FORMAT_GIF:
      return Gif.run();
    case FORMAT_BMP:
      return Bmp.run();
    default:
      return ORDER;
  }
}

/** Pixels as stored, before any rotation. */
export function width(): i32 {
  return Header.width;
}

export function height(): i32 {
  return Header.height;
}

/** EXIF orientation 1..8. */
export function orientation(): i32 {
  return Header.orientation;
}

/**
 * Fixes what is made of the picture: resize to resizedWidth x resizedHeight, then the square of `size` at (left, top).
 * @param keep a JPEG is decoded at the smallest N/8 that leaves its shorter side >= keep
 * @returns NEED, or MEMORY
 */
export function configure(
  resizedWidth: i32,
  resizedHeight: i32,
  left: i32,
  top: i32,
  size: i32,
  keep: i32,
): i32 {
  Sink.resizedWidth = resizedWidth;
  Sink.resizedHeight = resizedHeight;
  Sink.left = left;
  Sink.top = top;
  Sink.size = size;
  Sink.keep = keep;
  switch (State.format) {
    case FORMAT_RAW:
      Raw.configure();
      break;
    case FORMAT_PNG:
      Png.configure();
      break;
    case FORMAT_GIF:
      Gif.configure();
      break;
    case FORMAT_BMP:
      Bmp.configure();
  }
  return Heap.full ? MEMORY : NEED;
}

export function picture(): usize {
  return Sink.finish();
}
