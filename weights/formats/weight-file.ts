// What every reader returns: the tensors that a file holds, and on request the network that they make.
// Reading a WeightFile touches headers only; values are widened when the packer asks for them.
import type { Network } from '../../src/network/layer.ts';
import type { Label, Preprocess } from '../../src/network/preprocess.ts';
import { inferShapes, type LayerInfo, NetworkError } from '../../src/network/shapes.ts';
import type { FloatLayer, FloatTensor } from '../float-model.ts';
import { OperatorError } from '../operator-error.ts';
import type { PreprocessName } from './network/preprocess-presets.ts';
import type { VariantName } from './network/variants.ts';
import { type StoredTensor, shapeText } from './stored-tensor.ts';

export interface ReadOptions {
  /** The network to read a file without a graph as; with a graph: what it must be. */
  variant?: VariantName | undefined;
  /** Replaces the preprocessing that the file or its variant has. */
  preprocess?: PreprocessName | undefined;
}

export interface ReadNetwork {
  variant: VariantName | undefined;
  network: Network;
  preprocess: Preprocess;
  layers: Record<string, FloatLayer>;
  /** Where the file has one: f32 [3][height][width], R, G, B, 0..255; not cropped. */
  meanImage?: FloatTensor;
  /** Where the file has them. */
  labels?: Label[];
  /** What was concluded and should be seen: which tensor was taken for which layer. */
  notes?: string[];
}

export interface WeightFile {
  /** The form's name, as `inspect` prints it. */
  form: string;
  /** One line on the form: versions, opset, number of layers. */
  detail: string;
  tensors: StoredTensor[];
  /** Throws OperatorError for a network that the engine cannot run or that does not fit the tensors. */
  read(options: ReadOptions): ReadNetwork;
}

/** Shapes of all layers; a list that does not fit together is an OperatorError here. */
export function networkShapes(network: Network): LayerInfo[] {
  try {
    return inferShapes(network);
  } catch (error) {
    if (error instanceof NetworkError) throw new OperatorError(error.message);
    throw error;
  }
}

/** An isolate has 128 MB of memory, and a packed weight takes at least a byte: more cannot be served. */
const MOST_WEIGHTS = 120_000_000;

/** Throws OperatorError unless each layer with weights has them in the shapes that the network gives it. */
export function requireFit(network: Network, layers: Record<string, FloatLayer>): void {
  const weights = networkShapes(network).reduce((sum, { parameters }) => sum + parameters, 0);
  if (weights > MOST_WEIGHTS)
    throw new OperatorError(
      `network: expected at most ${MOST_WEIGHTS} weights, which fit into a Worker, found ${weights}`,
    );
  for (const { layer, input } of networkShapes(network)) {
    if (layer.type !== 'conv' && layer.type !== 'dense') continue;
    const found = layers[layer.name];
    if (!found) throw new OperatorError(`${layer.name}: expected weights and biases, found none`);
    const weight =
      layer.type === 'conv'
        ? [layer.out, input.channels / layer.groups, layer.kernel, layer.kernel]
        : [layer.out, input.height * input.width * input.channels];
    requireShape(`${layer.name}.weight`, weight, found.weight.shape);
    requireShape(`${layer.name}.bias`, [layer.out], found.bias.shape);
  }
}

function requireShape(name: string, expected: number[], found: number[]): void {
  if (shapeText(expected) !== shapeText(found))
    throw new OperatorError(`${name}: expected ${shapeText(expected)}, found ${shapeText(found)}`);
}
