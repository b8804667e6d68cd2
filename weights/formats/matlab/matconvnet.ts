// MatConvNet's SimpleNN models (imagenet-caffe-alex.mat and its kind): a cell of structs, a layer each. Filters are
// (height, width, channels of a group, outputs), column-major; dense layers are convolutions over their whole input;
// a normalisation's alpha is that of one channel. Pictures are RGB, 0..255, less an average picture or colour.
// Source: MatConvNet's manual, sections 4 and 5. Refuses DagNN models and other layers by name.
import type { Shape } from '../../../src/network/layer.ts';
import type { Preprocess } from '../../../src/network/preprocess.ts';
import type { FloatTensor } from '../../float-model.ts';
import { OperatorError } from '../../operator-error.ts';
import { asDecimal } from '../element-type.ts';
import type { LoadedFile } from '../loaded-file.ts';
import { permuted, reshaped, zeros } from '../network/canonical.ts';
import { Chain, readChain, square } from '../network/graph.ts';
import { PREPROCESS } from '../network/preprocess-presets.ts';
import { columnMajor, type StoredTensor, tensorOf } from '../stored-tensor.ts';
import { networkShapes, type WeightFile } from '../weight-file.ts';
import { type MatArray, readMat5 } from './mat5.ts';

type Fields = Record<string, MatArray>;

export function isMatlab(bytes: Buffer): boolean {
  return bytes.subarray(0, 19).toString('latin1') === 'MATLAB 5.0 MAT-file';
}

export function readMatConvNet({ bytes }: LoadedFile): WeightFile {
  const variables = readMat5(bytes);
  const net = variables.get('net')?.structs?.[0];
  const root: Fields = net ?? Object.fromEntries(variables);
  const layers = (root.layers?.cells ?? []).map((cell) => cell.structs?.[0] ?? {});
  if (layers.length === 0)
    throw new OperatorError(
      `layers: expected a cell of MatConvNet's layers (a SimpleNN), found ${[...variables.keys()].join(', ').slice(0, 80) || 'none'}`,
    );
  const meta = root.meta?.structs?.[0] ?? root;
  const normalization = meta.normalization?.structs?.[0] ?? {};
  const names = layers.map((layer, index) => layer.name?.text ?? `layer${index + 1}`);
  const tensors = layers.flatMap((layer, index) => weightsOf(layer, names[index] as string));
  return {
    form: 'mat',
    detail: `MatConvNet, ${layers.length} layers`,
    tensors,
    read: (options) => {
      const size = normalization.imageSize?.numbers?.[0] ?? 227;
      const chain = new Chain();
      layers.forEach((layer, index) => {
        addLayer(chain, size, layer, names[index] as string);
      });
      const average = averageOf(normalization.averageImage);
      const found = readChain(chain, size, options, average.preprocess);
      const image = options.preprocess ? undefined : average.image;
      const labels = labelsOf(meta.classes?.structs?.[0]);
      return { ...found, ...(image ? { meanImage: image } : {}), ...(labels ? { labels } : {}) };
    },
  };
}

/** Filters and biases of a layer: a cell `weights`, or in older files two fields. */
function weightsOf(layer: Fields, name: string): StoredTensor[] {
  const parts = layer.weights?.cells ?? [layer.filters, layer.biases].flatMap((each) => each ?? []);
  return parts.flatMap((array, index) => tensorOfArray(`${name}/${index}`, array) ?? []);
}

function tensorOfArray(name: string, { floats, shape }: MatArray): StoredTensor | undefined {
  return floats && tensorOf(name, shape, floats.type, floats.bytes, columnMajor(shape));
}

function addLayer(chain: Chain, size: number, layer: Fields, name: string): void {
  const type = layer.type?.text ?? 'none';
  if (type === 'conv') addConvolution(chain, size, layer, name);
  else if (type === 'relu') chain.relu(name);
  else if (type === 'pool') addPool(chain, layer, name);
  else if (type === 'lrn' || type === 'normalize') {
    const [window = 0, k = 0, alpha = 0, beta = 0] = layer.param?.numbers ?? [];
    chain.add({
      type: 'lrn',
      name,
      size: window,
      alpha: asDecimal(alpha * window),
      beta: asDecimal(beta),
      k: asDecimal(k),
    });
  } else if (type === 'softmax' || type === 'softmaxloss') chain.add({ type: 'softmax', name });
  else if (type !== 'dropout')
    throw new OperatorError(
      `${name.slice(0, 64)}: expected a layer of a classifier chain, found ${type.slice(0, 64)}`,
    );
}

