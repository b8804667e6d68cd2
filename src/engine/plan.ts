// The plan of a network: from the layer list of a model file to a fixed sequence of kernel calls over fixed
// addresses. A network is one spatial part (first a convolution that reads the picture; then convolutions,
// normalisation and pooling), then dense layers, then softmax; anything else is refused by name.
import type { ConvLayer, DenseLayer } from '../network/layer.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { elements, inferShapes, type LayerInfo, NetworkError } from '../network/shapes.ts';
import type { Activations } from './activations.ts';
import { planConv } from './conv-step.ts';
import { type DenseRun, planDense } from './dense-tail.ts';
import { type Kernels, tilesOf } from './kernels.ts';
import type { LinearMemory } from './linear-memory.ts';
import { bufferBytes, planConvStep, planLrnStep, planMaxpoolStep, type SpatialStep } from './spatial-step.ts';
import { type LayerWeights, packedTensors, tensorBytes } from './weights.ts';

/** Pictures that one run of the dense layers takes at most (the paper's ten crops fit). */
export const MAX_BATCH = 16;

export interface Plan {
  layers: LayerInfo[];
  /** Where the model file's data section goes, and how long it is. */
  weights: { address: number; bytes: number };
  /** Scales and biases: where they lie, and the smallest value that they may have. */
  vectors: { name: string; address: number; count: number; min: number }[];
  /** Where a picture goes: u8 RGB [size][size][3]. */
  picture: { address: number; bytes: number };
  /** Called once when the weights' memory exists: writes borders that are not zero. */
  prepare(): void;
  /** Called before the first picture after the weights have changed: proves what the kernels rely on. */
  prove(): void;
  /** The first convolution, which reads the picture. */
  first: { shapes: LayerInfo; run(): Activations };
  spatial: SpatialStep[];
  buffers: readonly [number, number];
  dense: DenseRun[];
  softmax: { shapes: LayerInfo; address: number };
  classes: number;
}

/** One u7 pixel step stands for two grey levels. */
const PIXEL_SCALE = 2;

/**
 * The rows of the first dense layer, of 4096 bytes where it has 4096 outputs, begin with a page: eight of them are read side by side,
 * and rows across two pages are twice as many streams for the processor's prefetcher (fc6: 1.24 ms against 1.72 to 2.01).
 */
const ROW_PAGE_BYTES = 4096;

function placeWeights(
  layers: LayerInfo[],
  kernels: Kernels,
  memory: LinearMemory,
): { weights: Plan['weights']; places: Map<string, LayerWeights> } {
  const tiles = tilesOf(kernels);
  let bytes = 0;
  const relative = new Map<string, number>();
  for (const shapes of layers)
    for (const tensor of packedTensors(shapes, tiles)) {
      relative.set(tensor.name, bytes);
      bytes += tensorBytes(tensor);
    }
  const reserved = memory.reserve(bytes + ROW_PAGE_BYTES);
  const rows = relative.get(`${layers.find(isDense)?.layer.name}.weight`) ?? 0;
  const address = Math.ceil((reserved + rows) / ROW_PAGE_BYTES) * ROW_PAGE_BYTES - rows;
  const places = new Map<string, LayerWeights>();
  for (const { layer } of layers) {
    const at = (kind: string) => address + (relative.get(`${layer.name}.${kind}`) ?? -address);
    if (relative.has(`${layer.name}.weight`))
      places.set(layer.name, {
        weight: at('weight'),
        codebook: at('codebook'),
        scale: at('scale'),
        bias: at('bias'),
        map: layer.type === 'conv' && layer.meanMap ? at('map') : 0,
      });
  }
  return { weights: { address, bytes }, places };
}

function isConv(shapes: LayerInfo | undefined): shapes is LayerInfo & { layer: ConvLayer } {
  return shapes?.layer.type === 'conv';
}

function isDense(shapes: LayerInfo): shapes is LayerInfo & { layer: DenseLayer } {
  return shapes.layer.type === 'dense';
}

