// TensorFlow.js with its WebAssembly backend (SIMD, one thread): the same network by its own ops. It has no grouped
// convolution, so a group is a slice, a convolution and a concat; the weights are laid out as it wants them (H,W,in,out).

import type { Layer } from '../../../src/network/layer.ts';
import { inferShapes, type LayerInfo } from '../../../src/network/shapes.ts';
import { type Contender, PEERS_COMMAND } from '../contender.ts';
import type { DequantizedLayer, DequantizedModel } from './dequantized.ts';
import { planarInput } from './dequantized.ts';

interface Tensor {
  dataSync(): Float32Array;
}
type FusedConv = {
  x: Tensor;
  filter: Tensor;
  strides: number;
  pad: number;
  bias: Tensor;
  activation: 'relu' | 'linear';
};
/** The part of @tensorflow/tfjs-core that the bench uses. */
interface Tf {
  version_core: string;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(work: () => T): T;
  tensor4d(values: Float32Array, shape: number[]): Tensor;
  tensor2d(values: Float32Array, shape: number[]): Tensor;
  tensor1d(values: Float32Array): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
  split(x: Tensor, count: number, axis: number): Tensor[];
  concat(parts: Tensor[], axis: number): Tensor;
  maxPool(x: Tensor, size: number, strides: number, pad: 'valid'): Tensor;
  localResponseNormalization(x: Tensor, radius: number, bias: number, alpha: number, beta: number): Tensor;
  fused: {
    conv2d(options: FusedConv): Tensor;
    matMul(options: { a: Tensor; b: Tensor; bias: Tensor; activation: 'relu' | 'linear' }): Tensor;
  };
}
interface TfWasm {
  setThreadsCount(count: number): void;
}

async function importTf(): Promise<Tf | undefined> {
  const [core, wasm] = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'];
  try {
    const loaded: { default: Tf } = await import(core);
    const backend: { default: TfWasm } = await import(wasm);
    backend.default.setThreadsCount(1);
    const tf = loaded.default;
    if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend does not start');
    await tf.ready();
    return tf;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw new Error(`@tensorflow/tfjs-backend-wasm: ${(error as Error).message}; ${PEERS_COMMAND}`, {
      cause: error,
    });
  }
}

/** Outputs [from, to) of a convolution, (out, in, k, k) -> (k, k, in, out). */
function filterOf({ shape, weight }: DequantizedLayer, from: number, to: number): Float32Array {
  const [, channels = 0, kernel = 0] = shape;
  const out = to - from;
  const area = kernel * kernel;
  const values = new Float32Array(out * channels * area);
  for (let o = 0; o < out; o++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < area; i++)
        values[(i * channels + c) * out + o] = weight[((from + o) * channels + c) * area + i] as number;
  return values;
}

/** (out, inputs as C,H,W) -> (inputs as H,W,C, out). */
function matrixOf({ shape, weight }: DequantizedLayer, { input }: LayerInfo): Float32Array {
  const [out = 0, inputs = 0] = shape;
  const plane = input.height * input.width;
  const values = new Float32Array(weight.length);
  for (let c = 0; c < input.channels; c++)
    for (let i = 0; i < plane; i++)
      for (let o = 0; o < out; o++)
        values[(i * input.channels + c) * out + o] = weight[o * inputs + c * plane + i] as number;
  return values;
}

type Step = (x: Tensor) => Tensor;

function planStep(tf: Tf, shapes: LayerInfo, trained: DequantizedLayer | undefined): Step {
  const layer: Layer = shapes.layer;
  switch (layer.type) {
    case 'conv': {
      if (!trained) throw new Error(`layer ${layer.name}: expected weights`);
      const { groups, kernel, stride: strides, pad, out } = layer;
      const width = out / groups;
      const channels = trained.shape[1] ?? 0;
      const activation = layer.relu ? 'relu' : 'linear';
      const parts = Array.from({ length: groups }, (_, group) => ({
        filter: tf.tensor4d(filterOf(trained, group * width, (group + 1) * width), [
          kernel,
          kernel,
          channels,
          width,
        ]),
        bias: tf.tensor1d(trained.bias.slice(group * width, (group + 1) * width)),
      }));
      return (x) => {
        const inputs = groups === 1 ? [x] : tf.split(x, groups, 3);
        const outputs = inputs.flatMap((input, group) => {
          const part = parts[group];
          return part ? [tf.fused.conv2d({ x: input, ...part, strides, pad, activation })] : [];
        });
        return groups === 1 ? (outputs[0] ?? x) : tf.concat(outputs, 3);
      };
    }
    case 'dense': {
      if (!trained) throw new Error(`layer ${layer.name}: expected weights`);
      const [out = 0, inputs = 0] = trained.shape;
      const b = tf.tensor2d(matrixOf(trained, shapes), [inputs, out]);
      const bias = tf.tensor1d(trained.bias);
      const activation = layer.relu ? 'relu' : 'linear';
      return (x) => tf.fused.matMul({ a: tf.reshape(x, [1, inputs]), b, bias, activation });
    }
    case 'maxpool':
      return (x) => tf.maxPool(x, layer.kernel, layer.stride, 'valid');
    case 'lrn':
      return (x) =>
        tf.localResponseNormalization(x, (layer.size - 1) / 2, layer.k, layer.alpha / layer.size, layer.beta);
    case 'softmax':
      return (x) => x;
  }
}

/** Undefined where the packages are not installed. */
export async function openTensorflow(model: DequantizedModel): Promise<Contender | undefined> {
  const tf = await importTf();
  if (!tf) return undefined;
  const steps = inferShapes(model.network).map((shapes) =>
    planStep(tf, shapes, model.layers.get(shapes.layer.name)),
  );
  return {
    name: 'tfjs-wasm-f32',
    detail: `@tensorflow/tfjs-backend-wasm ${tf.version_core}`,
    forward(picture) {
      const planar = planarInput(picture);
      const plane = planar.length / 3;
      const size = Math.sqrt(plane);
      const interleaved = planar.map((_, i) => planar[(i % 3) * plane + Math.floor(i / 3)] as number);
      const input = tf.tensor4d(interleaved, [1, size, size, 3]);
      return async () => tf.tidy(() => steps.reduce((x, step) => step(x), input).dataSync()).slice();
    },
    close: async () => {},
  };
}
