// Keras files, written by the HDF5 library itself, give exactly the weights that were put in: kernels HWIO, dense ones
// (in, out), fc6 from H,W,C to C,H,W, BatchNorm folded, pixels rescaled. What cannot be read is one line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomNumbers, type TrainedModel, trainedModel } from '../../../tools/fixtures/trained-model.ts';
import type { FloatModel } from '../../../weights/float-model.ts';
import { type ImportOptions, importFile } from '../../../weights/formats/import-file.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { encodeKeras, type KerasOptions, type Norm } from '../encode/keras.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'keras-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(content: Uint8Array, options: ImportOptions = {}): FloatModel {
  const file = path.join(folder, 'alexnet.h5');
  writeFileSync(file, content);
  return importFile(loadFile(file), options);
}

async function expectWeights(found: FloatModel, model: TrainedModel, tolerance = 0): Promise<void> {
  const layers = found.network.layers.filter(({ type }) => type === 'conv' || type === 'dense');
  for (const [index, [name, { shape, weight, bias }]] of [...model.layers].entries()) {
    const layer = found.layers[layers[index]?.name ?? ''];
    expect(layer?.weight.shape).toEqual(shape);
    for (const [values, wanted] of [
      [await layer?.weight.read(), weight],
      [await layer?.bias.read(), bias],
    ] as const) {
      let worst = values?.length === wanted.length ? 0 : Infinity;
      wanted.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(value - (values?.[i] ?? Infinity)));
      });
      expect(worst, name).toBeLessThanOrEqual(tolerance);
    }
  }
}

/** A one-tower network that Keras can say: no normalisation across channels. */
function tower(seed: number): TrainedModel {
  const model = trainedModel('bvlc-alexnet', seed);
  const layers = model.network.layers.filter(({ type }) => type !== 'lrn');
  return { ...model, network: { ...model.network, layers } };
}

const model = tower(31);

describe.each<KerasOptions>([{ form: 'h5' }, { form: 'h5', dtype: '<d' }, { form: 'keras' }])(
  'with its layers described: $form $dtype',
  (options) => {
    test('gives the network and the weights', async () => {
      const found = read(encodeKeras(model, options), { preprocess: 'rgb-mean' });
      expect(found.network.input.size).toBe(227);
      expect(found.network.layers.map(({ name: _, ...layer }) => ({ ...layer, ceil: undefined }))).toEqual(
        model.network.layers.map(({ name: _, ...layer }) => ({ ...layer, ceil: undefined })),
      );
      await expectWeights(found, model);
    });

    test('--preprocess has to be given for a network of no known variant', () => {
      expect(() => read(encodeKeras(model, options))).toThrow(/^preprocess: expected --preprocess/);
    });
  },
);

describe.each<KerasOptions>([
  { form: 'h5-weights' },
  { form: 'weights.h5' },
  { form: 'keras', lambda: true },
])('weights in their order: $form', (options) => {
  test('gives the weights of the variant that is said', async () => {
    const found = read(encodeKeras(model, options), { variant: 'bvlc-alexnet', preprocess: 'rgb-mean' });
    expect(found.network.layers[1]?.type).toBe('lrn');
    await expectWeights(found, model);
    expect(found.notes?.[0]).toMatch(/conv1 <- conv2d, conv2 <- conv2d_1, .*fc8 <- dense_2/);
  });
});

test('a Lambda says what to do', () => {
  expect(() => read(encodeKeras(model, { form: 'h5', lambda: true }))).toThrow(
    /^lambda: expected a layer of a classifier chain, found Lambda: --variant takes the weights in their order$/,
  );
});

test('pixels that the model rescales', () => {
  const rescaling = { scale: 1 / 127.5, offset: -1 };
  const found = read(encodeKeras(model, { form: 'keras', rescaling }), { preprocess: 'torchvision' });
  for (const c of [0, 1, 2]) {
    expect(found.preprocess.mean[c]).toBeCloseTo(127.5, 4);
    expect(found.preprocess.std[c]).toBeCloseTo(127.5, 4);
  }
});

test.each(['h5', 'keras'] as const)('BatchNorm with its own epsilon: %s', async (form) => {
  const random = randomNumbers(8);
  const some = (out: number, from: number, to: number) =>
    Float32Array.from({ length: out }, () => from + (to - from) * random());
  const norms = new Map<string, Norm>();
  const layers = new Map(model.layers);
  for (const [name, { shape, weight, bias }] of model.layers) {
    if (shape.length !== 4) continue;
    const out = bias.length;
    const norm = {
      gamma: some(out, 0.5, 2),
      beta: some(out, -1, 1),
      moving_mean: some(out, -1, 1),
      moving_variance: some(out, 0.1, 4),
    };
    norms.set(name, norm);
    const scale = Array.from(
      norm.moving_variance,
      (value, o) => (norm.gamma[o] as number) / Math.sqrt(value + 0.002),
    );
    const row = weight.length / out;
    layers.set(name, {
      shape,
      weight: weight.map((value, i) => value * (scale[Math.floor(i / row)] as number)),
      bias: bias.map(
        (value, o) =>
          (value - (norm.moving_mean[o] as number)) * (scale[o] as number) + (norm.beta[o] as number),
      ),
    });
  }
  const found = read(encodeKeras(model, { form, norms }), { preprocess: 'rgb-mean' });
  await expectWeights(found, { ...model, layers }, 1e-5);
});

describe('refused', () => {
  test('compressed weights', () => {
    expect(() => read(encodeKeras(model, { form: 'h5', gzip: true }))).toThrow(
      /found chunked or compressed data: h5repack/,
    );
  });

  test('an HDF5 file of something else', () => {
    const content = encodeKeras({ ...model, layers: new Map() }, { form: 'h5-weights' });
    expect(() => read(content)).toThrow(/^HDF5: expected weights of Keras layers/);
  });

  test.each([0.1, 0.3, 0.5, 0.7, 0.9, 0.999])('a file cut at %d of it', (share) => {
    const content = encodeKeras(model, { form: 'h5' });
    const length = Math.floor(content.length * share);
    let message = '';
    try {
      read(content.slice(0, length), { preprocess: 'rgb-mean' });
    } catch (error) {
      message = (error as Error).message;
      expect((error as Error).name).toBe('OperatorError');
    }
    expect(message).toMatch(/expected/);
    expect(message).not.toContain('\n');
  });

  test('100 damaged files: an error of one line, or the weights', () => {
    const content = encodeKeras(model, { form: 'h5' });
    const random = randomNumbers(77);
    for (let round = 0; round < 100; round++) {
      const damaged = content.slice();
      for (let i = 0; i < 8; i++)
        damaged[Math.floor(random() * Math.min(damaged.length, 20_000))] = Math.floor(random() * 256);
      try {
        read(damaged, { preprocess: 'rgb-mean' });
      } catch (error) {
        expect((error as Error).name).toBe('OperatorError');
        expect((error as Error).message).not.toContain('\n');
      }
    }
  });
});
