// Tensors of names that no scheme knows (a Sequential of any numbering, a class of one's own, BatchNorm between): five
// convolutions and three dense layers, matched by shape and order. Two orders are tried, the file's and that of the
// names; where both fit and differ, the file is refused. What no shape can say (where the network normalises, how
// training prepared pictures) has to be given. Batch normalisation stands between a layer and its ReLU.
import { excerpt } from '../../../src/errors.ts';
import type { ConvLayer, Network, Shape } from '../../../src/network/layer.ts';
import type { FloatLayer, FloatTensor } from '../../float-model.ts';
import { OperatorError } from '../../operator-error.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { shapeText } from '../stored-tensor.ts';
import { networkShapes } from '../weight-file.ts';
import { foldBatchNorm } from './batch-norm.ts';
import { denseWeight, permuted, reshaped, zeros } from './canonical.ts';
import { modulesOf, type NamedModule } from './tensor-names.ts';
import { type VariantName, variantNetwork } from './variants.ts';

const CONVS = ['conv1', 'conv2', 'conv3', 'conv4', 'conv5'];
const DENSE = ['fc6', 'fc7', 'fc8'];
const TORCH_EPSILON = 1e-5;
const KERAS_EPSILON = 1e-3;
/** Side of pool5's output in every network of the family. */
const POOLED = 6;

interface Layout {
  conv: number[];
  /** Axes (out, in) of the dense weights. */
  dense: 'out-in' | 'in-out';
  hwc: boolean;
}

interface Match {
  variant: VariantName;
  network: Network;
  layers: Record<string, FloatLayer>;
  /** `conv1 <- features.0, ...` */
  mapping: string;
}

/** Throws OperatorError for other networks, for an ambiguous order, and where the variant has to be given. */
export function matchByOrder(tensors: StoredTensor[], wanted: VariantName | undefined): Match {
  const modules = modulesOf(tensors);
  const fits = distinct([modules, modules.toSorted(byName)]).filter((order) => layoutOf(linearsOf(order)));
  const [order, other] = fits;
  if (!order) throw noFit(modules);
  if (other)
    throw new OperatorError(
      `tensors: expected one order that fits, found two: ${names(linearsOf(order))} and ${names(linearsOf(other))}; name them conv1 .. conv5, fc6 .. fc8`,
    );
  const linears = linearsOf(order);
  const layout = layoutOf(linears) as Layout;
  const norms = normsOf(order, linears, layout);
  const variant = wanted ?? guessVariant(linears, norms, layout);
  const network = networkLike(variantNetwork(variant), linears, layout);
  const layers: Record<string, FloatLayer> = {};
  const mapping: string[] = [];
  for (const { layer, input } of networkShapes(network)) {
    const index = [...CONVS, ...DENSE].indexOf(layer.name);
    const module = linears[index];
    if (!module?.weight || (layer.type !== 'conv' && layer.type !== 'dense')) continue;
    const spatial = layout.hwc && input.height * input.width > 1 ? input : undefined;
    const weight = weightOf(module.weight, layout, layer.type === 'dense', spatial);
    const bias = module.bias ? vector(module.bias, layer.out) : zeros(layer.out);
    const norm = norms.get(module);
    layers[layer.name] = norm ? folded({ weight, bias }, norm, layer.out) : { weight, bias };
    mapping.push(`${layer.name} <- ${module.name}${norm ? ` with ${norm.name}` : ''}`);
  }
  return { variant, network, layers, mapping: mapping.join(', ') };
}

/** Canonical weights. A dense layer stored as a convolution over its whole input has its inputs as C,H,W then. */
function weightOf(
  stored: StoredTensor,
  layout: Layout,
  dense: boolean,
  spatial: Shape | undefined,
): FloatTensor {
  if (dense && stored.shape.length === 2) return denseWeight(stored, layout.dense, spatial);
  const weight = permuted(stored, layout.conv);
  const [out = 0, ...rest] = weight.shape;
  return dense ? { ...weight, shape: [out, rest.reduce((product, size) => product * size, 1)] } : weight;
}

function vector(tensor: StoredTensor, count: number) {
  return permuted(reshaped(tensor, [count]), [0]);
}

function folded(layer: FloatLayer, norm: NamedModule, out: number): FloatLayer {
  const { name, weight, bias, mean, variance } = norm;
  if (!mean || !variance) throw new OperatorError(`${name}: expected a mean and a variance, found one`);
  const ones = { shape: [out], read: async () => new Float32Array(out).fill(1) };
  const parts = {
    gamma: weight ? vector(weight, out) : ones,
    beta: bias ? vector(bias, out) : zeros(out),
    mean: vector(mean, out),
    variance: vector(variance, out),
  };
  return foldBatchNorm(name, layer, parts, /moving/.test(mean.name) ? KERAS_EPSILON : TORCH_EPSILON);
}

function byName(a: NamedModule, b: NamedModule): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}

function distinct(orders: NamedModule[][]): NamedModule[][] {
  const [first = [], second = []] = orders;
  return names(linearsOf(first)) === names(linearsOf(second)) ? [first] : orders;
}

function names(modules: NamedModule[]): string {
  return modules.map(({ name }) => excerpt(name)).join(', ');
}

