// A real packed model that is small enough for every route test: all kinds of layers, 67x67 input, ten classes,
// seeded random weights.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { instantiateKernels, tilesOf } from '../../src/engine/kernels.ts';
import { TINY_NETWORK } from '../../src/library/tiny-network.ts';
import { inferShapes } from '../../src/network/shapes.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import type { FloatLayer, FloatModel, FloatTensor } from '../../weights/float-model.ts';
import { packModel } from '../../weights/pack.ts';

function tensor(shape: number[], next: () => number, scale: number): FloatTensor {
  const size = shape.reduce((product, side) => product * side, 1);
  const values = Float32Array.from({ length: size }, () => (next() + next() - 1) * scale);
  return { shape, read: async () => values.slice() };
}

export function tinyModel(): FloatModel {
  const next = randomNumbers(2012);
  const layers: Record<string, FloatLayer> = {};
  for (const { layer, input } of inferShapes(TINY_NETWORK)) {
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
    network: TINY_NETWORK,
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
