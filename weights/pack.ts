// Packs a float model into the model file that lies in R2: one safetensors file, tensors in execution order, int8,
// in the kernels' own layout, so that it streams straight into linear memory (design: docs/ARCHITECTURE.md). The
// input normalisation (x - mean) / std is folded into the first convolution, so the engine reads plain RGB bytes.
// Layers are read, quantized and written one at a time, and what each takes is released as soon as it is not needed: the
// file itself is in memory, and a collection may come late.
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { CODE_LINE, packedTensors, tensorBytes } from '../src/engine/weights.ts';
import { release } from '../src/image/pixels.ts';
import { encodeHeader } from '../src/model/safetensors.ts';
import type { ConvLayer, Network } from '../src/network/layer.ts';
import { MODEL_FORMAT, type ModelInfo, type Tiles, writeModelInfo } from '../src/network/model-info.ts';
import { elements, inferShapes, type LayerInfo } from '../src/network/shapes.ts';
import { fewValues, quantizeCodes } from './codebook.ts';
import { parentsOf } from './data/parents.ts';
import type { FloatLayer, FloatModel, FloatTensor } from './float-model.ts';
import { codeLayout, convLayout, denseLayout } from './layout.ts';
import { OperatorError } from './operator-error.ts';
import { type QuantizedRows, quantizeRows } from './quantize.ts';
import { quantizeConv } from './windows.ts';

/** Mean over all x of 2 * ((x + 1) >> 1) - x. */
const MEAN_PIXEL_LOSS = 0.5;

/** Bits of a weight of the dense layers. */
export type DenseBits = 4 | 8;

/** Called after each layer, for a progress bar: bytes written of all. */
export type PackProgress = (writtenBytes: number, totalBytes: number) => void;

async function readTensor(name: string, tensor: FloatTensor, expected: number[]): Promise<Float32Array> {
  if (tensor.shape.join() !== expected.join())
    throw new OperatorError(`tensor ${name}: expected shape [${expected}], found [${tensor.shape}]`);
  return tensor.read();
}

/** Divides weights (out, channels, kernel, kernel) by the standard deviation of their input channel, in place. */
function divideByStd(weights: Float32Array, out: number, std: readonly number[]): void {
  const area = weights.length / out / std.length;
  for (let i = 0; i < weights.length; i++)
    weights[i] = (weights[i] ?? 0) / (std[Math.floor(i / area) % std.length] ?? 1);
}

/**
 * Folds the subtraction of the mean into the bias: bias - sum of w * mean, with the weights as they were quantized,
 * so that their rounding errors see a centred input and not the mean. The engine's pixels lose half a grey level
 * on average (u7 pixels stand for 2 * ((x + 1) >> 1)); that is folded in too.
 */
function subtractMean({ values, scales }: QuantizedRows, bias: Float32Array, mean: readonly number[]): void {
  const area = values.length / bias.length / mean.length;
  const row = area * mean.length;
  bias.forEach((value, o) => {
    let shift = 0;
    for (let i = 0; i < row; i++)
      shift += (values[o * row + i] ?? 0) * ((mean[Math.floor(i / area)] ?? 0) + MEAN_PIXEL_LOSS);
    bias[o] = value - shift * (scales[o] ?? 0);
  });
}

/**
 * What the quantized convolution makes of a mean image: f32 [height][width][out], to be subtracted from its outputs.
 * The half grey level that the engine's pixels lose is in it as well.
 * @param image f32 [3][size][size]
 */
function meanMap(
  { layer, output }: LayerInfo & { layer: ConvLayer },
  { values, scales }: QuantizedRows,
  image: Float32Array,
  size: number,
): Float32Array {
  const { kernel, stride, out } = layer;
  const row = 3 * kernel * kernel;
  const map = new Float32Array(elements(output));
  for (let o = 0; o < out; o++)
    for (let y = 0; y < output.height; y++)
      for (let x = 0; x < output.width; x++) {
        let sum = 0;
        for (let c = 0; c < 3; c++)
          for (let ky = 0; ky < kernel; ky++) {
            const from = (c * size + y * stride + ky) * size + x * stride;
            const weights = o * row + (c * kernel + ky) * kernel;
            for (let kx = 0; kx < kernel; kx++)
              sum += (values[weights + kx] ?? 0) * ((image[from + kx] ?? 0) + MEAN_PIXEL_LOSS);
          }
        map[(y * output.width + x) * out + o] = sum * (scales[o] ?? 0);
      }
  return map;
}

function padded(values: Float32Array, length: number): Float32Array {
  const result = new Float32Array(length);
  result.set(values);
  return result;
}

