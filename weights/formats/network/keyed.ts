// Files without a graph: the names of their tensors say which network they are and in which layout. Four
// naming schemes are known:
//   plain        conv1.weight .. fc8.bias                      OIHW, (out, in)
//   torchvision  features.0.weight .. classifier.6.bias        OIHW, (out, in)
//   paddleclas   _conv1._conv.weight, _conv3.weight .. _fc8    OIHW, (in, out); halves the inputs of fc6 and fc7
//   dictionary   conv1/0 (W), conv1/1 (b) .. fc8/1             HWIO, (in, out), fc6 reads H,W,C
// Tensors of other names are matched by shape and order (ordered.ts).
import { excerpt } from '../../../src/errors.ts';
import type { Network } from '../../../src/network/layer.ts';
import type { Label, Preprocess } from '../../../src/network/preprocess.ts';
import type { FloatLayer } from '../../float-model.ts';
import { inWords, OperatorError } from '../../operator-error.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { networkShapes, type ReadNetwork, type ReadOptions, requireFit } from '../weight-file.ts';
import { denseWeight, permuted, reshaped, scaled } from './canonical.ts';
import { withSwappedInput } from './graph.ts';
import { matchByOrder } from './ordered.ts';
import { PREPROCESS, type PreprocessName } from './preprocess-presets.ts';
import { withoutPrefixes } from './tensor-names.ts';
import {
  familyOf,
  findVariant,
  type VariantName,
  variantNetwork,
  withGroups,
  withWidths,
} from './variants.ts';

