// The float network, slow and obvious: what `verify` holds the packed one against. Activations are C,H,W, float32;
// sums are float32 too, as every float framework has them. About one second a photo for the full AlexNet.
import type { ConvLayer, Layer, LrnLayer, MaxpoolLayer, Network, Shape } from '../src/network/layer.ts';
import type { Preprocess } from '../src/network/preprocess.ts';
import type { LayerInfo } from '../src/network/shapes.ts';
import { networkShapes } from './formats/weight-file.ts';
import { OperatorError } from './operator-error.ts';

export interface LoadedLayer {
  weight: Float32Array;
  bias: Float32Array;
}

/** A float model whose weights are in memory, or are read for each pass. */
export interface FloatNetwork {
  network: Network;
  preprocess: Preprocess;
  /** f32 [3][size][size], R, G, B: subtracted instead of the mean of each channel. */
  meanPixels?: Float32Array | undefined;
  /** Undefined for a layer without weights. */
  layer(name: string): Promise<LoadedLayer | undefined> | LoadedLayer | undefined;
}

export class FloatForward {
  readonly layers: LayerInfo[];
  readonly #model: FloatNetwork;

  constructor(model: FloatNetwork) {
    this.#model = model;
    this.layers = networkShapes(model.network);
  }

  /** Outputs of all layers, C,H,W, for a picture u8 RGB [size][size][3]. */
  async run(picture: Uint8Array): Promise<Float32Array[]> {
    const { mean, std } = this.#model.preprocess;
    const { meanPixels } = this.#model;
    const plane = this.#model.network.input.size ** 2;
    let values: Float32Array = new Float32Array(3 * plane);
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < plane; i++)
        values[c * plane + i] =
          ((picture[i * 3 + c] as number) - (meanPixels?.[c * plane + i] ?? (mean[c] as number))) /
          (std[c] as number);
    const outputs: Float32Array[] = [];
    for (const shapes of this.layers) {
      const loaded = await this.#model.layer(shapes.layer.name);
      values = apply(shapes, loaded, values);
      outputs.push(values);
    }
    return outputs;
  }
}

function apply(
  { layer, input, output }: LayerInfo,
  weights: LoadedLayer | undefined,
  values: Float32Array,
): Float32Array {
  switch (layer.type) {
    case 'conv':
      return activate(convolve(layer, required(layer, weights), values, input, output), layer.relu);
    case 'dense':
      return activate(multiply(required(layer, weights), values), layer.relu);
    case 'maxpool':
      return maxpool(layer, values, input, output);
    case 'lrn':
      return normalize(layer, values, input);
    case 'softmax':
      return softmax(values);
  }
}

function required({ name }: Layer, weights: LoadedLayer | undefined): LoadedLayer {
  if (!weights) throw new OperatorError(`${name}: expected weights, found none`);
  return weights;
}

function activate(values: Float32Array, relu: boolean): Float32Array {
  return relu ? values.map((value) => Math.max(value, 0)) : values;
}

function convolve(
  { kernel, stride, pad, groups, out }: ConvLayer,
  { weight, bias }: LoadedLayer,
  values: Float32Array,
  input: Shape,
  output: Shape,
): Float32Array {
  const result = new Float32Array(out * output.height * output.width);
  const channels = input.channels / groups;
  for (let o = 0; o < out; o++) {
    const first = Math.floor(o / (out / groups)) * channels;
    const plane = result.subarray(o * output.height * output.width, (o + 1) * output.height * output.width);
    plane.fill(bias[o] as number);
    for (let tap = 0; tap < channels * kernel * kernel; tap++) {
      const w = weight[o * channels * kernel * kernel + tap] as number;
      const kx = tap % kernel;
      const ky = Math.floor(tap / kernel) % kernel;
      const from = (first + Math.floor(tap / (kernel * kernel))) * input.height * input.width;
      for (let y = 0; y < output.height; y++) {
        const iy = y * stride + ky - pad;
        if (iy < 0 || iy >= input.height) continue;
        const row = from + iy * input.width + kx - pad;
        const begin = Math.max(0, Math.ceil((pad - kx) / stride));
        const end = Math.min(output.width, Math.floor((input.width - 1 + pad - kx) / stride) + 1);
        for (let x = begin; x < end; x++)
          plane[y * output.width + x] =
            (plane[y * output.width + x] as number) + w * (values[row + x * stride] as number);
      }
    }
  }
  return result;
}

function multiply({ weight, bias }: LoadedLayer, values: Float32Array): Float32Array {
  return bias.map((start, o) => {
    let sum = start;
    const row = o * values.length;
    for (let i = 0; i < values.length; i++) sum += (weight[row + i] as number) * (values[i] as number);
    return sum;
  });
}

function maxpool(
  { kernel, stride }: MaxpoolLayer,
  values: Float32Array,
  input: Shape,
  output: Shape,
): Float32Array {
  const result = new Float32Array(output.channels * output.height * output.width);
  let at = 0;
  for (let c = 0; c < output.channels; c++)
    for (let y = 0; y < output.height; y++)
      for (let x = 0; x < output.width; x++) {
        let best = -Infinity;
        for (let iy = y * stride; iy < Math.min(y * stride + kernel, input.height); iy++)
          for (let ix = x * stride; ix < Math.min(x * stride + kernel, input.width); ix++)
            best = Math.max(best, values[(c * input.height + iy) * input.width + ix] as number);
        result[at++] = best;
      }
  return result;
}

function normalize({ size, alpha, beta, k }: LrnLayer, values: Float32Array, input: Shape): Float32Array {
  const plane = input.height * input.width;
  const half = Math.floor(size / 2);
  return values.map((value, index) => {
    const c = Math.floor(index / plane);
    let sum = 0;
    for (let n = Math.max(0, c - half); n <= Math.min(input.channels - 1, c + half); n++)
      sum += (values[n * plane + (index % plane)] as number) ** 2;
    return value * (k + (alpha / size) * sum) ** -beta;
  });
}

function softmax(values: Float32Array): Float32Array {
  const max = values.reduce((best, value) => Math.max(best, value), -Infinity);
  const powers = values.map((value) => Math.exp(value - max));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}
