// Caffe's trained networks (NetParameter): layers with their parameters and blobs, in the older form
// (`layers`, numbered types) and the newer (`layer`, named types). Blobs are (out, in/groups, kh, kw);
// dense ones 1,1,out,in in old files. Legacy dimensions win when present. Source: caffe.proto of Caffe.
import { quotedExcerpt } from '../../../src/errors.ts';
import type { Preprocess } from '../../../src/network/preprocess.ts';
import type { FloatLayer } from '../../float-model.ts';
import { OperatorError } from '../../operator-error.ts';
import { asDecimal } from '../element-type.ts';
import type { LoadedFile } from '../loaded-file.ts';
import { denseWeight, permuted, reshaped, zeros } from '../network/canonical.ts';
import { Chain, readChain, square } from '../network/graph.ts';
import { PREPROCESS } from '../network/preprocess-presets.ts';
import { decodeMessage, messageType } from '../protobuf.ts';
import { type StoredTensor, tensorOf } from '../stored-tensor.ts';
import type { WeightFile } from '../weight-file.ts';

const NET = messageType('caffe/caffe.proto', 'NetParameter');

/** V1LayerParameter.LayerType, as far as trained classifiers have them. */
const OLD_TYPES: Record<number, string> = {
  1: 'Accuracy',
  4: 'Convolution',
  5: 'Data',
  6: 'Dropout',
  12: 'ImageData',
  14: 'InnerProduct',
  15: 'LRN',
  17: 'Pooling',
  18: 'ReLU',
  20: 'Softmax',
  21: 'SoftmaxWithLoss',
  22: 'Split',
  29: 'MemoryData',
};

interface LayerMessage {
  name: string;
  type: string | number;
  bottom: string[];
  top: string[];
  convolution_param?: Record<string, number | number[]> & {
    bias_term: boolean;
    group: number;
    num_output: number;
  };
  inner_product_param?: { num_output: number; bias_term: boolean; transpose: boolean };
  lrn_param?: { local_size: number; alpha: number; beta: number; norm_region: number; k: number };
  pooling_param?: Record<string, number> & { pool: number; global_pooling: boolean; round_mode: number };
  relu_param?: { negative_slope: number };
  transform_param?: { scale: number; mean_value: number[] };
}

export interface Blob {
  num: number;
  channels: number;
  height: number;
  width: number;
  data: Uint8Array;
  double_data: Uint8Array;
  shape?: { dim: number[] } | null;
}

interface NetMessage {
  name: string;
  input: string[];
  layers: (LayerMessage & { blobs: Blob[] })[];
  layer: (LayerMessage & { blobs: Blob[] })[];
}

interface CaffeLayer {
  message: LayerMessage;
  type: string;
  blobs: StoredTensor[];
}

/** Reads the layers' parameters; the blobs are views of the file. */
export function readCaffemodel({ bytes }: LoadedFile): WeightFile {
  const net = decodeMessage<NetMessage>(bytes, NET);
  const layers = [...net.layers, ...net.layer].map(readLayer);
  if (layers.length === 0) throw new OperatorError('NetParameter: expected layers, found none');
  const fields = (['layers', 'layer'] as const).filter((field) => net[field].length > 0);
  return {
    form: 'caffemodel',
    detail: `Caffe NetParameter ${quotedExcerpt(net.name)}, ${layers.length} entries of \`${fields.join('`, `')}\``,
    tensors: layers.flatMap(({ blobs }) => blobs),
    read: (options) => {
      const chain = new Chain();
      let current = net.input;
      for (const layer of layers) current = addLayer(chain, layer, current);
      return readChain(chain, PREPROCESS.caffe.crop, options, preprocessOf(layers));
    },
  };
}

function readLayer({ blobs, ...message }: LayerMessage & { blobs: Blob[] }): CaffeLayer {
  const type = typeof message.type === 'number' ? OLD_TYPES[message.type] : message.type;
  return {
    message,
    type: type ?? `type ${message.type}`,
    blobs: blobs.map((each, index) => readBlob(each, `${message.name}.blobs[${index}]`)),
  };
}

/** Legacy dimensions win when there are any. */
export function readBlob(
  { num, channels, height, width, data, double_data, shape }: Blob,
  name: string,
): StoredTensor {
  const legacy = [num, channels, height, width];
  const dims = legacy.some((size) => size !== 0) ? legacy : (shape?.dim ?? []);
  if (data.length === 0 && double_data.length > 0) return tensorOf(name, dims, 'F64', double_data);
  if (data.length === 0)
    throw new OperatorError(`${name}.data: expected one packed run of floats, found none`);
  return tensorOf(name, dims, 'F32', data);
}

/** Appends one layer to the chain; returns the names of the activation that the next layer must read. */
function addLayer(chain: Chain, layer: CaffeLayer, current: string[]): string[] {
  const { message, type } = layer;
  const top = message.top.slice(0, 1);
  if (DATA.includes(type)) return top;
  if (MEASURES.includes(type)) return current;
  if (!current.includes(message.bottom[0] ?? ''))
    throw new OperatorError(
      `${message.name}: expected the input ${current.join(' or ') || 'of a data layer'}, found ${message.bottom[0] ?? 'none'}`,
    );
  // One of the copies goes on, the others feed accuracies and losses: all carry the same values.
  if (type === 'Split') return [...current, ...message.top];
  const add = READERS[type];
  if (!add) throw new OperatorError(`${message.name}: expected a layer of a classifier chain, found ${type}`);
  add(chain, layer);
  return type.startsWith('Softmax') ? current : top;
}

