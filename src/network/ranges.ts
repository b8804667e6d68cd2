// What a model file may ask for before memory is reserved for it: every number finite and within a range that a network
// of this kind can use, so that a file that says otherwise is refused as damaged instead of being run or tried again.
import { excerpt } from '../errors.ts';
import type { Layer } from './layer.ts';
import type { ModelInfo } from './model-info.ts';
import { elements, inferShapes, NetworkError } from './shapes.ts';

const MAX_SIDE = 1_024;
const MAX_LAYERS = 64;
const MAX_CHANNELS = 65_536;
const MAX_WINDOW = 64;
/** Resized pictures are kept row by row; a side of this many pixels is far above any network's. */
const MAX_RESIZE = 4_096;
/** In units of grey levels, with room for a normalisation of -1..1 or of whitened pixels. */
const MAX_LEVEL = 10_000;
const MIN_STD = 1e-3;
const MAX_COEFFICIENT = 1e4;
/** Values of one layer's output: two such buffers of f32 lie beside the weights. */
const MAX_ACTIVATIONS = 4 << 20;

function within(name: string, value: number, min: number, max: number): void {
  // A file may hold anything where a number belongs.
  if (typeof value !== 'number' || !(value >= min && value <= max))
    throw new NetworkError(`${name}: expected a number from ${min} to ${max}, got ${value}`);
}

function whole(name: string, value: number, min: number, max: number): void {
  within(name, value, min, max);
  if (!Number.isInteger(value)) throw new NetworkError(`${name}: expected a whole number, got ${value}`);
}

function checkLayer(layer: Layer): void {
  const { name } = layer;
  if (layer.type === 'conv' || layer.type === 'maxpool') {
    whole(`layer ${name}, kernel`, layer.kernel, 1, MAX_WINDOW);
    whole(`layer ${name}, stride`, layer.stride, 1, MAX_WINDOW);
  }
  if (layer.type === 'conv' || layer.type === 'dense')
    whole(`layer ${name}, out`, layer.out, 1, MAX_CHANNELS);
  if (layer.type === 'conv') {
    whole(`layer ${name}, pad`, layer.pad, 0, layer.kernel - 1);
    whole(`layer ${name}, groups`, layer.groups, 1, MAX_CHANNELS);
  }
  if (layer.type === 'lrn') {
    whole(`layer ${name}, size`, layer.size, 1, MAX_CHANNELS);
    within(`layer ${name}, alpha`, layer.alpha, 0, MAX_COEFFICIENT);
    within(`layer ${name}, beta`, layer.beta, 0, MAX_COEFFICIENT);
    within(`layer ${name}, k`, layer.k, 0, MAX_COEFFICIENT);
  }
}

function checkPreprocess({ preprocess, network }: ModelInfo): void {
  const { resize, resizeTo, crop, mean, std } = preprocess;
  if (crop !== network.input.size)
    throw new NetworkError(`crop: expected the network's ${network.input.size} pixels, got ${crop}`);
  whole('resizeTo', resizeTo, crop, MAX_RESIZE);
  if (!['shorter-side', 'warp'].includes(resize))
    throw new NetworkError(`resize: expected shorter-side or warp, got ${excerpt(String(resize))}`);
  if (mean.length !== 3 || std.length !== 3)
    throw new NetworkError(`mean and std: expected 3 channels each, got ${mean.length} and ${std.length}`);
  mean.forEach((value, i) => {
    within(`mean of channel ${i}`, value, -MAX_LEVEL, MAX_LEVEL);
  });
  std.forEach((value, i) => {
    within(`std of channel ${i}`, value, MIN_STD, MAX_LEVEL);
  });
}

/** Throws NetworkError, naming the field, what is expected and what it holds. */
export function checkRanges(info: ModelInfo): void {
  const { network } = info;
  whole('input size', network.input.size, 1, MAX_SIDE);
  whole('number of layers', network.layers.length, 1, MAX_LAYERS);
  for (const layer of network.layers) checkLayer(layer);
  checkPreprocess(info);
  for (const { layer, output } of inferShapes(network))
    within(`layer ${layer.name}, outputs`, elements(output), 1, MAX_ACTIVATIONS);
}
