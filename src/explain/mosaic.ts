// Activations and weights as pictures: the maps of a layer side by side, a vector as a strip. Only for looking at:
// every map is scaled by itself (its largest magnitude is full brightness), and a map of zeros stays black.
import type { Shape } from '../network/layer.ts';

/** Interleaved bytes, row by row: 1 channel (grey) or 3 (RGB). */
export interface Bitmap {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** Grey between tiles, and black behind. */
const GAP_GRAY = 72;
const STRIP_WIDTH = 1024;
const STRIP_COLUMNS = 256;
const STRIP_CELL_HEIGHT = 8;
/** Of a strip with one row, which would be hard to see. */
const LONE_CELL_HEIGHT = 32;

/** Maps from value to grey: 0..max to 0..255; with negative values, -max..max to 1..255 around 128. */
function grayScale(min: number, max: number): (value: number) => number {
  const magnitude = Math.max(max, -min);
  if (magnitude === 0) return () => 0;
  if (min >= 0) return (value) => Math.round((value / magnitude) * 255);
  return (value) => Math.round(128 + (value / magnitude) * 127);
}

/** Columns of a grid of `count` tiles: as square as a full grid can be, wider than high. */
export function gridColumns(count: number): number {
  const root = Math.ceil(Math.sqrt(count));
  for (let columns = root; columns <= 2 * root; columns++) if (count % columns === 0) return columns;
  return root;
}

/**
 * The maps of a tensor, one tile a channel, row by row in channel order, one pixel of grey around each.
 * @param values f32 [height][width][channels]
 */
export function mapMosaic(values: Float32Array, { height, width, channels }: Shape): Bitmap {
  const columns = gridColumns(channels);
  const rows = Math.ceil(channels / columns);
  const total = columns * (width + 1) + 1;
  const data = new Uint8Array(total * (rows * (height + 1) + 1)).fill(GAP_GRAY);
  for (let channel = 0; channel < channels; channel++) {
    let min = 0;
    let max = 0;
    for (let i = channel; i < values.length; i += channels) {
      const value = values[i] ?? 0;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const grey = grayScale(min, max);
    const left = (channel % columns) * (width + 1) + 1;
    const top = Math.floor(channel / columns) * (height + 1) + 1;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        data[(top + y) * total + left + x] = grey(values[(y * width + x) * channels + channel] ?? 0);
  }
  return { width: total, height: rows * (height + 1) + 1, channels: 1, data };
}

/** A vector as a strip of cells, in rows of at most 256, all on one scale. */
export function vectorStrip(values: Float32Array): Bitmap {
  const columns = Math.min(values.length, STRIP_COLUMNS);
  const cell = Math.max(1, Math.floor(STRIP_WIDTH / columns));
  const width = columns * cell;
  const rows = Math.ceil(values.length / columns);
  const cellHeight = rows === 1 ? LONE_CELL_HEIGHT : STRIP_CELL_HEIGHT;
  const grey = grayScale(Math.min(...values), Math.max(...values));
  const data = new Uint8Array(width * rows * cellHeight).fill(GAP_GRAY);
  values.forEach((value, i) => {
    const top = Math.floor(i / columns) * cellHeight;
    const left = (i % columns) * cell;
    for (let y = top; y < top + cellHeight; y++)
      data.fill(grey(value), y * width + left, y * width + left + cell);
  });
  return { width, height: rows * cellHeight, channels: 1, data };
}
