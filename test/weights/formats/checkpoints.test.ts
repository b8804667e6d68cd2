// What training scripts save: checkpoints, wrappers' prefixes, names of a Sequential, views, BatchNorm. Each is read as
// the network that its plain state dict is, value by value, or refused with the line that says what to give.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomNumbers } from '../../../tools/fixtures/random.ts';
import { type TrainedModel, trainedModel } from '../../../tools/fixtures/trained-model.ts';
import type { FloatModel } from '../../../weights/float-model.ts';
import { type ImportOptions, importFile } from '../../../weights/formats/import-file.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import {
  encodeTorchStream,
  encodeTorchZip,
  type Norm,
  TORCHVISION_KEYS,
  type TorchOptions,
} from '../encode/torch.ts';

const torchvision = trainedModel('torchvision', 9);
const bvlc = trainedModel('bvlc-alexnet', 9);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'checkpoints-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(content: Uint8Array, options: ImportOptions = {}): FloatModel {
  const file = path.join(folder, 'file');
  writeFileSync(file, content);
  return importFile(loadFile(file), options);
}

async function expectWeights(found: FloatModel, model: TrainedModel, tolerance = 0): Promise<void> {
  expect(Object.keys(found.layers)).toEqual([...model.layers.keys()]);
  for (const [name, { shape, weight, bias }] of model.layers) {
    const layer = found.layers[name];
    expect(layer?.weight.shape).toEqual(shape);
    for (const [values, wanted] of [
      [await layer?.weight.read(), weight],
      [await layer?.bias.read(), bias],
    ]) {
      let worst = 0;
      wanted?.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(value - (values?.[i] as number)));
      });
      expect(worst, name).toBeLessThanOrEqual(tolerance);
    }
  }
}

const keyed = (prefix: string, more: TorchOptions = {}): TorchOptions => ({
  ...more,
  key: (layer) => prefix + TORCHVISION_KEYS[layer],
});
/** Numbers of a Sequential with further modules in it. */
const numbered = (numbers: number[]) => (layer: string) => {
  const index = [...torchvision.layers.keys()].indexOf(layer);
  return index < 5 ? `features.${numbers[index]}` : (TORCHVISION_KEYS[layer] as string);
};

describe.each([
  ['zip', encodeTorchZip],
  ['stream', encodeTorchStream],
] as const)('%s', (_, encode) => {
  test.each<[string, TorchOptions]>([
    ...['state_dict', 'model', 'model_state_dict', 'net', 'ema'].map((wrap): [string, TorchOptions] => [
      `{${wrap}: ...} beside an optimizer`,
      { wrap },
    ]),
    ['module.', keyed('module.')],
    ['model. in a checkpoint', keyed('model.', { wrap: 'state_dict' })],
    ['_orig_mod.module.', keyed('_orig_mod.module.')],
    [
      'features.module.',
      { key: (layer) => (TORCHVISION_KEYS[layer] as string).replace('features.', 'features.module.') },
    ],
    ['channels_last and transposed views', { views: true }],
    ['a Sequential of other numbers', { key: numbered([1, 4, 7, 10, 13]) }],
  ])('%s', async (_label, options) => {
    const found = read(encode(torchvision, options));
    expect(found).toMatchObject({ name: 'torchvision', preprocess: torchvision.preprocess });
    await expectWeights(found, torchvision);
  });
});

describe('BatchNorm', () => {
  const random = randomNumbers(5);
  const values = (out: number, from: number, to: number) =>
    Float32Array.from({ length: out }, () => from + (to - from) * random());
  const norms = new Map<string, Norm>();
  const of = (layer: string, out: number): Norm => {
    const made = norms.get(layer) ?? {
      weight: values(out, 0.5, 2),
      bias: values(out, -1, 1),
      running_mean: values(out, -1, 1),
      running_var: values(out, 0.1, 4),
    };
    norms.set(layer, made);
    return made;
  };
  const key = numbered([0, 4, 8, 11, 14]);

  /** The same function without the normalisation, computed in double precision. */
  function folded(): TrainedModel {
    const layers = new Map(torchvision.layers);
    for (const [name, layer] of layers) {
      if (layer.shape.length !== 4) continue;
      const { weight, bias, running_mean: mean, running_var: variance } = of(name, layer.bias.length);
      const scale = Array.from(variance, (value, o) => (weight[o] as number) / Math.sqrt(value + 1e-5));
      const row = layer.weight.length / layer.bias.length;
      layers.set(name, {
        shape: layer.shape,
        weight: layer.weight.map((value, i) => value * (scale[Math.floor(i / row)] as number)),
        bias: layer.bias.map(
          (value, o) => (value - (mean[o] as number)) * (scale[o] as number) + (bias[o] as number),
        ),
      });
    }
    return { ...torchvision, layers };
  }

  test.each([
    [
      'in a Sequential',
      { key, norm: { key: (layer: string) => key(layer).replace(/\d+/, (n) => String(Number(n) + 1)), of } },
    ],
    [
      'conv1, bn1, ...',
      { key: (layer: string) => layer, norm: { key: (layer: string) => layer.replace('conv', 'bn'), of } },
    ],
  ])('%s', async (label, options) => {
    const variant = label === 'in a Sequential' ? {} : ({ variant: 'torchvision' } as const);
    await expectWeights(read(encodeTorchZip(torchvision, options), variant), folded(), 1e-5);
  });
});

