// `verify` against the independent witness: the float network that it compares with gives onnxruntime's outputs in
// every layer, for every variant; and its figures are those of a packed model that is, or is not, the source's own.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
import { listPhotos, loadPhoto, readTruth } from '../../weights/photos.ts';
import { loadWeights, verify } from '../../weights/verify.ts';
import { OnnxReference } from '../reference/onnx.ts';
import { encodeCaffemodel } from './encode/caffemodel.ts';
import { encodeTorchZip } from './encode/torch.ts';
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
    const layers = await loadWeights(model);
    const float = new FloatForward({ ...model, layer: (name) => layers.get(name) });
    (await float.run(picture)).forEach((values, index) => {
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
  const own = await verify(packed, model, photos, { progress: (done) => progress.push(done), threads: 2 });
  expect(progress).toEqual([1, 2, 3, 4]);
  expect(own).toMatchObject({ photos: 4, agreement: 1 });
  expect(own.worstDifference).toBeLessThan(0.05);
  expect(own.meanDifference).toBeLessThanOrEqual(own.worstDifference);
  expect(own.layers.map(({ layer }) => layer)).toEqual(model.network.layers.map(({ name }) => name));
  for (const { layer, worst } of own.layers) expect(worst, layer).toBeGreaterThan(0.999);

  const fc6 = model.layers.fc6 as NonNullable<FloatModel['layers'][string]>;
  const negated = { ...fc6.weight, read: async () => (await fc6.weight.read()).map((value) => -value) };
  const other = { ...model, layers: { ...model.layers, fc6: { ...fc6, weight: negated } } };
  const differs = await verify(packed, other, photos, { threads: 1 });
  const cosines = new Map(differs.layers.map(({ layer, worst }) => [layer, worst]));
  expect(cosines.get('pool5')).toBeGreaterThan(0.999);
  expect(cosines.get('fc6')).toBeLessThan(0.9);
});

test('accuracy by the folders of ImageNet, and by a list', async () => {
  const model = imported('bvlc-alexnet');
  const packed = path.join(folder, 'classes.safetensors');
  model.labels = model.labels.map((label, i) => ({ ...label, synset: `n0000000${i}` }));
  await packModel(model, kernelTiles(), packed);
  const photos = path.join(folder, 'validation');
  const [first, second] = listPhotos(folder, 4);
  const { agreement, ...found } = await verify(packed, model, [first as string], { threads: 1 });
  expect(found.accuracy).toBeUndefined();
  // Where the network is right is found by asking it; a list then says it of one photo, and the folder of another.
  const [prediction] = (await openEngine(packed)).run([await loadPhoto(first as string, model.preprocess)]);
  const answer = prediction?.logits.indexOf(Math.max(...prediction.logits)) ?? 0;
  const other = (answer + 1) % 10;
  for (const [is, top1] of [
    [answer, 1],
    [other, 0],
  ] as const) {
    const truth = new Map([[path.basename(first as string), String(is)]]);
    const { accuracy } = await verify(packed, model, [first as string], { truth, threads: 1 });
    expect(accuracy?.packed.top1).toBe(top1);
  }
  const right = path.join(photos, `n0000000${answer}`, 'right.png');
  const wrong = path.join(photos, `n0000000${other}`, 'wrong.png');
  for (const [from, to] of [
    [first, right],
    [first, wrong],
  ]) {
    mkdirSync(path.dirname(to as string), { recursive: true });
    copyFileSync(from as string, to as string);
  }
  expect((await verify(packed, model, listPhotos(photos), { threads: 2 })).accuracy).toMatchObject({
    photos: 2,
    packed: { top1: 0.5 },
    float: { top1: 0.5 },
  });
  expect(second).toBeDefined();
  expect(agreement).toBe(1);
  const list = path.join(folder, 'val.txt');
  writeFileSync(list, 'ILSVRC2012_val_00000001.JPEG 65\nval/a b.png n01440764\n');
  expect([...readTruth(list)]).toEqual([
    ['ILSVRC2012_val_00000001.JPEG', '65'],
    ['a b.png', 'n01440764'],
  ]);
  writeFileSync(list, 'tench\n');
  expect(() => readTruth(list)).toThrow(/expected a photo and its class on each line, found "tench"/);
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
