// Where the wanted square lies in the resized picture, and how the square is turned upright.
//
// Resize: the shorter side to `resizeTo`, the other to floor(resizeTo * long / short), as in torchvision;
// or both sides to `resizeTo` (Caffe's warp). Crop: the centre, offsets rounded half to even as Python's
// round() does: (256 - 227) / 2 = 14.5 becomes 14. The decoder works on the picture as it is stored, so an
// offset of 14 from one edge becomes 15 where the orientation mirrors that axis. The EXIF of a PNG or
// WebP may follow its pixels: there a column and a row more are kept until it is known.
import type { Preprocess } from '../network/preprocess.ts';

/** The resized picture and the wanted part of it, in the orientation of the file. */
export interface Region {
  width: number;
  height: number;
  left: number;
  top: number;
  columns: number;
  rows: number;
}

/** Half of a margin of whole pixels, a half rounded to even: 29 gives 14, and 31 gives 16. */
export function centerOffset(margin: number): number {
  const floor = Math.floor(margin / 2);
  return margin % 2 === 0 ? floor : floor + (floor % 2);
}

/** For each EXIF orientation 1..8: is the stored picture transposed, mirrored in x, in y (before that)? */
const ORIENTATIONS = [
  { transpose: false, mirrorX: false, mirrorY: false },
  { transpose: false, mirrorX: true, mirrorY: false },
  { transpose: false, mirrorX: true, mirrorY: true },
  { transpose: false, mirrorX: false, mirrorY: true },
  { transpose: true, mirrorX: false, mirrorY: false },
  { transpose: true, mirrorX: false, mirrorY: true },
  { transpose: true, mirrorX: true, mirrorY: true },
  { transpose: true, mirrorX: true, mirrorY: false },
] as const;

function transformOf(orientation: number): (typeof ORIENTATIONS)[number] {
  const found = ORIENTATIONS[orientation - 1];
  if (!found) throw new RangeError(`orientation: expected 1..8, got ${orientation}`);
  return found;
}

export function region(
  width: number,
  height: number,
  orientation: number,
  preprocess: Preprocess,
  area: 'crop' | 'square',
): Region {
  const { resizeTo, crop, resize } = preprocess;
  const short = Math.min(width, height);
  const scaled = (side: number): number =>
    resize === 'warp' || side === short ? resizeTo : Math.floor((resizeTo * side) / short);
  const resized = { width: scaled(width), height: scaled(height) };
  const size = area === 'square' ? resizeTo : crop;
  const { mirrorX, mirrorY } = transformOf(orientation);
  const offset = (side: number, mirror: boolean): number => {
    const near = centerOffset(side - size);
    return mirror ? side - size - near : near;
  };
  return {
    ...resized,
    left: offset(resized.width, mirrorX),
    top: offset(resized.height, mirrorY),
    columns: size,
    rows: size,
  };
}

/**
 * What any orientation can need: a column and a row more where the margins on both sides differ. For files whose
 * orientation follows their pixels; `cut` takes the square out.
 */
export function anyRegion(
  width: number,
  height: number,
  preprocess: Preprocess,
  area: 'crop' | 'square',
): Region {
  const first = region(width, height, 1, preprocess, area);
  const other = region(width, height, 3, preprocess, area);
  return {
    ...first,
    left: Math.min(first.left, other.left),
    top: Math.min(first.top, other.top),
    columns: first.columns + Math.abs(first.left - other.left),
    rows: first.rows + Math.abs(first.top - other.top),
  };
}

/** A rectangle of a picture. */
export type Part = Pick<Region, 'left' | 'top' | 'columns' | 'rows'>;

/** The part `inner` of the pixels of `outer`: u8 RGB, row by row; the same array when both are of one size. */
export function cut(pixels: Uint8Array, outer: Part, inner: Part): Uint8Array {
  const { columns, rows } = inner;
  if (columns === outer.columns && rows === outer.rows) return pixels;
  const out = new Uint8Array(columns * rows * 3);
  for (let y = 0; y < rows; y++) {
    const from = ((y + inner.top - outer.top) * outer.columns + inner.left - outer.left) * 3;
    out.set(pixels.subarray(from, from + columns * 3), y * columns * 3);
  }
  return out;
}

/** The square, rotated upright: u8 RGB [size][size][3] in and out; a new array unless the orientation is 1. */
export function upright(pixels: Uint8Array, size: number, orientation: number): Uint8Array {
  if (orientation === 1) return pixels;
  const { transpose, mirrorX, mirrorY } = transformOf(orientation);
  const out = new Uint8Array(pixels.length);
  let to = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++, to += 3) {
      const column = transpose ? y : x;
      const row = transpose ? x : y;
      const storedX = mirrorX ? size - 1 - column : column;
      const storedY = mirrorY ? size - 1 - row : row;
      const from = (storedY * size + storedX) * 3;
      out[to] = pixels[from] as number;
      out[to + 1] = pixels[from + 1] as number;
      out[to + 2] = pixels[from + 2] as number;
    }
  }
  return out;
}
