// A real packed model that is small enough for every route test: all kinds of layers, 67x67 input, ten classes,
// seeded random weights.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { instantiateKernels, tilesOf } from '../../src/engine/kernels.ts';
import type { Network } from '../../src/network/layer.ts';
import { inferShapes } from '../../src/network/shapes.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import type { FloatLayer, FloatModel, FloatTensor } from '../../weights/float-model.ts';
import { packModel } from '../../weights/pack.ts';

const NETWORK: Network = {
  input: { size: 67, channels: 3 },
  layers: [
    { type: 'conv', name: 'conv1', kernel: 11, stride: 4, pad: 0, groups: 1, out: 16, relu: true },
    { type: 'lrn', name: 'norm1', size: 5, alpha: 1e-4, beta: 0.75, k: 2 },
    { type: 'maxpool', name: 'pool1', kernel: 3, stride: 2, ceil: false },
    { type: 'conv', name: 'conv2', kernel: 5, stride: 1, pad: 2, groups: 2, out: 32, relu: true },
    { type: 'maxpool', name: 'pool2', kernel: 3, stride: 2, ceil: false },
    { type: 'dense', name: 'fc6', out: 64, relu: true },
    { type: 'dense', name: 'fc7', out: 48, relu: true },
    { type: 'dense', name: 'fc8', out: 10, relu: false },
    { type: 'softmax', name: 'prob' },
  ],
};

function tensor(shape: number[], next: () => number, scale: number): FloatTensor {
  const size = shape.reduce((product, side) => product * side, 1);
  const values = Float32Array.from({ length: size }, () => (next() + next() - 1) * scale);
  return { shape, read: async () => values.slice() };
}

export function tinyModel(): FloatModel {
  const next = randomNumbers(2012);
  const layers: Record<string, FloatLayer> = {};
  for (const { layer, input } of inferShapes(NETWORK)) {
    if (layer.type !== 'conv' && layer.type !== 'dense') continue;
    const shape =
      layer.type === 'conv'
        ? [layer.out, input.channels / layer.groups, layer.kernel, layer.kernel]
        : [layer.out, input.height * input.width * input.channels];
    const fanIn = shape.slice(1).reduce((product, side) => product * side, 1);
    layers[layer.name] = {
      weight: tensor(shape, next, Math.sqrt(12 / fanIn)),
      bias: tensor([layer.out], next, 0.1),
    };
  }
  return {
    name: 'tiny',
    network: NETWORK,
    preprocess: {
      resize: 'shorter-side',
      resizeTo: 80,
      crop: 67,
      mean: [124, 116, 104],
      std: [58, 57, 57],
      trainedOn: 'RGB',
    },
    labels: Array.from({ length: 10 }, (_, i) => ({
      synset: `n0000000${i}`,
      words: `class ${i}, number ${i}`,
    })),
    source: { from: 'test/support/tiny-model.ts', sha256: '0'.repeat(64), licence: 'MIT', accuracy: 'none' },
    layers,
  };
}

/** The packed file's bytes. */
export async function packTinyModel(root: string): Promise<Uint8Array<ArrayBuffer>> {
  const kernels = await readFile(path.join(root, 'build/kernels.wasm'));
  // The two sets of types that a test sees disagree on whether this class can be constructed.
  const module: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [kernels]);
  // Several test files pack it at the same time.
  const folder = await mkdtemp(path.join(tmpdir(), 'tiny-model-'));
  try {
    const file = path.join(folder, 'packed.safetensors');
    await packModel(tinyModel(), tilesOf(instantiateKernels(module)), file);
    return new Uint8Array(await readFile(file));
  } finally {
    await rm(folder, { recursive: true });
  }
}
