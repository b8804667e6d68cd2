// From the layers of a Keras model to a chain: what each class is among the engine's layers. `same` padding is taken
// where it is the same on both sides. A normalisation across channels is a Lambda in Keras, which says nothing of
// itself: such a file needs --variant.
import { OperatorError } from '../../operator-error.ts';
import { denseWeight, permuted, reshaped, zeros } from '../network/canonical.ts';
import { Chain, square } from '../network/graph.ts';
import { PixelScale } from '../network/pixel-scale.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { networkShapes } from '../weight-file.ts';
import { activationOf, type KerasLayer } from './config.ts';

interface Walk {
  chain: Chain;
  pixels: PixelScale;
  tensors: Map<string, StoredTensor>;
  inputSize: number | undefined;
  /** Zeros that a layer of their own puts around the next one. */
  padding: number;
}

/** Throws OperatorError for a layer that the engine does not have. */
export function chainOf(
  layers: KerasLayer[],
  tensors: StoredTensor[],
): { chain: Chain; inputSize: number | undefined; pixels: PixelScale } {
  const walk: Walk = {
    chain: new Chain(),
    pixels: new PixelScale(),
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    inputSize: undefined,
    padding: 0,
  };
  for (const layer of layers) {
    const shape = layer.settings.batch_input_shape ?? layer.settings.batch_shape;
    if (shape?.length === 4 && typeof shape[1] === 'number') walk.inputSize ??= shape[1];
    if (layer.settings.data_format === 'channels_first')
      throw new OperatorError(`${layer.name}: expected channels_last, found channels_first`);
    const add = CLASSES[layer.type];
    if (!add)
      throw new OperatorError(
        `${layer.name.slice(0, 64)}: expected a layer of a classifier chain, found ${layer.type.slice(0, 64)}: --variant takes the weights in their order`,
      );
    add(walk, layer);
  }
  return walk;
}

const nothing = () => undefined;

const CLASSES: Record<string, (walk: Walk, layer: KerasLayer) => void> = {
  InputLayer: nothing,
  Dropout: nothing,
  SpatialDropout2D: nothing,
  Flatten: nothing,
  RandomFlip: nothing,
  RandomCrop: nothing,
  RandomRotation: nothing,
  RandomZoom: nothing,
  Conv2D: addConvolution,
  Convolution2D: addConvolution,
  Dense: addDense,
  MaxPooling2D: addPool,
  BatchNormalization: addBatchNorm,
  ZeroPadding2D: (walk, { name, settings: { padding } }) => {
    walk.padding += square(name, 'padding', [padding].flat(2).map(Number));
  },
  Rescaling: ({ pixels }, { name, settings: { scale, offset } }) => {
    const numbers = (said: unknown, otherwise: number) => [said ?? otherwise].flat(2).map(Number);
    if ([scale, offset].flat(2).some((each) => typeof each === 'object'))
      throw new OperatorError(`${name}: expected numbers as scale and offset, found other values`);
    pixels.apply('Mul', numbers(scale, 1));
    pixels.apply('Add', numbers(offset, 0));
  },
  ReLU: ({ chain }, { name }) => chain.relu(name),
  Softmax: ({ chain }, { name }) => chain.add({ type: 'softmax', name }),
  Activation: activate,
};

function activate({ chain }: Walk, layer: KerasLayer): void {
  const name = activationOf(layer);
  if (name === 'relu' || name === 'ReLU') chain.relu(layer.name);
  else if (name === 'softmax') chain.add({ type: 'softmax', name: `${layer.name}-softmax` });
  else if (name !== 'linear')
    throw new OperatorError(`${layer.name}: expected relu, softmax or linear, found ${name.slice(0, 64)}`);
}

function stored({ tensors }: Walk, name: string, endings: string[]): StoredTensor | undefined {
  return endings.map((ending) => tensors.get(`${name}/${ending}`)).find((found) => found);
}

