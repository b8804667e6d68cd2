// The first convolution's filters as a picture: each kernel x kernel x RGB, brighter and darker than middle grey, as
// in figure 3 of Krizhevsky et al. 2012. Read back from the packed weights, whose layout is drawn in
// weights/layout.ts:  [out / block][k / step][block][step], k ordered ky, kx, channel, each kernel row padded.
import { runBytes } from '../engine/conv-step.ts';
import type { Engine } from '../engine/engine.ts';
import { packedTensors } from '../engine/weights.ts';
import { ServiceError } from '../errors.ts';
import type { ConvLayer } from '../network/layer.ts';
import type { LayerInfo } from '../network/shapes.ts';
import type { Bitmap } from './mosaic.ts';

/** The figure's own: 6 rows of 16 for 96 filters. */
const COLUMNS = 16;
/** Side of one weight, and space between filters, in pixels. */
const SCALE = 4;
const GAP = 4;
const GRAY = 128;

function firstConv(engine: Engine): { layer: ConvLayer; weight: Int8Array } {
  const shapes: LayerInfo | undefined = engine.layers[0];
  const [tensor] = shapes ? packedTensors(shapes, engine.info.tiles) : [];
  if (shapes?.layer.type !== 'conv' || !tensor)
    throw new ServiceError('internal', 'expected a convolution as the first layer');
  // The first tensor of the first layer is where the data section begins.
  const bytes = engine.weights(
    0,
    tensor.shape.reduce((product, side) => product * side, 1),
  );
  return { layer: shapes.layer, weight: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/**
 * The filters in order, each scaled by its own largest weight; 0 is middle grey. The normalisation that the packer
 * folded into the weights is taken out again.
 */
export function filterPicture(engine: Engine): Bitmap {
  const { layer, weight } = firstConv(engine);
  const { convBlock, kStep } = engine.info.tiles;
  const { std } = engine.info.preprocess;
  const { kernel, out } = layer;
  const run = runBytes(kernel, std.length, kStep);
  const valueAt = (filter: number, y: number, x: number, channel: number): number => {
    const k = y * run + x * std.length + channel;
    const block = Math.floor(filter / convBlock) * kernel * run * convBlock;
    const lane = Math.floor(k / kStep) * convBlock * kStep + (filter % convBlock) * kStep + (k % kStep);
    return (weight[block + lane] ?? 0) * (std[channel] ?? 1);
  };
  const cell = kernel * SCALE + GAP;
  const width = Math.min(out, COLUMNS) * cell + GAP;
  const height = Math.ceil(out / COLUMNS) * cell + GAP;
  const data = new Uint8Array(width * height * 3);
  for (let filter = 0; filter < out; filter++) {
    let largest = 0;
    for (let i = 0; i < kernel * kernel * std.length; i++) {
      const at = Math.floor(i / std.length);
      const value = valueAt(filter, Math.floor(at / kernel), at % kernel, i % std.length);
      largest = Math.max(largest, Math.abs(value));
    }
    const left = (filter % COLUMNS) * cell + GAP;
    const top = Math.floor(filter / COLUMNS) * cell + GAP;
    for (let y = 0; y < kernel * SCALE; y++)
      for (let x = 0; x < kernel * SCALE; x++)
        for (let channel = 0; channel < 3; channel++) {
          const value = valueAt(filter, Math.floor(y / SCALE), Math.floor(x / SCALE), channel);
          const share = largest === 0 ? 0 : value / largest;
          data[((top + y) * width + left + x) * 3 + channel] = Math.round(GRAY + share * 127);
        }
  }
  return { width, height, channels: 3, data };
}