function bytesOf(array: Int8Array | Uint8Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The tensors of one layer as bytes, in file order. */
async function packLayer(
  shapes: LayerInfo,
  source: FloatLayer,
  first: boolean,
  { preprocess, meanImage }: FloatModel,
  tiles: Tiles,
): Promise<Uint8Array[]> {
  const { layer, input } = shapes;
  if (layer.type !== 'conv' && layer.type !== 'dense') return [];
  const vector = Math.ceil(layer.out / 16) * 16;
  const name = `${layer.name}.weight`;
  const expected =
    layer.type === 'conv'
      ? [layer.out, input.channels / layer.groups, layer.kernel, layer.kernel]
      : [layer.out, elements(input)];
  const weights = await readTensor(name, source.weight, expected);
  const bias = await readTensor(`${layer.name}.bias`, source.bias, [layer.out]);
  const broken = bias.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0)
    throw new OperatorError(
      `tensor ${layer.name}.bias: expected finite values, found ${bias[broken]} at ${broken}`,
    );
  if (first) divideByStd(weights, layer.out, preprocess.std);
  const vectors = (scales: Float32Array) => [bytesOf(padded(scales, vector)), bytesOf(padded(bias, vector))];
  if (layer.type === 'dense' && layer.bits === 4) {
    const { codes, codebook, scales } = quantizeCodes(weights, layer.out, name);
    release(weights);
    const book = new Int8Array(CODE_LINE.bytes);
    book.set(codebook);
    const packed = codeLayout(codes, layer.out, input.channels, input.height, input.width);
    release(codes);
    return [bytesOf(packed), bytesOf(book), ...vectors(scales)];
  }
  const quantized =
    layer.type === 'conv'
      ? quantizeConv(weights, layer.out, input.channels / layer.groups, layer.kernel, name)
      : quantizeRows(weights, layer.out, name);
  if (first && !meanImage) subtractMean(quantized, bias, preprocess.mean);
  release(weights);
  const { values, scales } = quantized;
  const packed =
    layer.type === 'conv'
      ? convLayout(values, layer.out, input.channels / layer.groups, layer.kernel, tiles)
      : denseLayout(
          values,
          layer.out,
          Math.ceil(layer.out / tiles.denseBlock) * tiles.denseBlock,
          input.channels,
          input.height,
          input.width,
        );
  const map =
    first && meanImage && layer.type === 'conv'
      ? meanMap({ ...shapes, layer }, quantized, await meanImage.read(), input.height)
      : undefined;
  release(values);
  const maps = map ? [bytesOf(padded(map, Math.ceil(map.length / 16) * 16))] : [];
  return [bytesOf(packed), ...vectors(scales), ...maps];
}

/** The network with a mean map at its first layer, which must be the only one that reads pixels. */
function withMeanMap(network: Network): Network {
  return {
    ...network,
    layers: network.layers.map((layer, index) =>
      index === 0 && layer.type === 'conv' ? { ...layer, meanMap: true as const } : layer,
    ),
  };
}

/**
 * The network with 4-bit dense layers. The last one, of which most of the answer depends, keeps 8 bits unless its
 * weights are a codebook's already.
 */
async function withCodes(model: FloatModel): Promise<Network> {
  const last = model.network.layers.findLast(({ type }) => type === 'dense')?.name ?? '';
  const weights = await model.layers[last]?.weight.read();
  const keep = weights && fewValues(weights) ? '' : last;
  if (weights) release(weights);
  return {
    ...model.network,
    layers: model.network.layers.map((layer) =>
      layer.type === 'dense' && layer.name !== keep ? { ...layer, bits: 4 } : layer,
    ),
  };
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let written = 0;
  while (written < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, written, bytes.byteLength - written, position + written);
    written += bytesWritten;
  }
  return position + written;
}

/**
 * Writes the packed model to `path` (under a temporary name until it is complete) and returns what it says of itself.
 * Throws OperatorError, naming the tensor, what was expected and what was found; nothing is left behind then.
 */
export async function packModel(
  model: FloatModel,
  tiles: Tiles,
  path: string,
  progress?: PackProgress,
  dense: DenseBits = 8,
): Promise<ModelInfo> {
  const coded = dense === 4 ? await withCodes(model) : model.network;
  const network = model.meanImage ? withMeanMap(coded) : coded;
  const layers = inferShapes(network);
  const classes = layers.at(-1)?.output.channels ?? 0;
  if (model.labels.length !== classes)
    throw new OperatorError(`labels: expected ${classes}, found ${model.labels.length}`);
  const tensors = layers.flatMap((layer) => packedTensors(layer, tiles));
  const parents = parentsOf(model.labels);
  const info: ModelInfo = {
    format: MODEL_FORMAT,
    name: model.name,
    tiles,
    network,
    preprocess: model.preprocess,
    labels: model.labels,
    source: model.source,
    colors: model.colors,
    sha256: '0'.repeat(64),
    ...(parents.length > 0 ? { parents } : {}),
  };
  // The checksum has a fixed length, so the header can be written again in its place at the end.
  const headerBytes = encodeHeader(writeModelInfo(info), tensors).byteLength;
  const totalBytes = headerBytes + tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  const hash = createHash('sha256');
  const temporary = `${path}.part`;
  const file = await open(temporary, 'w');
  try {
    let position = headerBytes;
    let first = true;
    for (const shapes of layers) {
      const { layer } = shapes;
      if (layer.type !== 'conv' && layer.type !== 'dense') continue;
      const source = model.layers[layer.name];
      if (!source) throw new OperatorError(`layer ${layer.name}: expected its weights, found none`);
      for (const bytes of await packLayer(shapes, source, first, model, tiles)) {
        hash.update(bytes);
        position = await writeAll(file, bytes, position);
        release(bytes);
      }
      first = false;
      progress?.(position, totalBytes);
    }
    info.sha256 = hash.digest('hex');
    await writeAll(file, encodeHeader(writeModelInfo(info), tensors), 0);
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  return info;
}