function weightOf(walk: Walk, name: string): StoredTensor {
  const found = stored(walk, name, ['kernel', 'W']);
  if (!found) throw new OperatorError(`${name}/kernel: expected a tensor of this name, found none`);
  return found;
}

function biasOf(walk: Walk, name: string, out: number) {
  const found = stored(walk, name, ['bias', 'b']);
  return found ? permuted(reshaped(found, [out]), [0]) : zeros(out);
}

function addConvolution(walk: Walk, layer: KerasLayer): void {
  const { name, settings } = layer;
  const kernel = square(name, 'kernel_size', [settings.kernel_size ?? []].flat());
  const stride = square(name, 'strides', [settings.strides ?? 1].flat());
  if ([settings.dilation_rate].flat().some((rate) => rate !== 1))
    throw new OperatorError(`${name}: expected dilation 1, found ${settings.dilation_rate}`);
  const same = settings.padding === 'same';
  if ((settings.padding ?? 'valid') !== 'valid' && !same)
    throw new OperatorError(`${name}: expected padding valid or same, found another`);
  if (same && (stride !== 1 || kernel % 2 === 0 || walk.padding > 0))
    throw new OperatorError(
      `${name}: expected padding that is the same on both sides, found same with stride ${stride}`,
    );
  const weight = weightOf(walk, name);
  const out = weight.shape[3] ?? 0;
  walk.chain.add(
    {
      type: 'conv',
      name,
      kernel,
      stride,
      pad: same ? (kernel - 1) / 2 : walk.padding,
      groups: settings.groups,
      out,
      relu: false,
    },
    { weight: permuted(weight, [3, 2, 0, 1]), bias: biasOf(walk, name, out) },
  );
  walk.padding = 0;
  activate(walk, layer);
}

function addDense(walk: Walk, layer: KerasLayer): void {
  const { name } = layer;
  const weight = weightOf(walk, name);
  const out = weight.shape[1] ?? 0;
  const first = walk.chain.layers.every(({ type }) => type !== 'dense');
  const spatial = first ? spatialOutput(walk) : undefined;
  walk.chain.add(
    { type: 'dense', name, out, relu: false },
    { weight: denseWeight(weight, 'in-out', spatial), bias: biasOf(walk, name, out) },
  );
  activate(walk, layer);
}

/** Shape of the last spatial layer: what Flatten flattens, H,W,C. */
function spatialOutput({ chain, inputSize }: Walk) {
  if (inputSize === undefined)
    throw new OperatorError('batch_shape: expected the height and width of a picture, found none');
  return networkShapes({ input: { size: inputSize, channels: 3 }, layers: chain.layers }).at(-1)?.output;
}

function addPool(walk: Walk, { name, settings }: KerasLayer): void {
  const kernel = square(name, 'pool_size', [settings.pool_size ?? 2].flat());
  const stride = square(name, 'strides', [settings.strides ?? kernel].flat());
  if ((settings.padding ?? 'valid') !== 'valid' || walk.padding > 0)
    throw new OperatorError(`${name}: expected a pool without padding, found one with padding`);
  walk.chain.add({ type: 'maxpool', name, kernel, stride, ceil: false });
}

function addBatchNorm(walk: Walk, { name, settings: { epsilon } }: KerasLayer): void {
  const part = (ending: string): StoredTensor | undefined => stored(walk, name, [ending]);
  const mean = part('moving_mean');
  const variance = part('moving_variance');
  if (!mean || !variance)
    throw new OperatorError(`${name}: expected moving_mean and moving_variance, found others`);
  const count = mean.shape[0] ?? 0;
  const vector = (tensor: StoredTensor) => permuted(reshaped(tensor, [count]), [0]);
  const gamma = part('gamma');
  const beta = part('beta');
  walk.chain.batchNorm(
    name,
    {
      gamma: gamma ? vector(gamma) : { shape: [count], read: async () => new Float32Array(count).fill(1) },
      beta: beta ? vector(beta) : zeros(count),
      mean: vector(mean),
      variance: vector(variance),
    },
    epsilon,
  );
}
