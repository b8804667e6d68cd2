// The weights of a packed model as float tensors in canonical order, so that every peer runs the same network: each
// float weight is exactly q * scale. The packed first layer reads 2 * ((x + 1) >> 1) and holds the mean in its bias,
// so the peers read these numbers without any other normalisation.
// Undoes weights/layout.ts; a mistake here shows as a cosine below 1 before anything is timed.
import type { Engine } from '../../../src/engine/engine.ts';
import { CODE_LINE, packedTensors, tensorBytes } from '../../../src/engine/weights.ts';
import type { ConvLayer } from '../../../src/network/layer.ts';
import type { LayerInfo } from '../../../src/network/shapes.ts';
import type { TrainedLayer, TrainedModel } from '../../fixtures/trained-model.ts';

export interface DequantizedLayer extends TrainedLayer {
  /** i8, in the order of `weight`. */
  quantized: Int8Array;
  /** f32, one per output. */
  scales: Float32Array;
}

export interface DequantizedModel extends TrainedModel {
  layers: Map<string, DequantizedLayer>;
}

/** [out / block][k / step][block][step] -> (out, channels, kernel, kernel). */
function convCanonical(
  packed: Int8Array,
  { out, kernel }: ConvLayer,
  channels: number,
  convBlock: number,
  kStep: number,
): Int8Array {
  const run = Math.ceil((kernel * channels) / kStep) * kStep;
  const values = new Int8Array(out * channels * kernel * kernel);
  let at = 0;
  for (let o = 0; o < out; o++) {
    const block = Math.floor(o / convBlock) * kernel * run * convBlock + (o % convBlock) * kStep;
    for (let c = 0; c < channels; c++)
      for (let ky = 0; ky < kernel; ky++)
        for (let kx = 0; kx < kernel; kx++) {
          const k = ky * run + kx * channels + c;
          values[at++] = packed[block + Math.floor(k / kStep) * convBlock * kStep + (k % kStep)] ?? 0;
        }
  }
  return values;
}

/** [inputs as H,W,C][out padded] -> (out, inputs as C,H,W). */
function denseCanonical(packed: Int8Array, { layer, input }: LayerInfo, paddedOut: number): Int8Array {
  const out = layer.type === 'dense' ? layer.out : 0;
  const plane = input.height * input.width;
  const inputs = plane * input.channels;
  const values = new Int8Array(out * inputs);
  for (let from = 0; from < out; from += 64)
    for (let pixel = 0; pixel < plane; pixel++)
      for (let c = 0; c < input.channels; c++) {
        const row = (pixel * input.channels + c) * paddedOut;
        const column = c * plane + pixel;
        for (let o = from, end = Math.min(out, from + 64); o < end; o++)
          values[o * inputs + column] = packed[row + o] ?? 0;
      }
  return values;
}

/** [out / 16][inputs / 8][64] of codes -> (out, inputs as C,H,W), looked up. */
function codesCanonical(packed: Uint8Array, codebook: Int8Array, { layer, input }: LayerInfo): Int8Array {
  const out = layer.type === 'dense' ? layer.out : 0;
  const plane = input.height * input.width;
  const inputs = plane * input.channels;
  const lines = Math.ceil(inputs / CODE_LINE.inputs);
  const values = new Int8Array(out * inputs);
  for (let o = 0; o < out; o++) {
    const block = Math.floor(o / CODE_LINE.outputs) * lines * CODE_LINE.bytes + (o % CODE_LINE.outputs) * 4;
    for (let k = 0; k < inputs; k++) {
      const pair = packed[block + Math.floor(k / CODE_LINE.inputs) * CODE_LINE.bytes + (k & 3)] ?? 0;
      const column = (k % input.channels) * plane + Math.floor(k / input.channels);
      values[o * inputs + column] = codebook[(k & 4) === 0 ? pair & 15 : pair >> 4] ?? 0;
    }
  }
  return values;
}

function floatsOf(bytes: Uint8Array, count: number): Float32Array {
  return new Float32Array(bytes.slice().buffer).slice(0, count);
}

export function dequantize(engine: Engine): DequantizedModel {
  const { network, preprocess, tiles } = engine.info;
  const layers = new Map<string, DequantizedLayer>();
  let offset = 0;
  const next = (bytes: number) => {
    const view = engine.weights(offset, bytes);
    offset += bytes;
    return view;
  };
  for (const shapes of engine.layers) {
    const { layer, input } = shapes;
    if (layer.type !== 'conv' && layer.type !== 'dense') continue;
    const tensors = packedTensors(shapes, tiles).map((tensor) => next(tensorBytes(tensor)));
    const codebook = layer.type === 'dense' && layer.bits === 4 ? tensors.splice(1, 1)[0] : undefined;
    const [packed = new Uint8Array(), scale = packed, bias = packed] = tensors;
    const signed = new Int8Array(packed.buffer, packed.byteOffset, packed.byteLength);
    const scales = floatsOf(scale, layer.out);
    const channels = layer.type === 'conv' ? input.channels / layer.groups : input.channels;
    const quantized =
      layer.type === 'conv'
        ? convCanonical(signed, layer, channels, tiles.convBlock, tiles.kStep)
        : codebook
          ? codesCanonical(packed, new Int8Array(codebook), shapes)
          : denseCanonical(signed, shapes, packed.length / (input.channels * input.height * input.width));
    const columns = quantized.length / layer.out;
    const weight = new Float32Array(quantized.length);
    for (let o = 0; o < layer.out; o++)
      for (let i = o * columns; i < (o + 1) * columns; i++)
        weight[i] = (quantized[i] as number) * (scales[o] as number);
    const shape =
      layer.type === 'conv' ? [layer.out, channels, layer.kernel, layer.kernel] : [layer.out, columns];
    layers.set(layer.name, { shape, weight, bias: floatsOf(bias, layer.out), quantized, scales });
  }
  return { network, preprocess, layers };
}

/** What the peers read: f32 (3, size, size) of 2 * ((x + 1) >> 1). */
export function planarInput(picture: Uint8Array): Float32Array {
  const plane = picture.length / 3;
  const input = new Float32Array(picture.length);
  for (let i = 0; i < plane; i++)
    for (let c = 0; c < 3; c++) input[c * plane + i] = 2 * (((picture[i * 3 + c] as number) + 1) >> 1);
  return input;
}
