// ONNX as torch writes it, against onnxruntime, which runs the file itself: the imported float network has its logits.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOGITS } from '../../../tools/fixtures/encode-onnx.ts';
import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';
import { randomNumbers } from '../../../tools/fixtures/random.ts';
import { pictures, type TrainedModel, trainedModel } from '../../../tools/fixtures/trained-model.ts';
import { FloatForward } from '../../../weights/float-forward.ts';
import type { FloatModel } from '../../../weights/float-model.ts';
import { type ImportOptions, importFile } from '../../../weights/formats/import-file.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { encodeTorchOnnx, type TorchOnnxOptions } from '../encode/torch-onnx.ts';
import { cosine } from '../run-float-onnx.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'torch-onnx-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function imported(content: Part, options: ImportOptions = {}): FloatModel {
  const file = path.join(folder, 'file.onnx');
  writeFileSync(file, content);
  return importFile(loadFile(file), options);
}

/** Logits of the imported network for a picture u8 RGB. */
async function logitsOf(model: FloatModel, picture: Uint8Array): Promise<Float32Array> {
  const float = new FloatForward({
    ...model,
    layer: async (name) => {
      const layer = model.layers[name];
      return layer && { weight: await layer.weight.read(), bias: await layer.bias.read() };
    },
  });
  return (await float.run(picture)).at(-2) as Float32Array;
}

/** What onnxruntime makes of the graph, fed as the graph wants it: `input` gives the value of a channel's pixel. */
async function runtimeLogits(
  content: Part,
  model: TrainedModel,
  picture: Uint8Array,
  input: (value: number, channel: number) => number,
): Promise<Float32Array> {
  const { size } = model.network.input;
  const values = new Float32Array(3 * size * size);
  const order = model.preprocess.trainedOn === 'BGR' ? [2, 1, 0] : [0, 1, 2];
  for (const [plane, channel] of order.entries())
    for (let i = 0; i < size * size; i++)
      values[plane * size * size + i] = input(picture[3 * i + channel] as number, channel);
  const session = await ort.InferenceSession.create(content);
  const result = await session.run({ 'input.1': new ort.Tensor('float32', values, [1, 3, size, size]) });
  await session.release();
  return Float32Array.from(result[LOGITS]?.data as Float32Array);
}

const random = randomNumbers(4);
const some = (out: number, from: number, to: number) =>
  Float32Array.from({ length: out }, () => from + (to - from) * random());
const norms = new Map<string, ReturnType<NonNullable<TorchOnnxOptions['norm']>>>();
const norm = (layer: string, out: number) => {
  const made = norms.get(layer) ?? {
    scale: some(out, 0.5, 1.5),
    bias: some(out, -0.2, 0.2),
    mean: some(out, -0.2, 0.2),
    variance: some(out, 0.5, 2),
  };
  norms.set(layer, made);
  return made;
};
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

describe.each<
  [
    string,
    'bvlc-alexnet' | 'paper' | 'caffenet' | 'torchvision',
    TorchOnnxOptions,
    'none' | 'unit' | 'framework',
  ]
>([
  ['LocalResponseNorm step by step', 'bvlc-alexnet', {}, 'framework'],
  ['the same behind pooling', 'caffenet', {}, 'framework'],
  ['the same with k = 2', 'paper', { computedShape: true }, 'framework'],
  ['x.view(x.size(0), -1)', 'torchvision', { computedShape: true }, 'framework'],
  [
    'pixels 0..255 normalised in the graph',
    'torchvision',
    { pixels: { mean: MEAN, std: STD, scale: true } },
    'none',
  ],
  [
    'pixels 0..1 normalised in the graph',
    'torchvision',
    { pixels: { mean: MEAN, std: STD, scale: false } },
    'unit',
  ],
  ['BatchNorm unfolded', 'torchvision', { norm }, 'framework'],
  ['BatchNorm between convolution and ReLU of two groups', 'bvlc-alexnet', { norm }, 'framework'],
  [
    'casts around the network and its weights',
    'torchvision',
    { casts: true, computedShape: true },
    'framework',
  ],
])('%s', (_, variant, options, fed) => {
  test('has the logits of onnxruntime', async () => {
    const model = trainedModel(variant, 21);
    const [picture] = pictures(1, model.network.input.size, 3) as [Uint8Array];
    const content = encodeTorchOnnx(model, options);
    const { mean, std } = model.preprocess;
    const wanted = await runtimeLogits(content, model, picture, (value, c) =>
      fed === 'none'
        ? value
        : fed === 'unit'
          ? value / 255
          : (value - (mean[c] as number)) / (std[c] as number),
    );
    const found = imported(content);
    expect(found.name).toBe(variant);
    expect(found.preprocess.trainedOn).toBe(model.preprocess.trainedOn);
    found.preprocess.mean.forEach((value, c) => {
      expect(value).toBeCloseTo(model.preprocess.mean[c] as number, 3);
    });
    expect(cosine(await logitsOf(found, picture), wanted)).toBeGreaterThan(0.999999);
  });
});

test('the normalisation is seen: without it the logits are others', async () => {
  const model = trainedModel('bvlc-alexnet', 21);
  const [picture] = pictures(1, 227, 3) as [Uint8Array];
  const found = imported(encodeTorchOnnx(model, {}));
  const layers = found.network.layers.map((layer) =>
    layer.type === 'lrn' ? { ...layer, alpha: 1e-9 } : layer,
  );
  const own = await logitsOf(found, picture);
  const others = await logitsOf({ ...found, network: { ...found.network, layers } }, picture);
  expect(cosine(own, others)).toBeLessThan(0.999);
});

test('external data beside the file', async () => {
  const model = trainedModel('torchvision', 21);
  const external = { file: 'alexnet.onnx.data', content: [] as Part[] };
  const content = encodeTorchOnnx(model, { external });
  writeFileSync(path.join(folder, external.file), concat(...external.content));
  const found = imported(content);
  const layers = Object.values(found.layers);
  for (const [index, { weight }] of [...model.layers.values()].entries())
    expect(await layers[index]?.weight.read()).toEqual(weight);
  writeFileSync(path.join(folder, external.file), concat(...external.content).subarray(1000));
  expect(() => imported(content)).toThrow(/expected \d+ bytes at position \d+ of alexnet\.onnx\.data/);
});

test.each(['../secret', '/etc/passwd', ''])('external data at %j', (file) => {
  const content = encodeTorchOnnx(trainedModel('torchvision', 21), { external: { file, content: [] } });
  expect(() => imported(content)).toThrow(/expected its data in a file beside file\.onnx, found/);
});

test('a window that is no LocalResponseNorm', () => {
  const content = encodeTorchOnnx(trainedModel('bvlc-alexnet', 21), { lopsided: true });
  expect(() => imported(content)).toThrow(
    /Div.*: expected a window of an odd number of channels, padded on both sides, found 5 with pads 4,0/,
  );
});