/** Convolutions and dense layers read unsigned numbers: everything before them must have passed a ReLU. */
function checkSigns(layers: LayerInfo[]): void {
  let signed = '';
  for (const { layer } of layers.slice(0, -1)) {
    if (layer.type !== 'conv' && layer.type !== 'dense') continue;
    if (signed !== '')
      throw new NetworkError(`layer ${layer.name}: expected a ReLU after ${signed}, which it reads from`);
    signed = layer.relu ? '' : layer.name;
  }
}

/** Reserves memory for everything and plans every step. Throws NetworkError, naming the layer. */
export function makePlan(kernels: Kernels, memory: LinearMemory, info: ModelInfo): Plan {
  const layers = inferShapes(info.network);
  checkSigns(layers);
  const firstDense = layers.findIndex(isDense);
  const tail = layers.slice(firstDense, -1);
  const softmax = layers.at(-1);
  const [firstConv, ...rest] = layers.slice(0, Math.max(firstDense, 0));
  for (const { layer } of rest)
    if (layer.type === 'conv' && layer.meanMap)
      throw new NetworkError(`layer ${layer.name}: expected a mean map only at the first layer`);
  if (!isConv(firstConv)) throw new NetworkError('expected a convolution first and a dense layer after it');
  if (softmax?.layer.type !== 'softmax' || !tail.every(isDense))
    throw new NetworkError('expected only dense layers and a softmax after the first dense layer');
  const { weights, places } = placeWeights(layers, kernels, memory);
  const weightsOf = (name: string): LayerWeights => {
    const place = places.get(name);
    if (!place) throw new NetworkError(`layer ${name}: no weights`);
    return place;
  };
  const picture = { address: 0, bytes: elements(firstConv.input) };
  picture.address = memory.reserve(picture.bytes);
  const conv = planConv(kernels, memory, firstConv, firstConv.layer, weightsOf(firstConv.layer.name));
  const spatial = rest.map((shapes): SpatialStep => {
    const { layer } = shapes;
    if (layer.type === 'conv') return planConvStep(kernels, memory, shapes, weightsOf(layer.name));
    if (layer.type === 'lrn') return planLrnStep(kernels, memory, shapes, layer);
    if (layer.type === 'maxpool') return planMaxpoolStep(kernels, memory, shapes, layer);
    throw new NetworkError(`layer ${layer.name}: ${layer.type} is not expected before the dense layers`);
  });
  const bytes = bufferBytes([firstConv, ...rest]);
  const buffers = [memory.reserve(bytes), memory.reserve(bytes)] as const;
  const tiles = tilesOf(kernels);
  const dense = tail.map((shapes) => {
    const padded = Math.ceil(shapes.layer.out / tiles.denseBlock) * tiles.denseBlock;
    return planDense(kernels, memory, shapes, shapes.layer, weightsOf(shapes.layer.name), padded, MAX_BATCH);
  });
  const classes = elements(softmax.output);
  return {
    layers,
    weights,
    vectors: [...places].flatMap(([name, { scale, bias, map }]) => {
      const shapes = layers.find(({ layer }) => layer.name === name);
      const count = shapes?.output.channels ?? 0;
      const mapped = map !== 0 && shapes ? elements(shapes.output) : 0;
      return [
        ...(mapped > 0 ? [{ name: `${name}.map`, address: map, count: mapped, min: -Infinity }] : []),
        { name: `${name}.scale`, address: scale, count, min: 0 },
        { name: `${name}.bias`, address: bias, count, min: -Infinity },
      ];
    }),
    picture,
    prepare() {
      if (firstConv.layer.pad > 0)
        conv.planes.fillBorder(kernels, memory, info.preprocess.mean.map(Math.round), buffers[0]);
    },
    prove() {
      conv.prove();
      for (const step of spatial) step.prove?.();
    },
    first: {
      shapes: firstConv,
      run() {
        conv.planes.fillPixels(kernels, picture.address);
        return conv.run(PIXEL_SCALE, buffers[0]);
      },
    },
    spatial,
    buffers,
    dense,
    softmax: { shapes: softmax, address: memory.reserve(classes * 4) },
    classes,
  };
}
