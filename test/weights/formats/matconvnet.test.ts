// MatConvNet's .mat files, from known weights: column-major filters (height, width, channels, outputs), dense layers as
// convolutions, alpha of one channel, an average colour or picture. Damaged files end with one line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomNumbers, trainedModel } from '../../../tools/fixtures/trained-model.ts';
import type { FloatModel } from '../../../weights/float-model.ts';
import { type ImportOptions, importFile } from '../../../weights/formats/import-file.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { encodeMat, encodeMatConvNet, type MatConvNetOptions } from '../encode/mat.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mat-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(content: Uint8Array, options: ImportOptions = {}): FloatModel {
  const file = path.join(folder, 'imagenet-caffe-alex.mat');
  writeFileSync(file, content);
  return importFile(loadFile(file), options);
}

const trained = trainedModel('bvlc-alexnet', 41);

describe.each<MatConvNetOptions>([
  {},
  { compressed: true },
  { older: true },
  { older: true, compressed: true },
])('%j', (options) => {
  test('gives the weights, the network, the colour and the classes', async () => {
    const found = read(encodeMatConvNet(trained, options));
    expect(found.name).toBe('bvlc-alexnet');
    expect(found.network.layers).toEqual(trained.network.layers);
    expect(found.preprocess).toMatchObject({
      mean: [120, 110, 100],
      std: [1, 1, 1],
      trainedOn: 'RGB',
      crop: 227,
    });
    expect(found.labels[3]).toEqual({ synset: 'n00000003', words: 'thing 3' });
    for (const [name, { shape, weight, bias }] of trained.layers) {
      expect(found.layers[name]?.weight.shape).toEqual(shape);
      expect(await found.layers[name]?.weight.read()).toEqual(weight);
      expect(await found.layers[name]?.bias.read()).toEqual(bias);
    }
  });
});

test('an average picture, height x width x 3, becomes the mean image', async () => {
  const average = Float32Array.from(
    { length: 227 * 227 * 3 },
    (_, i) => 100 + (i % 3) * 20 + ((i / 3) % 227) / 20,
  );
  const found = read(encodeMatConvNet(trained, { average }));
  expect(found.meanImage?.shape).toEqual([3, 227, 227]);
  const planes = (await found.meanImage?.read()) as Float32Array;
  for (const [c, y, x] of [
    [0, 0, 1],
    [1, 5, 7],
    [2, 226, 225],
  ] as const)
    expect(planes[(c * 227 + y) * 227 + x]).toBe(average[(y * 227 + x) * 3 + c]);
});

test('another alpha is another network', () => {
  expect(() => read(encodeMatConvNet(trained, { alphaTimes: 5 }), { variant: 'bvlc-alexnet' })).toThrow(
    /^variant: expected bvlc-alexnet, found another network/,
  );
});

describe('refused, in one line', () => {
  const content = encodeMatConvNet(trained);
  const refusal = (bytes: Uint8Array): string => {
    try {
      read(bytes);
    } catch (error) {
      expect((error as Error).name).toBe('OperatorError');
      expect((error as Error).message).not.toContain('\n');
      return (error as Error).message;
    }
    return '';
  };

  test('another layer', () => {
    const extra = {
      kind: 'struct',
      fields: { type: { kind: 'text', text: 'bnorm' }, name: { kind: 'text', text: 'bn' } },
    } as const;
    expect(refusal(encodeMatConvNet(trained, { extra }))).toMatch(
      /^bn: expected a layer of a classifier chain, found bnorm/,
    );
  });

  test('other variables', () => {
    expect(refusal(encodeMat({ x: { kind: 'double', values: [1] } }))).toMatch(
      /^layers: expected a cell of MatConvNet's layers .*found x/,
    );
  });

  test('version 7.3', () => {
    const bytes = new Uint8Array(Buffer.from('MATLAB 7.3 MAT-file, Platform'.padEnd(600, ' '), 'latin1'));
    expect(refusal(bytes)).toMatch(/found a MATLAB file of version 7\.3: in MATLAB: .*"-v7"/);
  });

  test.each([0.001, 0.1, 0.5, 0.9, 0.9999])('cut at %d of it', (share) => {
    expect(refusal(content.slice(0, Math.floor(content.length * share)))).toMatch(/expected/);
  });

  test('cells within cells', () => {
    let nested: Parameters<typeof encodeMat>[0][string] = { kind: 'double', values: [1] };
    for (let depth = 0; depth < 200; depth++) nested = { kind: 'cell', items: [nested] };
    expect(refusal(encodeMat({ layers: nested }))).toMatch(/12 deep, found more/);
  });

  test('200 damaged files: a line, or the weights', () => {
    const random = randomNumbers(78);
    for (let round = 0; round < 200; round++) {
      const damaged = content.slice(0, 300_000);
      for (let i = 0; i < 8; i++) damaged[128 + Math.floor(random() * 400)] = Math.floor(random() * 256);
      refusal(damaged);
    }
  });
});
