// Caffe's trained networks (NetParameter): layers with their parameters and blobs, in the older form
// (`layers`, numbered types) and the newer (`layer`, named types). Blobs are (out, in/groups, kh, kw);
// dense ones 1,1,out,in in old files. Legacy dimensions win when present. Source: caffe.proto of Caffe.
import type { Preprocess } from '../../../src/network/preprocess.ts';
import type { FloatLayer } from '../../float-model.ts';
import { OperatorError } from '../../operator-error.ts';
import { denseWeight, permuted, reshaped, zeros } from '../canonical.ts';
import { Chain, readChain, square } from '../graph.ts';
import { PREPROCESS } from '../preprocess-presets.ts';
import { appendInts, decodeMessage, loadSchema, type Span, scanFields, textOf } from '../protobuf-scan.ts';
import type { SourceFile } from '../source-file.ts';
import { type StoredTensor, tensorAt } from '../stored-tensor.ts';
import type { WeightFile } from '../weight-file.ts';

const schema = loadSchema('caffe/caffe.proto');
const FORMS = {
  older: { field: 2, blobs: 6, type: schema.lookupType('V1LayerParameter'), name: 'layers' },
  newer: { field: 100, blobs: 7, type: schema.lookupType('LayerParameter'), name: 'layer' },
};

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

interface CaffeLayer {
  message: LayerMessage;
  type: string;
  blobs: StoredTensor[];
}

/** Reads the layers' parameters and the places of their blobs. */
export function readCaffemodel(source: SourceFile): WeightFile {
  const layers: CaffeLayer[] = [];
  const forms = new Set<string>();
  const inputs: string[] = [];
  let netName = '';
  for (const field of scanFields(source, { position: 0, length: source.size }, 'NetParameter')) {
    if (field.number === 1) netName = textOf(source, field, 'NetParameter.name');
    if (field.number === 3) inputs.push(textOf(source, field, 'NetParameter.input'));
    for (const form of Object.values(FORMS)) {
      if (field.number !== form.field) continue;
      forms.add(form.name);
      const what = `NetParameter.${form.name}[${layers.length}]`;
      layers.push(readLayer(source, field, form, what));
    }
  }
  if (layers.length === 0) throw new OperatorError('NetParameter: expected layers, found none');
  return {
    form: 'caffemodel',
    detail: `Caffe NetParameter ${JSON.stringify(netName)}, ${layers.length} entries of \`${[...forms].join('`, `')}\``,
    tensors: layers.flatMap(({ blobs }) => blobs),
    read: (options) => {
      const chain = new Chain();
      let current = inputs;
      for (const layer of layers) current = addLayer(chain, layer, current);
      return readChain(chain, PREPROCESS.caffe.crop, options, preprocessOf(layers));
    },
  };
}

function readLayer(source: SourceFile, span: Span, form: typeof FORMS.older, what: string): CaffeLayer {
  const message = decodeMessage<LayerMessage>(source, span, form.type, what, [form.blobs]);
  const blobs: StoredTensor[] = [];
  for (const field of scanFields(source, span, what)) {
    if (field.number === form.blobs)
      blobs.push(readBlob(source, field, `${message.name}.blobs[${blobs.length}]`));
  }
  const type = typeof message.type === 'number' ? OLD_TYPES[message.type] : message.type;
  return { message, type: type ?? `type ${message.type}`, blobs };
}

/** BlobProto: num, channels, height, width = 1..4, data = 5 (packed floats), shape = 7 { dim = 1 }. */
function readBlob(source: SourceFile, span: Span, name: string): StoredTensor {
  const legacy = new Map<number, number>();
  const dims: number[] = [];
  let data: Span | undefined;
  for (const field of scanFields(source, span, name)) {
    if (field.number <= 4) legacy.set(field.number, field.value);
    if (field.number === 5) {
      if (field.wire !== 2 || data)
        throw new OperatorError(`${name}.data: expected one packed run of floats, found several`);
      data = field;
    }
    if (field.number === 7)
      for (const part of scanFields(source, field, `${name}.shape`))
        if (part.number === 1) appendInts(source, part, dims, `${name}.shape`);
  }
  if (!data) throw new OperatorError(`${name}.data: expected float weights, found none`);
  const shape = legacy.size > 0 ? [1, 2, 3, 4].map((number) => legacy.get(number) ?? 0) : dims;
  return tensorAt(source, name, shape, 'F32', data.position, data.length);
}

/** Appends one layer to the chain; returns the names of the activation that the next layer must read. */
function addLayer(chain: Chain, layer: CaffeLayer, current: string[]): string[] {
  const { message, type } = layer;
  const top = message.top.slice(0, 1);
  switch (type) {
    case 'Data':
    case 'ImageData':
    case 'MemoryData':
    case 'Input':
      return top;
    case 'Accuracy':
    case 'Silence':
      return current;
    default:
      if (!current.includes(message.bottom[0] ?? ''))
        throw new OperatorError(
          `${message.name}: expected the input ${current.join(' or ') || 'of a data layer'}, found ${message.bottom[0] ?? 'none'}`,
        );
  }
  switch (type) {
    case 'Dropout':
      return top;
    case 'Split':
      // One of the copies goes on, the others feed accuracies and losses: all carry the same values.
      return [...current, ...message.top];
    case 'Convolution':
      addConvolution(chain, layer);
      return top;
    case 'InnerProduct':
      addInnerProduct(chain, layer);
      return top;
    case 'ReLU':
      if (message.relu_param && message.relu_param.negative_slope !== 0)
        throw new OperatorError(
          `${message.name}: expected negative_slope 0, found ${message.relu_param.negative_slope}`,
        );
      chain.relu(message.name);
      return top;
    case 'LRN': {
      const lrn = message.lrn_param ?? { local_size: 5, alpha: 1, beta: 0.75, norm_region: 0, k: 1 };
      if (lrn.norm_region !== 0)
        throw new OperatorError(
          `${message.name}: expected norm_region ACROSS_CHANNELS, found WITHIN_CHANNEL`,
        );
      const { alpha, beta, k } = lrn;
      chain.add({
        type: 'lrn',
        name: message.name,
        size: lrn.local_size,
        alpha: tidy(alpha),
        beta: tidy(beta),
        k: tidy(k),
      });
      return top;
    }
    case 'Pooling':
      addPooling(chain, message);
      return top;
    case 'Softmax':
    case 'SoftmaxWithLoss':
      chain.add({ type: 'softmax', name: message.name });
      return current;
    default:
      throw new OperatorError(`${message.name}: expected a layer of a classifier chain, found ${type}`);
  }
}

/** A float32 parameter as the decimal number that was meant: 0.0001 and not 0.00009999999747378752. */
export function tidy(value: number): number {
  return Number(value.toPrecision(7));
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

function addPooling(chain: Chain, message: LayerMessage): void {
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
  const said = layers.find(({ message }) => message.transform_param?.mean_value.length === 3);
  const [blue, green, red] = said?.message.transform_param?.mean_value ?? [];
  const scale = layers.find(({ message }) => message.transform_param)?.message.transform_param?.scale ?? 1;
  return {
    ...PREPROCESS.caffe,
    mean:
      red === undefined || green === undefined || blue === undefined
        ? [...PREPROCESS.caffe.mean]
        : [tidy(red), tidy(green), tidy(blue)],
    std: [1 / scale, 1 / scale, 1 / scale],
  };
}
