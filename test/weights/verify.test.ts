// `verify` against the independent witness: the float network that it compares with gives onnxruntime's outputs in
// every layer, for every variant; and its figures are those of a packed model that is, or is not, the source's own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pictures, trainedModel } from '../../tools/fixtures/trained-model.ts';
import { FloatForward } from '../../weights/float-forward.ts';
import type { FloatModel } from '../../weights/float-model.ts';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import { packModel } from '../../weights/pack.ts';
import { kernelTiles, openEngine } from '../../weights/packed/engine.ts';
import { listPhotos, loadPhoto } from '../../weights/photos.ts';
import { verify } from '../../weights/verify.ts';
import { OnnxReference } from '../reference/onnx.ts';
import { encodeCaffemodel } from './encode-caffemodel.ts';
import { encodeTorchZip } from './encode-torch.ts';
import { cosine } from './run-float-onnx.ts';

const FILES = {
  'bvlc-alexnet': () => encodeCaffemodel(trainedModel('bvlc-alexnet', 5), { form: 'older' }),
  caffenet: () => encodeCaffemodel(trainedModel('caffenet', 5), { form: 'older' }),
  torchvision: () => encodeTorchZip(trainedModel('torchvision', 5)),
};
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'verify-'));
  for (const [index, picture] of pictures(4, 300, 3).entries())
    await sharp(picture, { raw: { width: 300, height: 300, channels: 3 } })
      .png()
      .toFile(path.join(folder, `${index}.png`));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function imported(variant: keyof typeof FILES): FloatModel {
  const file = path.join(folder, variant);
  writeFileSync(file, FILES[variant]());
  return importFile(loadFile(file));
}

function hwc(chw: Float32Array, channels: number): Float32Array {
  const plane = chw.length / channels;
  return chw.map((_, i) => chw[(i % channels) * plane + Math.floor(i / channels)] as number);
}

describe.each(Object.keys(FILES) as (keyof typeof FILES)[])('%s', (variant) => {
  test('every layer of the float network is onnxruntime’s', async () => {
    const model = imported(variant);
    const witness = await OnnxReference.create(model);
    const [picture] = pictures(1, model.network.input.size, 8) as [Uint8Array];
    const wanted = await witness.run(picture);
    await witness.release();
    const float = await FloatForward.load(model);
    float.run(picture).forEach((values, index) => {
      const { layer, output } = float.layers[index] as (typeof float.layers)[number];
      const expected = wanted.get(layer.name) as Float32Array;
      expect(cosine(hwc(values, output.channels), expected), layer.name).toBeGreaterThan(0.999999);
    });
  });
});

test('figures of a packed model and its source, and of one with other weights', async () => {
  const model = imported('bvlc-alexnet');
  const packed = path.join(folder, 'own.safetensors');
  await packModel(model, kernelTiles(), packed);
  const photos = listPhotos(folder);
  expect(photos).toHaveLength(4);
  const progress: number[] = [];
  const own = await verify(await openEngine(packed), model, photos, (done) => progress.push(done));
  expect(progress).toEqual([1, 2, 3, 4]);
  expect(own).toMatchObject({ photos: 4, agreement: 1 });
  expect(own.worstDifference).toBeLessThan(0.05);
  expect(own.meanDifference).toBeLessThanOrEqual(own.worstDifference);
  expect(own.layers.map(({ layer }) => layer)).toEqual(model.network.layers.map(({ name }) => name));
  for (const { layer, worst } of own.layers) expect(worst, layer).toBeGreaterThan(0.999);

  const fc6 = model.layers.fc6 as NonNullable<FloatModel['layers'][string]>;
  const negated = { ...fc6.weight, read: async () => (await fc6.weight.read()).map((value) => -value) };
  const other = { ...model, layers: { ...model.layers, fc6: { ...fc6, weight: negated } } };
  const differs = await verify(await openEngine(packed), other, photos, () => {});
  const cosines = new Map(differs.layers.map(({ layer, worst }) => [layer, worst]));
  expect(cosines.get('pool5')).toBeGreaterThan(0.999);
  expect(cosines.get('fc6')).toBeLessThan(0.9);
});

test('a photo is resized and cropped by the model’s rule', async () => {
  const wide = path.join(folder, 'wide.jpg.png');
  const raw = { width: 600, height: 300, channels: 3 as const };
  // The left quarter is black: within the crop of a warped picture, outside it where the aspect is kept.
  const halves = Uint8Array.from({ length: 600 * 300 * 3 }, (_, i) =>
    Math.floor(i / 3) % 600 < 150 ? 0 : 255,
  );
  await sharp(halves, { raw }).png().toFile(wide);
  for (const resize of ['warp', 'shorter-side'] as const) {
    const picture = await loadPhoto(wide, {
      resize,
      resizeTo: 256,
      crop: 227,
      mean: [0, 0, 0],
      std: [1, 1, 1],
      trainedOn: 'RGB',
    });
    expect(picture).toHaveLength(227 * 227 * 3);
    expect(picture[(113 * 227 + 20) * 3]).toBe(resize === 'warp' ? 0 : 255);
    expect(picture[(113 * 227 + 126) * 3]).toBe(255);
  }
  await expect(loadPhoto(path.join(folder, 'caffenet'), imported('caffenet').preprocess)).rejects.toThrow(
    /expected a photo/,
  );
});
