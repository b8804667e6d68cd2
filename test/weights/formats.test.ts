// Each form of file, written by the tests' own encoders with known weights, gives exactly these weights in the
// canonical layout, the network, the preprocessing and the class names.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TrainedModel, trainedModel } from '../../tools/fixtures/trained-model.ts';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import { PREPROCESS } from '../../weights/formats/network/preprocess-presets.ts';
import type { VariantName } from '../../weights/formats/network/variants.ts';
import { FORMATS } from './formats.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'weights-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Canonical weights: conv1 in RGB order, Paddle's halving folded in. */
function expectedWeight(model: TrainedModel, name: string, variant: VariantName): Float32Array {
  const { shape, weight } = model.layers.get(name) as NonNullable<ReturnType<TrainedModel['layers']['get']>>;
  if (variant === 'paddleclas' && (name === 'fc6' || name === 'fc7')) return weight.map((value) => value / 2);
  if (name !== 'conv1' || model.preprocess.trainedOn === 'RGB') return weight;
  const [, , height = 0, width = 0] = shape;
  const plane = height * width;
  return weight.map((_, i) => {
    const channel = Math.floor(i / plane) % 3;
    return weight[i + (2 - 2 * channel) * plane] as number;
  });
}

describe.each(FORMATS)('$label', ({ label, variant, encode, options, tolerance = 0 }) => {
  test('gives the weights, the network and the preprocessing', async () => {
    const model = trainedModel(variant, 11);
    const file = path.join(folder, label.replaceAll(/\W+/g, '-'));
    writeFileSync(file, encode(model));
    const source = loadFile(file);
    const imported = importFile(source, options);
    expect(imported.preprocess).toEqual(model.preprocess);
    expect(imported.network.input.size).toBe(model.network.input.size);
    expect(imported.network.layers.map(({ name: _, ...layer }) => layer)).toEqual(
      model.network.layers.map(({ name: _, ...layer }) => layer),
    );
    const weighted = imported.network.layers.filter(({ type }) => type === 'conv' || type === 'dense');
    const names = [...model.layers.keys()];
    for (const [index, layer] of weighted.entries()) {
      const name = names[index] as string;
      const found = imported.layers[layer.name];
      expect(found?.weight.shape).toEqual(model.layers.get(name)?.shape);
      const weight = (await found?.weight.read()) as Float32Array;
      const wanted = expectedWeight(model, name, variant);
      let worst = 0;
      for (let i = 0; i < wanted.length; i++)
        worst = Math.max(worst, Math.abs((weight[i] as number) - (wanted[i] as number)));
      expect(worst, `${name} weights`).toBeLessThanOrEqual(tolerance);
      const bias = (await found?.bias.read()) as Float32Array;
      model.layers.get(name)?.bias.forEach((value, i) => {
        expect(Math.abs((bias[i] as number) - value)).toBeLessThanOrEqual(tolerance);
      });
    }
    expect(imported.labels).toHaveLength(10);
  });
});

test('the presets differ in order and scale, so that a mix-up shows', () => {
  expect(PREPROCESS.caffe.trainedOn).not.toBe(PREPROCESS.torchvision.trainedOn);
});
