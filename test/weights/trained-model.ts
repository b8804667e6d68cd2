// Networks of each variant with seeded random weights, as their trainers would hold them: BGR input channels
// where the variant was trained on BGR. Narrow by default, so that a test takes milliseconds; the published
// widths on request. Also seeded pictures.
import type { Network } from '../../src/network/layer.ts';
import type { Preprocess } from '../../src/network/preprocess.ts';
import { inferShapes } from '../../src/network/shapes.ts';
import { PREPROCESS } from '../../weights/import/preprocess-presets.ts';
import {
  type Family,
  familyOf,
  type VariantName,
  variantNetwork,
  withWidths,
} from '../../weights/import/variants.ts';

export interface TrainedLayer {
  /** Conv (out, in/groups, kh, kw), dense (out, in) with in as C,H,W. */
  shape: number[];
  weight: Float32Array;
  bias: Float32Array;
}

export interface TrainedModel {
  network: Network;
  preprocess: Preprocess;
  layers: Map<string, TrainedLayer>;
}

const NARROW: Record<string, number> = {
  conv1: 16,
  conv2: 32,
  conv3: 32,
  conv4: 32,
  conv5: 32,
  fc6: 64,
  fc7: 48,
  fc8: 10,
};

/** Uniform numbers in 0..1: mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two-group networks have activations of about 150 where LRN reads them, so that its order and its k matter. */
const LEVELS: Record<Family, Record<string, number>> = {
  'two-group': { conv1: 150, conv3: 1 / 150 },
  'one-group': {},
};

/** A model whose activations stay in range: variance 2 / fan-in, for pixels of standard deviation 60. */
export function trainedModel(variant: VariantName, seed: number, full = false): TrainedModel {
  const wide = variantNetwork(variant);
  const network = full ? wide : withWidths(wide, (layer) => NARROW[layer] ?? 0);
  const family = familyOf(variant);
  const preprocess = PREPROCESS[family === 'two-group' ? 'caffe' : 'torchvision'];
  const random = randomNumbers(seed);
  const layers = new Map<string, TrainedLayer>();
  for (const { layer, input } of inferShapes(network)) {
    if (layer.type !== 'conv' && layer.type !== 'dense') continue;
    const shape =
      layer.type === 'conv'
        ? [layer.out, input.channels / layer.groups, layer.kernel, layer.kernel]
        : [layer.out, input.channels * input.height * input.width];
    const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
    // Paddle's halving is undone by twice the weights, so that its logits have the others' range.
    const halved = variant === 'paddleclas' && (layer.name === 'fc6' || layer.name === 'fc7') ? 2 : 1;
    const pixels = layers.size === 0 ? preprocess.std[0] / 60 : 1;
    const spread = Math.sqrt(6 / fanIn) * pixels * halved * (LEVELS[family][layer.name] ?? 1);
    const weight = new Float32Array(fanIn * layer.out);
    for (let i = 0; i < weight.length; i++) weight[i] = (2 * random() - 1) * spread;
    const bias = Float32Array.from({ length: layer.out }, () => (random() - 0.4) * 0.2);
    layers.set(layer.name, { shape, weight, bias });
  }
  return { network, preprocess, layers };
}

/** Pictures u8 RGB size x size x 3: coloured waves and noise. */
export function pictures(count: number, size: number, seed: number): Uint8Array[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => {
    const waves = Array.from({ length: 3 }, () => ({
      base: 30 + 190 * random(),
      x: 0.3 * random(),
      y: 0.3 * random(),
      height: 70 * random(),
    }));
    const noise = 30 * random();
    const picture = new Uint8Array(size * size * 3);
    for (let i = 0; i < picture.length; i++) {
      const { base, x, y, height } = waves[i % 3] as (typeof waves)[number];
      const pixel = Math.floor(i / 3);
      const wave = height * Math.sin(x * (pixel % size) + y * Math.floor(pixel / size));
      picture[i] = Math.max(0, Math.min(255, base + wave + noise * (random() - 0.5)));
    }
    return picture;
  });
}

/** What the trainer's framework reads: 1x3xSxS floats in its own channel order, normalised. */
export function frameworkInput(picture: Uint8Array, { network, preprocess }: TrainedModel): Float32Array {
  const plane = network.input.size ** 2;
  const input = new Float32Array(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const rgb = preprocess.trainedOn === 'BGR' ? 2 - channel : channel;
    const mean = preprocess.mean[rgb] as number;
    const std = preprocess.std[rgb] as number;
    for (let i = 0; i < plane; i++)
      input[channel * plane + i] = ((picture[i * 3 + rgb] as number) - mean) / std;
  }
  return input;
}
