// A chain of layers as Caffe and ONNX graphs describe it, collected into the engine's layer list. Both say
// ReLU as a layer of its own; here it belongs to the convolution or dense layer before it. Refuses what
// the engine has no kernel for, by name.
import type { Layer, Network } from '../../src/network/layer.ts';
import type { Preprocess } from '../../src/network/preprocess.ts';
import type { FloatLayer } from '../float-model.ts';
import { OperatorError } from '../operator-error.ts';
import { swapInputChannels } from './canonical.ts';
import { PREPROCESS } from './preprocess-presets.ts';
import { familyOf, findVariant, requireVariant, variantNetwork } from './variants.ts';
import { networkShapes, type ReadNetwork, type ReadOptions, requireFit } from './weight-file.ts';

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
 * ONNX zoo's graphs say 224 and pad pool5; their weights were trained for 227). `preprocess` is the
 * file's own, if it has one; weights of BGR networks are turned to RGB.
 */
export function readChain(
  chain: Chain,
  inputSize: number | undefined,
  options: ReadOptions,
  preprocess?: Preprocess,
): ReadNetwork {
  const layers = chain.layers.some(({ type }) => type === 'softmax')
    ? chain.layers
    : [...chain.layers, { type: 'softmax' as const, name: 'prob' }];
  const variant = findVariant({ input: { size: inputSize ?? 0, channels: 3 }, layers });
  requireVariant(variant, options.variant);
  const chosen = preprocessOf(variant, options, preprocess);
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
  own: Preprocess | undefined,
): Preprocess {
  if (options.preprocess) return PREPROCESS[options.preprocess];
  if (own) return own;
  if (variant) return PREPROCESS[familyOf(variant) === 'two-group' ? 'caffe' : 'torchvision'];
  throw new OperatorError(
    `preprocess: expected --preprocess ${Object.keys(PREPROCESS).join('|')} for a network of no known variant, found none`,
  );
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
