// The imported, packed and quantised network on our engine against onnxruntime running the float network: cosine
// of the logits >= 0.999 and the same class on 20 pictures, for each form and variant. Then the mistakes that
// people make with such files, each of which must give other answers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeSafetensors } from '../../tools/fixtures/encode-safetensors.ts';
import { pictures, type TrainedModel, trainedModel } from '../../tools/fixtures/trained-model.ts';
import type { FloatModel } from '../../weights/float-model.ts';
import type { ImportOptions } from '../../weights/formats/import-file.ts';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import type { VariantName } from '../../weights/formats/network/variants.ts';
import { packModel } from '../../weights/pack.ts';
import { kernelTiles, openEngine } from '../../weights/packed/engine.ts';
import { encodeCaffemodel } from './encode/caffemodel.ts';
import { encodeNpy } from './encode/numpy.ts';
import { FORMATS } from './formats.ts';
import { argmax, cosine, runFloatOnnx } from './run-float-onnx.ts';

/** The float logits of the first two classes lie 2 % of their range or more apart on each picture. */
const SEED = 1;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'logits-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Witness {
  model: TrainedModel;
  pictures: Uint8Array[];
  logits: Float32Array[];
}

const witnesses = new Map<VariantName, Promise<Witness>>();

function witness(variant: VariantName): Promise<Witness> {
  const found = witnesses.get(variant) ?? makeWitness(variant);
  witnesses.set(variant, found);
  return found;
}

async function makeWitness(variant: VariantName): Promise<Witness> {
  const model = trainedModel(variant, SEED);
  const shown = pictures(20, model.network.input.size, 99);
  return { model, pictures: shown, logits: await runFloatOnnx(halved(model, variant), shown) };
}

/** The network that Paddle runs: inputs of fc6 and fc7 halved, written as halved weights for onnxruntime. */
function halved(model: TrainedModel, variant: VariantName): TrainedModel {
  if (variant !== 'paddleclas') return model;
  const layers = new Map(model.layers);
  for (const name of ['fc6', 'fc7']) {
    const layer = layers.get(name);
    if (layer) layers.set(name, { ...layer, weight: layer.weight.map((value) => value / 2) });
  }
  return { ...model, layers };
}

async function engineLogits(model: FloatModel, shown: Uint8Array[]): Promise<Float32Array[]> {
  const file = path.join(folder, 'packed.safetensors');
  await packModel(model, kernelTiles(), file);
  const engine = await openEngine(file);
  return engine.run(shown).map(({ logits }) => logits);
}

async function withFile<T>(
  bytes: Uint8Array,
  options: ImportOptions,
  use: (model: FloatModel) => Promise<T>,
): Promise<T> {
  const file = path.join(folder, 'source');
  writeFileSync(file, bytes);
  return use(importFile(loadFile(file), options));
}

describe.each(FORMATS)('$label', ({ variant, encode, options }) => {
  test('gives the logits and the classes of onnxruntime', async () => {
    const { model, pictures: shown, logits: wanted } = await witness(variant);
    const found = await withFile(encode(model), options, (imported) => engineLogits(imported, shown));
    found.forEach((logits, index) => {
      const expected = wanted[index] as Float32Array;
      expect(cosine(logits, expected), `picture ${index}`).toBeGreaterThanOrEqual(0.999);
      expect(argmax(logits), `picture ${index}`).toBe(argmax(expected));
    });
  });
});

/** The mean cosine to onnxruntime's logits, for a wrong reading of a file. */
async function agreement(
  variant: VariantName,
  bytes: Uint8Array,
  options: ImportOptions,
  change = (model: FloatModel) => model,
) {
  const { pictures: shown, logits: wanted } = await witness(variant);
  const found = await withFile(bytes, options, (imported) => engineLogits(change(imported), shown));
  return found.reduce((sum, logits, i) => sum + cosine(logits, wanted[i] as Float32Array), 0) / found.length;
}

describe('a wrong reading gives other answers', () => {
  test('norm and pool swapped', async () => {
    const { model } = await witness('caffenet');
    const bytes = encodeNpy(model, { flavour: 'python2' });
    expect(await agreement('caffenet', bytes, { variant: 'caffenet' })).toBeGreaterThan(0.999);
    expect(await agreement('caffenet', bytes, { variant: 'bvlc-alexnet' })).toBeLessThan(0.999);
  });

  test('k = 1 for k = 2', async () => {
    const { model } = await witness('paper');
    const bytes = encodeNpy(model, { flavour: 'python2' });
    expect(await agreement('paper', bytes, { variant: 'bvlc-alexnet' })).toBeLessThan(0.999);
  });

  test('BGR for RGB', async () => {
    const { model } = await witness('bvlc-alexnet');
    const bytes = encodeSafetensors(model);
    expect(await agreement('bvlc-alexnet', bytes, { preprocess: 'caffe' })).toBeGreaterThan(0.999);
    expect(await agreement('bvlc-alexnet', bytes, { preprocess: 'rgb-mean' })).toBeLessThan(0.99);
  });

  test('H,W,C for C,H,W', async () => {
    const { model } = await witness('bvlc-alexnet');
    const bytes = encodeCaffemodel(model, { form: 'older' });
    const hwc = async (weight: Float32Array, inputs: number) =>
      weight.map((_, i) => {
        const column = i % inputs;
        return weight[
          i - column + (column % (inputs / 36)) * 36 + Math.floor(column / (inputs / 36))
        ] as number;
      });
    const wrong = await agreement('bvlc-alexnet', bytes, {}, (imported) => {
      const fc6 = imported.layers.fc6 as NonNullable<FloatModel['layers'][string]>;
      const weight = {
        ...fc6.weight,
        read: async () => hwc(await fc6.weight.read(), fc6.weight.shape[1] ?? 0),
      };
      return { ...imported, layers: { ...imported.layers, fc6: { ...fc6, weight } } };
    });
    expect(wrong).toBeLessThan(0.99);
  });
});