function numbers(layer: Fields, field: string, otherwise: number): number[] {
  const found = layer[field]?.numbers ?? [];
  return found.length > 0 ? found : [otherwise];
}

function addConvolution(chain: Chain, size: number, layer: Fields, name: string): void {
  const [weight, bias] = weightsOf(layer, name);
  if (!weight) throw new OperatorError(`${name}/0: expected filters, found none`);
  const [height = 1, width = 1, channels = 1, out = 1] = weight.shape;
  const whole = reshaped(weight, [height, width, channels, out]);
  const input = outputOf(chain, size);
  const pad = square(name, 'pad', numbers(layer, 'pad', 0));
  const stride = square(name, 'stride', numbers(layer, 'stride', 1));
  const canonical = permuted(whole, [3, 2, 0, 1]);
  const biases = bias ? permuted(reshaped(bias, [out]), [0]) : zeros(out);
  const dense = height === input.height && width === input.width && pad === 0 && channels === input.channels;
  if (dense)
    chain.add(
      { type: 'dense', name, out, relu: false },
      { weight: { ...canonical, shape: [out, channels * height * width] }, bias: biases },
    );
  else
    chain.add(
      {
        type: 'conv',
        name,
        kernel: square(name, 'filter', [height, width]),
        stride,
        pad,
        groups: input.channels / channels,
        out,
        relu: false,
      },
      { weight: canonical, bias: biases },
    );
}

function outputOf({ layers }: Chain, size: number): Shape {
  const before =
    layers.length === 0 ? undefined : networkShapes({ input: { size, channels: 3 }, layers }).at(-1);
  return before?.output ?? { height: size, width: size, channels: 3 };
}

/** A padding of one at the bottom and the right is how Caffe's rounding is written. */
function addPool(chain: Chain, layer: Fields, name: string): void {
  const method = layer.method?.text ?? 'max';
  if (method !== 'max')
    throw new OperatorError(`${name}: expected max pooling, found ${method.slice(0, 32)}`);
  const pad = numbers(layer, 'pad', 0);
  const ceil = pad.join() === '0,1,0,1';
  if (!ceil && pad.some((side) => side !== 0)) chain.paddedPool = name;
  const kernel = square(name, 'pool', numbers(layer, 'pool', 3));
  chain.add({
    type: 'maxpool',
    name,
    kernel,
    stride: square(name, 'stride', numbers(layer, 'stride', 1)),
    ceil,
  });
}

/** The average picture (height, width, 3) as C,H,W, its mean colour as the preprocessing's; or only a colour. */
function averageOf(array: MatArray | undefined): { preprocess: Preprocess; image?: FloatTensor } {
  const stored = array && tensorOfArray('averageImage', array);
  const base = PREPROCESS['rgb-mean'];
  if (!stored) return { preprocess: { ...base, mean: [...base.mean], std: [...base.std] } };
  const [height = 0, width = 0, channels = 1] = stored.shape;
  if (stored.shape.length === 3 && channels === 3 && height > 1)
    return {
      preprocess: { ...base, mean: [...base.mean], std: [...base.std] },
      image: permuted(reshaped(stored, [height, width, 3]), [2, 0, 1]),
    };
  const [red, green, blue] = array.numbers ?? [];
  if (red === undefined || green === undefined || blue === undefined)
    throw new OperatorError(`averageImage: expected a picture or a colour, found ${stored.shape.join('x')}`);
  return {
    preprocess: { ...base, mean: [asDecimal(red), asDecimal(green), asDecimal(blue)], std: [...base.std] },
  };
}

/** Synsets and descriptions, where the model has them. */
function labelsOf(classes: Fields | undefined): { synset: string; words: string }[] | undefined {
  const synsets = classes?.name?.cells?.map(({ text }) => text ?? '');
  const words = classes?.description?.cells?.map(({ text }) => text ?? '');
  if (!synsets || !words || synsets.length !== words.length) return undefined;
  return synsets.map((synset, index) => ({ synset, words: words[index] ?? synset }));
}
