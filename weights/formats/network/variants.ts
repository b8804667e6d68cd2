// The known networks of the AlexNet family, as layer lists with the published widths. A file may have other
// widths (`withWidths`); a file with a graph is compared with these (`findVariant`), one without is read
// as one of them. Sources: Krizhevsky et al. 2012 (k = 2); Caffe's bvlc_alexnet (k = 1, norm before pool)
// and bvlc_reference_caffenet (pool before norm); Krizhevsky 2014 as torchvision and PaddleClas have it.
import type { Layer, Network } from '../../../src/network/layer.ts';
import { OperatorError } from '../../operator-error.ts';

export const VARIANTS = ['bvlc-alexnet', 'caffenet', 'paper', 'torchvision', 'paddleclas'] as const;
export type VariantName = (typeof VARIANTS)[number];

/** Two groups, trained for crops of 227; one group, trained for crops of 224. */
export type Family = 'two-group' | 'one-group';

export function familyOf(variant: VariantName): Family {
  return variant === 'torchvision' || variant === 'paddleclas' ? 'one-group' : 'two-group';
}

/** The network of a variant with its published widths and 1000 classes. */
export function variantNetwork(variant: VariantName): Network {
  switch (variant) {
    case 'bvlc-alexnet':
      return twoGroups(true, 1);
    case 'caffenet':
      return twoGroups(false, 1);
    case 'paper':
      return twoGroups(true, 2);
    default:
      return oneGroup();
  }
}

/**
 * The variant that a graph is, by the order and the parameters of its layers; names, widths, input size and
 * the rounding of pools do not count: exporters write those in several ways. Undefined for another network.
 */
export function findVariant(network: Network): VariantName | undefined {
  const wanted = network.layers.map(signature).join('\n');
  return VARIANTS.find((variant) => variantNetwork(variant).layers.map(signature).join('\n') === wanted);
}

/** The same layers with `out` as the file's weights have it. */
export function withWidths(network: Network, width: (layer: string) => number): Network {
  return {
    ...network,
    layers: network.layers.map((layer) =>
      layer.type === 'conv' || layer.type === 'dense' ? { ...layer, out: width(layer.name) } : layer,
    ),
  };
}

/** One group where a convolution's weights read all channels (one tower); `inputs` are those of one output. */
export function withGroups(network: Network, inputs: (layer: string) => number | undefined): Network {
  let channels = network.input.channels as number;
  return {
    ...network,
    layers: network.layers.map((layer) => {
      if (layer.type !== 'conv') return layer;
      const whole = inputs(layer.name) === channels;
      channels = layer.out;
      return whole ? { ...layer, groups: 1 } : layer;
    }),
  };
}

/** Throws OperatorError unless the file's network is the one that was asked for. */
export function requireVariant(found: VariantName | undefined, wanted: VariantName | undefined): void {
  if (wanted !== undefined && wanted !== found)
    throw new OperatorError(`variant: expected ${wanted}, found ${found ?? 'another network'}`);
}

function signature(layer: Layer): string {
  const { name: _, ...rest } = layer;
  const fields = Object.entries(rest).filter(([key]) => key !== 'out' && key !== 'ceil');
  // Graphs hold float32 parameters: 1e-4 comes back as 9.999999747e-5.
  return fields
    .map(([key, value]) => `${key} ${typeof value === 'number' ? Number(value.toPrecision(6)) : value}`)
    .sort()
    .join(', ');
}

function conv(name: string, kernel: number, stride: number, pad: number, groups: number, out: number): Layer {
  return { type: 'conv', name, kernel, stride, pad, groups, out, relu: true };
}

function pool(name: string, ceil: boolean): Layer {
  return { type: 'maxpool', name, kernel: 3, stride: 2, ceil };
}

function dense(name: string, out: number, relu: boolean): Layer {
  return { type: 'dense', name, out, relu };
}

function twoGroups(normBeforePool: boolean, k: number): Network {
  const between = (index: number): Layer[] => {
    const norm: Layer = { type: 'lrn', name: `norm${index}`, size: 5, alpha: 1e-4, beta: 0.75, k };
    return normBeforePool ? [norm, pool(`pool${index}`, true)] : [pool(`pool${index}`, true), norm];
  };
  return {
    input: { size: 227, channels: 3 },
    layers: [
      conv('conv1', 11, 4, 0, 1, 96),
      ...between(1),
      conv('conv2', 5, 1, 2, 2, 256),
      ...between(2),
      conv('conv3', 3, 1, 1, 1, 384),
      conv('conv4', 3, 1, 1, 2, 384),
      conv('conv5', 3, 1, 1, 2, 256),
      pool('pool5', true),
      dense('fc6', 4096, true),
      dense('fc7', 4096, true),
      dense('fc8', 1000, false),
      { type: 'softmax', name: 'prob' },
    ],
  };
}

function oneGroup(): Network {
  return {
    input: { size: 224, channels: 3 },
    layers: [
      conv('conv1', 11, 4, 2, 1, 64),
      pool('pool1', false),
      conv('conv2', 5, 1, 2, 1, 192),
      pool('pool2', false),
      conv('conv3', 3, 1, 1, 1, 384),
      conv('conv4', 3, 1, 1, 1, 256),
      conv('conv5', 3, 1, 1, 1, 256),
      pool('pool5', false),
      dense('fc6', 4096, true),
      dense('fc7', 4096, true),
      dense('fc8', 1000, false),
      { type: 'softmax', name: 'prob' },
    ],
  };
}