const DATA = ['Data', 'ImageData', 'MemoryData', 'Input'];
const MEASURES = ['Accuracy', 'Silence'];

/** What each type of layer adds to the chain. */
const READERS: Record<string, (chain: Chain, layer: CaffeLayer) => void> = {
  Dropout: () => undefined,
  Convolution: addConvolution,
  InnerProduct: addInnerProduct,
  ReLU: (chain, { message: { name, relu_param: param } }) => {
    if (param && param.negative_slope !== 0)
      throw new OperatorError(`${name}: expected negative_slope 0, found ${param.negative_slope}`);
    chain.relu(name);
  },
  LRN: addNorm,
  Pooling: addPooling,
  Softmax: (chain, { message: { name } }) => chain.add({ type: 'softmax', name }),
  SoftmaxWithLoss: (chain, { message: { name } }) => chain.add({ type: 'softmax', name }),
};

function addNorm(chain: Chain, { message: { name, lrn_param: param } }: CaffeLayer): void {
  const { local_size, alpha, beta, k, norm_region } = param ?? {
    local_size: 5,
    alpha: 1,
    beta: 0.75,
    norm_region: 0,
    k: 1,
  };
  if (norm_region !== 0)
    throw new OperatorError(`${name}: expected norm_region ACROSS_CHANNELS, found WITHIN_CHANNEL`);
  chain.add({
    type: 'lrn',
    name,
    size: local_size,
    alpha: asDecimal(alpha),
    beta: asDecimal(beta),
    k: asDecimal(k),
  });
}

function addConvolution(chain: Chain, { message, blobs }: CaffeLayer): void {
  const { name, convolution_param: param } = message;
  if (!param) throw new OperatorError(`${name}: expected convolution_param, found none`);
  const pair = (field: string, fallback?: number): number => {
    const base = field.replace('_size', '');
    const sides = [param[`${base}_h`], param[`${base}_w`]].filter(
      (side) => typeof side === 'number' && side > 0,
    );
    const sizes = sides.length > 0 ? (sides as number[]) : (param[field] as number[]);
    return sizes.length === 0 && fallback !== undefined ? fallback : square(name, field, sizes);
  };
  if ((param.dilation as number[]).some((dilation) => dilation !== 1))
    throw new OperatorError(`${name}: expected dilation 1, found ${param.dilation}`);
  chain.add(
    {
      type: 'conv',
      name,
      kernel: pair('kernel_size'),
      stride: pair('stride', 1),
      pad: pair('pad', 0),
      groups: param.group,
      out: param.num_output,
      relu: false,
    },
    {
      weight: permuted(blob(name, blobs, 0), [0, 1, 2, 3]),
      bias: bias(name, blobs, param.bias_term, param.num_output),
    },
  );
}

function addInnerProduct(chain: Chain, { message, blobs }: CaffeLayer): void {
  const { name, inner_product_param: param } = message;
  if (!param) throw new OperatorError(`${name}: expected inner_product_param, found none`);
  const stored = blob(name, blobs, 0);
  const [rows = 1, columns = 1] = stored.shape.slice(-2);
  const order = param.transpose ? 'in-out' : 'out-in';
  chain.add(
    { type: 'dense', name, out: param.num_output, relu: false },
    {
      weight: denseWeight(reshaped(stored, [rows, columns]), order),
      bias: bias(name, blobs, param.bias_term, param.num_output),
    },
  );
}

function addPooling(chain: Chain, { message }: CaffeLayer): void {
  const { name, pooling_param: param } = message;
  if (!param) throw new OperatorError(`${name}: expected pooling_param, found none`);
  if (param.pool !== 0 || param.global_pooling)
    throw new OperatorError(
      `${name}: expected max pooling, found ${param.global_pooling ? 'global' : 'another'} pooling`,
    );
  const side = (field: string): number => {
    const base = field.replace('_size', '');
    const sides = [param[`${base}_h`] ?? 0, param[`${base}_w`] ?? 0].filter((size) => size > 0);
    return sides.length > 0 ? square(name, field, sides) : (param[field] ?? 0);
  };
  if (side('pad') !== 0) chain.paddedPool = name;
  const ceil = param.round_mode === 0;
  chain.add({ type: 'maxpool', name, kernel: side('kernel_size'), stride: side('stride'), ceil });
}

function blob(name: string, blobs: StoredTensor[], index: number): StoredTensor {
  const found = blobs[index];
  if (!found)
    throw new OperatorError(`${name}.blobs[${index}]: expected weights, found ${blobs.length} blobs`);
  return found;
}

function bias(name: string, blobs: StoredTensor[], present: boolean, count: number): FloatLayer['bias'] {
  if (!present) return zeros(count);
  return permuted(reshaped(blob(name, blobs, 1), [count]), [0]);
}

/** Caffe's rule: (pixel - mean) * scale, mean per channel B, G, R where the data layer says it. */
function preprocessOf(layers: CaffeLayer[]): Preprocess {
  const transform = layers.find(({ message }) => message.transform_param?.mean_value.length === 3);
  const [blue, green, red] = transform?.message.transform_param?.mean_value ?? [];
  const scale = layers.find(({ message }) => message.transform_param)?.message.transform_param?.scale ?? 1;
  return {
    ...PREPROCESS.caffe,
    mean:
      red === undefined || green === undefined || blue === undefined
        ? [...PREPROCESS.caffe.mean]
        : [asDecimal(red), asDecimal(green), asDecimal(blue)],
    std: [1 / scale, 1 / scale, 1 / scale],
  };
}
