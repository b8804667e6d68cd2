// decode.wasm: one picture at a time from the bytes of a file to a part of it in RGB bytes, in memory that does
// not grow with the file. Imports nothing.
//
//   open(format, scans, blocks, damaged)     a new picture (0 JPEG, 1 PNG, 2 GIF, 3 BMP, 4 WebP); whatever was before is
//                                            forgotten. damaged: what damage.ts names is passed over, and noted
//   room() -> n, write n bytes at inputEnd() as often as there is data:
//   advance(written, last) -> status         see status.ts
//   HEADER: width(), height(), orientation() -> begin(...) -> 0 or an error, then advance(0, last)
//   DONE: columns * rows * 3 bytes, RGB, row by row, at output(); faults(): bits of damage.ts
import { Arena } from './arena';
import { BI_JPEG, Bmp, EMBEDDED } from './bmp/reader';
import { Damage } from './damage';
import { Gif } from './gif/reader';
import { Input } from './input';
import { Jpeg } from './jpeg/reader';
import { Header, Limits, Target } from './picture';
import { Png } from './png/reader';
import { Resize } from './resize';
import { DAMAGED, MEMORY, UNSUPPORTED } from './status';
import { Webp } from './webp/reader';

/** Longest side that the readers' 32-bit sums can hold in any format. */
const LONGEST: i32 = 1 << 20;

/** The module's maximum; and what a WebP may take: its ring of pixels and its codes, or the partitions it keeps. */
const MOST_MEMORY: usize = 32 << 20;
const WEBP_MEMORY: usize = 8 << 20;

const JPEG: i32 = 0;
const PNG: i32 = 1;
const GIF: i32 = 2;
const BMP: i32 = 3;
const WEBP: i32 = 4;

let format: i32 = 0;

export function open(kind: i32, scans: i32, blocks: i64, damaged: bool): void {
  format = kind;
  Damage.reset(damaged);
  Arena.reset(kind === WEBP ? WEBP_MEMORY : MOST_MEMORY);
  Input.reset();
  Header.reset();
  Limits.scans = scans;
  Limits.blocks = blocks;
  if (kind === JPEG) Jpeg.open();
  else if (kind === PNG) Png.open();
  else if (kind === GIF) Gif.open();
  else if (kind === BMP) Bmp.open();
  else if (kind === WEBP) Webp.open();
}

export function room(): i32 {
  return Input.room();
}

export function inputEnd(): usize {
  return Input.end;
}

export function advance(written: i32, last: bool): i32 {
  Input.end += written;
  Input.last = last;
  let status = step();
  if (status === EMBEDDED) {
    format = Bmp.embedded === BI_JPEG ? JPEG : PNG;
    if (format === JPEG) Jpeg.open();
    else Png.open();
    status = step();
  }
  return Damage.isRefused() ? DAMAGED : status;
}

function step(): i32 {
  if (format === JPEG) return Jpeg.advance();
  if (format === PNG) return Png.advance();
  if (format === GIF) return Gif.advance();
  if (format === BMP) return Bmp.advance();
  if (format === WEBP) return Webp.advance();
  return UNSUPPORTED;
}

export function faults(): i32 {
  return Damage.noted;
}

export function width(): i32 {
  return Header.width;
}

export function height(): i32 {
  return Header.height;
}

export function orientation(): i32 {
  return Header.orientation;
}

/** The picture is to be resized to width x height, of which columns x rows at (left, top) are wanted. */
export function begin(width: i32, height: i32, left: i32, top: i32, columns: i32, rows: i32): i32 {
  if (columns < 1 || rows < 1 || left < 0 || top < 0) return DAMAGED;
  if (left + columns > width || top + rows > height) return DAMAGED;
  if (Header.width > LONGEST || Header.height > LONGEST) return MEMORY;
  Target.width = width;
  Target.height = height;
  Target.left = left;
  Target.top = top;
  Target.columns = columns;
  Target.rows = rows;
  if (format === JPEG) return Jpeg.begin();
  if (format === PNG) return Png.begin();
  if (format === GIF) return Gif.begin();
  if (format === BMP) return Bmp.begin();
  if (format === WEBP) return Webp.begin();
  return UNSUPPORTED;
}

export function output(): usize {
  return Resize.output;
}
