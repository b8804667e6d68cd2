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

interface MosaicShape {
  columns: number;
  width: number;
  height: number;
}

function mosaicShape({ height, width, channels }: Shape): MosaicShape {
  const columns = gridColumns(channels);
  const rows = Math.ceil(channels / columns);
  return { columns, width: columns * (width + 1) + 1, height: rows * (height + 1) + 1 };
}

/**
 * The maps of a tensor, one tile a channel, row by row in channel order, one pixel of grey around each.
 * @param values f32 [height][width][channels]
 */
export function mapMosaic(values: Float32Array, shape: Shape): Bitmap {
  const { height, width, channels } = shape;
  const { columns, width: total, height: lines } = mosaicShape(shape);
  const data = new Uint8Array(total * lines).fill(GAP_GRAY);
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
  return { width: total, height: lines, channels: 1, data };
}

function stripShape(count: number): MosaicShape & { cellHeight: number } {
  const columns = Math.min(count, STRIP_COLUMNS);
  const rows = Math.ceil(count / columns);
  const cellHeight = rows === 1 ? LONE_CELL_HEIGHT : STRIP_CELL_HEIGHT;
  return {
    columns,
    width: columns * Math.max(1, Math.floor(STRIP_WIDTH / columns)),
    height: rows * cellHeight,
    cellHeight,
  };
}

/** A vector as a strip of cells, in rows of at most 256, all on one scale. */
export function vectorStrip(values: Float32Array): Bitmap {
  const { columns, width, height, cellHeight } = stripShape(values.length);
  const cell = width / columns;
  const grey = grayScale(Math.min(...values), Math.max(...values));
  const data = new Uint8Array(width * height).fill(GAP_GRAY);
  values.forEach((value, i) => {
    const top = Math.floor(i / columns) * cellHeight;
    const left = (i % columns) * cell;
    for (let y = top; y < top + cellHeight; y++)
      data.fill(grey(value), y * width + left, y * width + left + cell);
  });
  return { width, height, channels: 1, data };
}

function isVector({ height, width }: Shape): boolean {
  return height === 1 && width === 1;
}

/** A layer's output as a picture. @param values f32 [height][width][channels] */
export function layerPicture(values: Float32Array, shape: Shape): Bitmap {
  return isVector(shape) ? vectorStrip(values) : mapMosaic(values, shape);
}

/** Bytes of what layerPicture makes of a shape. */
export function layerPictureBytes(shape: Shape): number {
  const { width, height } = isVector(shape) ? stripShape(shape.channels) : mosaicShape(shape);
  return width * height;
}
