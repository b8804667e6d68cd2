// A chain of layers as Caffe and ONNX graphs describe it, collected into the engine's layer list. Both say
// ReLU as a layer of its own; here it belongs to the convolution or dense layer before it. Refuses what
// the engine has no kernel for, by name.
import type { Layer, Network } from '../../../src/network/layer.ts';
import type { Preprocess } from '../../../src/network/preprocess.ts';
import type { FloatLayer, FloatTensor } from '../../float-model.ts';
import { OperatorError } from '../../operator-error.ts';
import { networkShapes, type ReadNetwork, type ReadOptions, requireFit } from '../weight-file.ts';
import { type BatchNorm, foldBatchNorm } from './batch-norm.ts';
import { swapInputChannels } from './canonical.ts';
import type { PixelScale } from './pixel-scale.ts';
import { PREPROCESS } from './preprocess-presets.ts';
import { familyOf, findVariant, requireVariant, variantNetwork } from './variants.ts';

export class Chain {
  readonly layers: Layer[] = [];
  readonly weights: Record<string, FloatLayer> = {};
  /** Set where the graph pads a pool, which the engine cannot; a known variant has its own rule instead. */
  paddedPool: string | undefined;

  add(layer: Layer, weights?: FloatLayer): void {
    if (this.layers.some(({ name }) => name === layer.name))
      throw new OperatorError(`${layer.name}: expected one layer of this name, found two`);
    this.layers.push(layer);
    if (weights) this.weights[layer.name] = weights;
  }

  /** A ReLU layer `name`: must follow a convolution or a dense layer. */
  relu(name: string): void {
    const last = this.layers.at(-1);
    if (last?.type !== 'conv' && last?.type !== 'dense')
      throw new OperatorError(
        `${name}: expected ReLU after a convolution or a dense layer, found it after ${last?.type ?? 'the input'}`,
      );
    last.relu = true;
  }

  /** A normalisation with running statistics: must follow a convolution or a dense layer without ReLU. */
  batchNorm(label: string, norm: BatchNorm, epsilon: number): void {
    const { name, layer } = this.#lastLinear(label, 'a normalisation');
    this.weights[name] = foldBatchNorm(label, layer, norm, epsilon);
  }

  /** A bias as a step of its own: must follow a convolution or a dense layer without ReLU. */
  addBias(label: string, added: FloatTensor): void {
    const { name, layer } = this.#lastLinear(label, 'a bias');
    const { bias } = layer;
    if (added.shape.join() !== bias.shape.join())
      throw new OperatorError(`${label}: expected ${bias.shape} values, found ${added.shape.join('x')}`);
    const read = async () => {
      const more = await added.read();
      return (await bias.read()).map((value, i) => value + (more[i] as number));
    };
    this.weights[name] = { ...layer, bias: { shape: bias.shape, read } };
  }

  #lastLinear(label: string, what: string): { name: string; layer: FloatLayer } {
    const last = this.layers.at(-1);
    const layer = last && this.weights[last.name];
    if ((last?.type !== 'conv' && last?.type !== 'dense') || last.relu || !layer)
      throw new OperatorError(
        `${label}: expected ${what} after a convolution or a dense layer, found it after ${last?.type ?? 'the input'}`,
      );
    return { name: last.name, layer };
  }
}

/** A square window's single size; graphs may give height and width. Throws OperatorError unless they agree. */
export function square(name: string, field: string, sizes: number[]): number {
  const [first] = sizes;
  if (first === undefined || sizes.some((size) => size !== first))
    throw new OperatorError(
      `${name}: expected one ${field} for height and width, found ${sizes.join(', ') || 'none'}`,
    );
  return first;
}

/**
 * The network of a chain. Where it is a known variant, that variant's input size and pool rounding hold (the
 * ONNX zoo's graphs say 224 and pad pool5; their weights were trained for 227). `own` is the file's preprocessing, or
 * what its graph does to pixels, if it has one; weights of BGR networks are turned to RGB.
 */
export function readChain(
  chain: Chain,
  inputSize: number | undefined,
  options: ReadOptions,
  own?: Preprocess | PixelScale,
): ReadNetwork {
  const layers = chain.layers.some(({ type }) => type === 'softmax')
    ? chain.layers
    : [...chain.layers, { type: 'softmax' as const, name: 'prob' }];
  const variant = findVariant({ input: { size: inputSize ?? 0, channels: 3 }, layers });
  requireVariant(variant, options.variant);
  const chosen = preprocessOf(variant, options, own);
  const network: Network = variant
    ? likeVariant(layers, variantNetwork(variant))
    : { input: { size: requireInput(chain, inputSize), channels: 3 }, layers };
  requireFit(network, chain.weights);
  const crop = network.input.size;
  return {
    variant,
    network,
    preprocess: { ...chosen, crop },
    layers: chosen.trainedOn === 'BGR' ? withSwappedInput(network, chain.weights) : chain.weights,
  };
}

function preprocessOf(
  variant: ReadNetwork['variant'],
  options: ReadOptions,
  own: Preprocess | PixelScale | undefined,
): Preprocess {
  const given = options.preprocess && PREPROCESS[options.preprocess];
  if (own && 'resize' in own) return given ?? own;
  const base = given ?? (variant && PREPROCESS[familyOf(variant) === 'two-group' ? 'caffe' : 'torchvision']);
  if (!base)
    throw new OperatorError(
      `preprocess: expected --preprocess ${Object.keys(PREPROCESS).join('|')} for a network of no known variant, found none`,
    );
  return own ? own.of(base) : { ...base, mean: [...base.mean], std: [...base.std] };
}

function likeVariant(layers: Layer[], like: Network): Network {
  return {
    input: like.input,
    layers: layers.map((layer, index) => {
      const same = like.layers[index];
      return layer.type === 'maxpool' && same?.type === 'maxpool' ? { ...layer, ceil: same.ceil } : layer;
    }),
  };
}

function requireInput(chain: Chain, inputSize: number | undefined): number {
  if (chain.paddedPool)
    throw new OperatorError(`${chain.paddedPool}: expected a pool without padding, found one with padding`);
  if (inputSize === undefined) throw new OperatorError('input: expected a picture of known size, found none');
  return inputSize;
}

/** BGR weights to RGB: the first convolution's input channels are swapped. */
export function withSwappedInput(
  network: Network,
  weights: Record<string, FloatLayer>,
): Record<string, FloatLayer> {
  const [first] = networkShapes(network);
  const found = first && weights[first.layer.name];
  if (first?.layer.type !== 'conv' || !found)
    throw new OperatorError(
      `${first?.layer.name}: expected the first layer to be a convolution of BGR pixels`,
    );
  return { ...weights, [first.layer.name]: { ...found, weight: swapInputChannels(found.weight) } };
}