/** Convolutions, then dense layers, each in the given order; MatConvNet has all eight as convolutions. */
function linearsOf(modules: NamedModule[]): NamedModule[] {
  const ofRank = (rank: number) =>
    modules.filter(({ weight, mean }) => !mean && weight?.shape.length === rank);
  return [...ofRank(4), ...ofRank(2)];
}

function noFit(modules: NamedModule[]): OperatorError {
  const linears = linearsOf(modules);
  const found = linears
    .slice(0, 10)
    .map(({ name, weight }) => `${excerpt(name)} ${shapeText(weight?.shape ?? [])}`);
  return new OperatorError(
    `tensors: expected conv1.weight, features.0.weight, _conv1._conv.weight or conv1/0, or five convolutions and three dense layers that follow each other, found ${found.join(', ') || modules.length}`,
  );
}

/** The axes under which each layer reads what the one before it writes. Undefined where there are none. */
function layoutOf(linears: NamedModule[]): Layout | undefined {
  const shapes = linears.map(({ weight }) => weight?.shape ?? []);
  if (shapes.length !== CONVS.length + DENSE.length) return undefined;
  const ranks = shapes.map(({ length }) => length).join('');
  if (ranks !== '44444222' && ranks !== '44444444') return undefined;
  const [first = []] = shapes;
  for (const hwc of first[1] === 3 ? [false] : first[2] === 3 ? [true] : []) {
    const conv = hwc ? [3, 2, 0, 1] : [0, 1, 2, 3];
    for (const dense of ['out-in', 'in-out'] as const) {
      const layout: Layout = { conv, dense, hwc };
      let written = 3;
      const follows = linears.every((module, index) => {
        const { out, input } = sizesOf(module, layout, index >= CONVS.length);
        const before = written * (index === CONVS.length ? POOLED ** 2 : 1);
        written = out;
        return index < CONVS.length && index > 0
          ? before === input || before === 2 * input
          : before === input;
      });
      if (follows) return layout;
    }
  }
  return undefined;
}

/** Outputs of a layer, and the inputs of one output: channels, or all of a dense layer's. */
function sizesOf({ weight }: NamedModule, layout: Layout, dense: boolean): { out: number; input: number } {
  const shape = weight?.shape ?? [];
  const [out, input] = shape.length === 4 ? layout.conv : layout.dense === 'out-in' ? [0, 1] : [1, 0];
  const outputs = shape[out ?? 0] ?? 0;
  const all = shape.reduce((product, size) => product * size, 1);
  return { out: outputs, input: dense ? all / outputs : (shape[input ?? 1] ?? 0) };
}

/** Each normalisation belongs to the layer before it, or the n-th to the n-th layer where all stand together. */
function normsOf(
  order: NamedModule[],
  linears: NamedModule[],
  layout: Layout,
): Map<NamedModule, NamedModule> {
  const norms = order.filter(({ mean }) => mean);
  const fits = (linear: NamedModule | undefined, { mean }: NamedModule) =>
    linear !== undefined && mean?.shape.join() === String(sizesOf(linear, layout, false).out);
  const before = norms.map((norm) =>
    order.slice(0, order.indexOf(norm)).findLast((module) => linears.includes(module)),
  );
  const inOrder = new Set(before).size === norms.length && norms.every((norm, i) => fits(before[i], norm));
  const owners = inOrder ? before : linears.slice(0, norms.length);
  const found = new Map<NamedModule, NamedModule>();
  for (const [index, norm] of norms.entries()) {
    const owner = owners[index];
    if (!owner || !fits(owner, norm))
      throw new OperatorError(
        `${excerpt(norm.name)}: expected a normalisation of the layer before it, found one of ${shapeText(norm.mean?.shape ?? [])}`,
      );
    found.set(owner, norm);
  }
  return found;
}

/**
 * One group, and in a Sequential only ReLU and pooling between the first convolutions: torchvision's network. A third
 * module there is a normalisation without weights, before or after the pooling: not to be seen.
 */
function guessVariant(
  linears: NamedModule[],
  norms: Map<NamedModule, NamedModule>,
  layout: Layout,
): VariantName {
  const [first, second] = linears.map(({ name }) => Number(/(?:^|\.)(\d+)$/.exec(name)?.[1]));
  const between = Number(second) - Number(first) - 1 - (linears[0] && norms.has(linears[0]) ? 1 : 0);
  const [before, after] = linears.map((module) => sizesOf(module, layout, false));
  if (between === 2 && before?.out === after?.input) return 'torchvision';
  throw new OperatorError(
    'variant: expected --variant, since these tensors do not say where the network normalises: bvlc-alexnet (before ' +
      'pooling), caffenet (after it), paper (before it, k = 2) or torchvision (nowhere); and --preprocess with it',
  );
}

/** The variant's layers with the widths and groups of the weights. */
function networkLike(base: Network, linears: NamedModule[], layout: Layout): Network {
  let written = 3;
  const layers = base.layers.map((layer) => {
    const module = linears[[...CONVS, ...DENSE].indexOf(layer.name)];
    if (!module || (layer.type !== 'conv' && layer.type !== 'dense')) return layer;
    const { out, input } = sizesOf(module, layout, layer.type === 'dense');
    const groups = written / input;
    written = out;
    return layer.type === 'conv' ? ({ ...layer, out, groups } satisfies ConvLayer) : { ...layer, out };
  });
  return { ...base, layers };
}
