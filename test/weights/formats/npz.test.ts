// .npz, plain and compressed: arrays under the names of a dictionary, of a state dict, and of MatConvNet's layers; each
// gives the weights back.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Part } from '../../../tools/fixtures/encode-protobuf.ts';
import { type TrainedModel, trainedModel } from '../../../tools/fixtures/trained-model.ts';
import { type ImportOptions, importFile } from '../../../weights/formats/import-file.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { encodeNpz } from '../encode/npz.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'npz-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function expectRead(content: Part, model: TrainedModel, options: ImportOptions): Promise<void> {
  const file = path.join(folder, 'file.npz');
  writeFileSync(file, content);
  const found = importFile(loadFile(file), options);
  for (const [name, { shape, weight, bias }] of model.layers) {
    expect(found.layers[name]?.weight.shape, name).toEqual(shape);
    expect(await found.layers[name]?.weight.read(), name).toEqual(weight);
    expect(await found.layers[name]?.bias.read()).toEqual(bias);
  }
}

const torchvision = trainedModel('torchvision', 4);
const bvlc = trainedModel('bvlc-alexnet', 4);
const RGB = { variant: 'bvlc-alexnet', preprocess: 'rgb-mean' } as const;

describe.each([true, false])('compressed: %s', (compressed) => {
  test('a state dict', async () => {
    await expectRead(encodeNpz(torchvision, 'state dict', compressed), torchvision, {});
  });

  test('conv1_W, conv1_b: HWIO, dense (in, out) with inputs as H,W,C', async () => {
    await expectRead(encodeNpz(bvlc, 'dictionary', compressed), bvlc, RGB);
  });

  test('eight convolutions, column-major, biases of 1 x n: MatConvNet', async () => {
    await expectRead(encodeNpz(bvlc, 'MatConvNet', compressed), bvlc, RGB);
  });
});