interface Scheme {
  variant: VariantName;
  preprocess: PreprocessName;
  /** Key of a layer's tensors without the ending. */
  key(layer: string): string;
  weight: string;
  bias: string;
  conv: number[];
  dense: 'out-in' | 'in-out';
  flatten: 'CHW' | 'HWC';
  /** Factor on the weights of a layer. */
  factor?: Record<string, number>;
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

const POOLED = ['conv1', 'conv2', 'conv5'];
const OIHW = [0, 1, 2, 3];
const HWIO = [3, 2, 0, 1];

const SCHEMES: Scheme[] = [
  {
    variant: 'bvlc-alexnet',
    preprocess: 'rgb-mean',
    key: (layer) => layer,
    weight: '.weight',
    bias: '.bias',
    conv: OIHW,
    dense: 'out-in',
    flatten: 'CHW',
  },
  {
    variant: 'torchvision',
    preprocess: 'torchvision',
    key: (layer) => TORCHVISION[layer] ?? layer,
    weight: '.weight',
    bias: '.bias',
    conv: OIHW,
    dense: 'out-in',
    flatten: 'CHW',
  },
  {
    variant: 'paddleclas',
    preprocess: 'torchvision',
    key: (layer) => `_${layer}${POOLED.includes(layer) ? '._conv' : ''}`,
    weight: '.weight',
    bias: '.bias',
    conv: OIHW,
    dense: 'in-out',
    flatten: 'CHW',
    factor: { fc6: 0.5, fc7: 0.5 },
  },
  ...[
    ['/0', '/1'],
    ['/weights', '/biases'],
  ].map(
    ([weight = '', bias = '']): Scheme => ({
      variant: 'bvlc-alexnet',
      preprocess: 'caffe',
      key: (layer) => layer,
      weight,
      bias,
      conv: HWIO,
      dense: 'in-out',
      flatten: 'HWC',
    }),
  ),
];

/** What a file's own metadata say. */
export interface OwnDescription {
  lrn?: { size: number; alpha: number; beta: number; k: number; before_pool: boolean };
  preprocess?: Preprocess;
  labels?: Label[];
}

/** The network that named tensors make. Throws OperatorError for other networks, missing or extra tensors. */
export function readKeyed(
  stored: StoredTensor[],
  options: ReadOptions,
  own: OwnDescription = {},
): ReadNetwork {
  const tensors = withoutPrefixes(stored);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const scheme = SCHEMES.find((each) => fitsScheme(each, byName));
  return scheme ? readScheme(scheme, byName, options, own) : readOrdered(tensors, options, own);
}

/** By its names, and for those that are only numbers also by their ranks; batch normalisation is in no scheme. */
function fitsScheme(scheme: Scheme, byName: ReadonlyMap<string, StoredTensor>): boolean {
  if (!byName.has(scheme.key('conv1') + scheme.weight)) return false;
  if ([...byName.keys()].some((name) => /running_mean$|moving_mean/.test(name))) return false;
  return scheme.variant !== 'torchvision' || !byName.has('features.4.weight');
}

function readOrdered(tensors: StoredTensor[], options: ReadOptions, own: OwnDescription): ReadNetwork {
  const { variant, network, layers, mapping } = matchByOrder(tensors, options.variant);
  requireFit(network, layers);
  if (!options.preprocess && !own.preprocess && familyOf(variant) === 'two-group')
    throw new OperatorError(
      `preprocess: expected --preprocess ${Object.keys(PREPROCESS).join('|')}, since these tensors do not say it, found none`,
    );
  return {
    ...prepared(network, layers, options, own, 'torchvision'),
    variant: findVariant(network),
    notes: [`matched by shape and order: ${mapping}`],
  };
}

/** The preprocessing that was chosen, and the layers turned to RGB. */
function prepared(
  network: Network,
  layers: Record<string, FloatLayer>,
  options: ReadOptions,
  own: OwnDescription,
  usual: PreprocessName,
): Pick<ReadNetwork, 'network' | 'preprocess' | 'layers' | 'labels'> {
  const preprocess = options.preprocess
    ? PREPROCESS[options.preprocess]
    : (own.preprocess ?? PREPROCESS[usual]);
  return {
    network,
    preprocess: { ...preprocess, crop: network.input.size },
    layers: preprocess.trainedOn === 'BGR' ? withSwappedInput(network, layers) : layers,
    ...(own.labels ? { labels: own.labels } : {}),
  };
}

function readScheme(
  scheme: Scheme,
  byName: Map<string, StoredTensor>,
  options: ReadOptions,
  own: OwnDescription,
): ReadNetwork {
  const wanted = options.variant ?? scheme.variant;
  if (familyOf(wanted) !== familyOf(scheme.variant))
    throw new OperatorError(`variant: expected ${wanted}, found the tensors of ${scheme.variant}`);
  const take = (layer: string, ending: string): StoredTensor => {
    const name = scheme.key(layer) + ending;
    const found = byName.get(name);
    if (!found) throw new OperatorError(`${name}: expected a tensor of this name, found none`);
    byName.delete(name);
    return found;
  };
  const base = withNorm(variantNetwork(wanted), own.lrn);
  const stored = new Map(
    base.layers
      .filter(({ type }) => type === 'conv' || type === 'dense')
      .map(({ name }) => [name, { weight: take(name, scheme.weight), bias: take(name, scheme.bias) }]),
  );
  const [extra] = byName.keys();
  if (extra !== undefined) throw new OperatorError(`${extra}: expected no further tensors, found this one`);
  const network = withGroups(
    withWidths(base, (layer) => elementsOfBias(stored.get(layer)?.bias)),
    (layer) => stored.get(layer)?.weight.shape[scheme.conv[1] ?? 1],
  );
  const layers = canonicalLayers(network, stored, scheme);
  requireFit(network, layers);
  return {
    ...prepared(network, layers, options, own, scheme.preprocess),
    variant: scheme.variant === 'paddleclas' ? 'paddleclas' : findVariant(network),
  };
}

function elementsOfBias(bias: StoredTensor | undefined): number {
  return bias?.shape.reduce((a, b) => a * b, 1) ?? 0;
}

function canonicalLayers(
  network: Network,
  stored: Map<string, { weight: StoredTensor; bias: StoredTensor }>,
  scheme: Scheme,
): Record<string, FloatLayer> {
  const layers: Record<string, FloatLayer> = {};
  for (const { layer, input } of networkShapes(network)) {
    const found = stored.get(layer.name);
    if (!found || (layer.type !== 'conv' && layer.type !== 'dense')) continue;
    const spatial = scheme.flatten === 'HWC' && input.height * input.width > 1 ? input : undefined;
    const weight =
      layer.type === 'conv'
        ? permuted(found.weight, scheme.conv)
        : denseWeight(found.weight, scheme.dense, spatial);
    const factor = scheme.factor?.[layer.name];
    layers[layer.name] = {
      weight: factor === undefined ? weight : scaled(weight, factor),
      bias: permuted(reshaped(found.bias, [layer.out]), [0]),
    };
  }
  return layers;
}

function withNorm(network: Network, lrn: OwnDescription['lrn']): Network {
  if (!lrn) return network;
  const { before_pool: beforePool, ...parameters } = lrn;
  const base = variantNetwork(beforePool ? 'bvlc-alexnet' : 'caffenet');
  return {
    ...base,
    layers: base.layers.map((layer) => (layer.type === 'lrn' ? { ...layer, ...parameters } : layer)),
  };
}

/** The metadata that the default model's file has: JSON texts `lrn`, `preprocess` and `labels`. */
export function metadataOptions(metadata: unknown): OwnDescription {
  if (typeof metadata !== 'object' || metadata === null) return {};
  const entry = (key: string): Record<string, unknown> | undefined => {
    const text = (metadata as Record<string, unknown>)[key];
    if (text === undefined) return undefined;
    try {
      return JSON.parse(String(text));
    } catch {
      throw new OperatorError(`__metadata__.${key}: expected JSON, found ${excerpt(String(text))}`);
    }
  };
  const own: OwnDescription = {};
  const lrn = entry('lrn');
  if (lrn) own.lrn = lrn as unknown as NonNullable<OwnDescription['lrn']>;
  const labels = entry('labels');
  if (Array.isArray(labels))
    own.labels = labels.map(({ synset, label }) =>
      synset ? { synset, words: String(label) } : { words: String(label) },
    );
  const declared = entry('preprocess');
  if (declared) own.preprocess = preprocessOf(declared);
  return own;
}

function preprocessOf(declared: Record<string, unknown>): Preprocess {
  const { resize, channels, range, mean } = declared;
  const valid = Array.isArray(mean) && mean.length === 3 && mean.every(Number.isFinite);
  if (
    !valid ||
    range !== '0..255' ||
    (channels !== 'RGB' && channels !== 'BGR') ||
    !/^shorter side \d+\b/.test(String(resize))
  )
    throw new OperatorError(
      `__metadata__.preprocess: expected a shorter side, channels and a mean, found ${inWords(resize)}`,
    );
  const [first, green, last] = mean as [number, number, number];
  return {
    ...PREPROCESS['rgb-mean'],
    resizeTo: Number(/\d+/.exec(String(resize))?.[0]),
    mean: channels === 'RGB' ? [first, green, last] : [last, green, first],
    trainedOn: channels,
  };
}
