// Weights without a graph: the names of the tensors tell the network and the layout. One row per naming:
//   conv1..conv5, fc6..fc8 `.weight` `.bias`              two groups  OIHW, (out, in), C,H,W
//   features.{0,3,6,8,10}, classifier.{1,4,6}             one group   OIHW, (out, in), C,H,W   (torchvision)
//   _conv1._conv.weight .. _fc8.bias                      one group   OIHW, (in, out), C,H,W   (PaddleClas)
//   conv1..fc8 -> [W, b]                                  two groups  HWIO, (in, out), H,W,C   (npy dictionaries)
import type { DenseLayer, Layer, Network, Shape } from '../../src/network/layer.ts';
import { inferShapes } from '../../src/network/shapes.ts';
import { type FloatLayer, ImportError } from '../float-model.ts';
import { denseWeight, permuted, reshaped, scaled } from './canonical.ts';
import { elementCount, type StoredTensor } from './stored-tensor.ts';
import {
  type Family,
  familyOf,
  requireVariant,
  type VariantName,
  variantNetwork,
  withWidths,
} from './variants.ts';

export interface Naming {
  family: Family;
  /** The variant when nobody says another one. */
  variant: VariantName;
  /** Tensor names of a layer. */
  weight(layer: string): string;
  bias(layer: string): string;
  conv: 'OIHW' | 'HWIO';
  dense: 'out-in' | 'in-out';
  flatten: 'CHW' | 'HWC';
}

const TORCHVISION: Record<string, string> = {
  conv1: 'features.0',
  conv2: 'features.3',
  conv3: 'features.6',
  conv4: 'features.8',
  conv5: 'features.10',
  fc6: 'classifier.1',
  fc7: 'classifier.4',
  fc8: 'classifier.6',
};

/** PaddleClas wraps the convolutions that a pooling follows. */
function paddleName(layer: string): string {
  return ['conv1', 'conv2', 'conv5'].includes(layer) ? `_${layer}._conv` : `_${layer}`;
}

export const NAMINGS: Record<'plain' | 'torchvision' | 'paddleclas' | 'pairs', Naming> = {
  plain: {
    family: 'two-group',
    variant: 'bvlc-alexnet',
    weight: (layer) => `${layer}.weight`,
    bias: (layer) => `${layer}.bias`,
    conv: 'OIHW',
    dense: 'out-in',
    flatten: 'CHW',
  },
  torchvision: {
    family: 'one-group',
    variant: 'torchvision',
    weight: (layer) => `${TORCHVISION[layer]}.weight`,
    bias: (layer) => `${TORCHVISION[layer]}.bias`,
    conv: 'OIHW',
    dense: 'out-in',
    flatten: 'CHW',
  },
  paddleclas: {
    family: 'one-group',
    variant: 'paddleclas',
    weight: (layer) => `${paddleName(layer)}.weight`,
    bias: (layer) => `${paddleName(layer)}.bias`,
    conv: 'OIHW',
    dense: 'in-out',
    flatten: 'CHW',
  },
  pairs: {
    family: 'two-group',
    variant: 'bvlc-alexnet',
    weight: (layer) => `${layer}[0]`,
    bias: (layer) => `${layer}[1]`,
    conv: 'HWIO',
    dense: 'in-out',
    flatten: 'HWC',
  },
};

export interface NamedNetwork {
  network: Network;
  variant: VariantName;
  layers: Record<string, FloatLayer>;
}

/**
 * The network whose weights these are, with the widths of the tensors. `variant` as asked for, or else the usual
 * one of the naming. Throws ImportError for unknown names, a missing or an extra layer, another family.
 */
export function namedNetwork(
  tensors: readonly StoredTensor[],
  wanted: VariantName | undefined,
): NamedNetwork {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const naming = Object.values(NAMINGS).find(({ weight }) => byName.has(weight('conv1')));
  if (!naming)
    throw new ImportError(
      `names: expected a first layer ${Object.values(NAMINGS)
        .map(({ weight }) => weight('conv1'))
        .join(' or ')}, found ${tensors[0]?.name ?? 'no tensor'}`,
    );
  const variant = wanted ?? naming.variant;
  if (familyOf(variant) !== naming.family) requireVariant(naming.variant, variant);
  const known = new Set<string>();
  const find = (name: string): StoredTensor => {
    known.add(name);
    const tensor = byName.get(name);
    if (!tensor) throw new ImportError(`tensor ${name}: expected it, found none of this name`);
    return tensor;
  };
  const layout = { conv: naming.conv, dense: naming.dense };
  const outputs = (layer: string): number => {
    const { shape } = find(naming.weight(layer));
    const isOutFirst = layer.startsWith('conv') ? layout.conv === 'OIHW' : layout.dense === 'out-in';
    return (isOutFirst ? shape[0] : shape.at(-1)) ?? 0;
  };
  const network = withWidths(variantNetwork(variant), outputs);
  const layers: Record<string, FloatLayer> = {};
  let spatial = true;
  for (const { layer, input } of inferShapes(network)) {
    if (layer.type !== 'conv' && layer.type !== 'dense') continue;
    const stored = find(naming.weight(layer.name));
    const bias = find(naming.bias(layer.name));
    const weight =
      layer.type === 'conv'
        ? permuted(stored, naming.conv === 'OIHW' ? [0, 1, 2, 3] : [3, 2, 0, 1])
        : denseWeight(stored, naming.dense, flattenedInput(naming, spatial, input));
    if (layer.type === 'dense') spatial = false;
    layers[layer.name] = {
      weight: isHalved(variant, layer) ? scaled(weight, 0.5) : weight,
      bias: permuted(reshaped(bias, [elementCount(bias.name, bias.shape)]), [0]),
    };
  }
  const extra = tensors.find(({ name }) => !known.has(name));
  if (extra)
    throw new ImportError(`tensor ${extra.name}: expected a layer of ${variant}, found an unknown one`);
  return { network, variant, layers };
}

function flattenedInput(naming: Naming, spatial: boolean, input: Shape): Shape | undefined {
  return naming.flatten === 'HWC' && spatial ? input : undefined;
}

/** PaddleClas' dropout keeps its scale while training and halves the activations before fc6 and fc7 afterwards. */
function isHalved(variant: VariantName, layer: DenseLayer | Layer): boolean {
  return variant === 'paddleclas' && (layer.name === 'fc6' || layer.name === 'fc7');
}