describe('two groups as a Sequential', () => {
  const content = encodeTorchZip(bvlc, { key: numbered([0, 4, 8, 10, 12]) });

  test('where it normalises has to be said', () => {
    expect(() => read(content)).toThrow(/^variant: expected --variant, since these tensors do not say/);
    expect(() => read(content, { variant: 'bvlc-alexnet' })).toThrow(/^preprocess: expected --preprocess/);
  });

  test('and then it is read', async () => {
    const found = read(content, { variant: 'bvlc-alexnet', preprocess: 'rgb-mean' });
    expect(found.network.layers).toEqual(bvlc.network.layers);
    await expectWeights(found, bvlc);
    expect(found.notes?.[0]).toMatch(/conv1 <- features\.0, conv2 <- features\.4, conv3 <- features\.8/);
  });
});

test('one tower with normalisation: the groups follow the weights', async () => {
  const layers = new Map(bvlc.layers);
  for (const name of ['conv2', 'conv4', 'conv5']) {
    const layer = layers.get(name) as NonNullable<ReturnType<typeof layers.get>>;
    const [out = 0, channels = 0, height = 0, width = 0] = layer.shape;
    const weight = Float32Array.from({ length: 2 * layer.weight.length }, (_, i) => Math.sin(i) / 20);
    layers.set(name, { ...layer, shape: [out, 2 * channels, height, width], weight });
  }
  const tower = { ...bvlc, layers };
  const found = read(encodeTorchZip(tower, { key: (layer) => layer }), { preprocess: 'rgb-mean' });
  for (const layer of found.network.layers) if (layer.type === 'conv') expect(layer.groups).toBe(1);
  expect(found.network.layers[1]?.type).toBe('lrn');
  await expectWeights(found, tower);
});

test('two orders that fit are refused', () => {
  // conv3, conv4 and conv5 of one shape each, named against the order of the file.
  const layers = new Map(torchvision.layers);
  const square = layers.get('conv5') as NonNullable<ReturnType<typeof layers.get>>;
  const [out = 0, channels = 0] = square.shape;
  expect(out).toBe(channels);
  const content = encodeTorchZip(torchvision, {
    key: (layer) =>
      ({ conv4: 'b', conv5: 'a' })[layer] ?? (layer === 'conv3' ? '9' : layer.replace('conv', '')),
  });
  expect(() => read(content, { variant: 'torchvision' })).toThrow(
    /expected one order that fits, found two: 1, 2, 9, b, a, .* and 1, 2, 9, a, b,/,
  );
});

describe('refused, with what to do', () => {
  test('a whole module', () => {
    const content = encodeTorchZip(torchvision, { rebuild: ['torchvision.models.alexnet', 'AlexNet'] });
    expect(() => read(content)).toThrow(
      /found "torchvision\.models\.alexnet\.AlexNet".*torch\.save\(model\.state_dict\(\)/,
    );
  });

  test('TorchScript', () => {
    const content = encodeTorchZip(torchvision, { extra: 'archive/code/__torch__/net.py' });
    expect(() => read(content)).toThrow(/found TorchScript: torch\.save\(torch\.jit\.load/);
  });

  test('a checkpoint without a state dict', () => {
    const content = encodeTorchZip(torchvision, { wrap: 'something' });
    expect(() => read(content)).toThrow(
      /expected a state dict, or one under .*found "epoch", "arch".*torch\.save/,
    );
  });
});
