// The whole table of what people have of an AlexNet (written by PyTorch, torchvision, onnx, NumPy, Keras, MATLAB and others):
// each row is imported, packed and run by our engine, with the class of onnxruntime on 10 of 10 pictures and logits of cosine
// 0.999 or more; or it is refused by one line that says what to do. The files of other tests of this folder, seen together.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concat, floats, number, type Part } from '../../../tools/fixtures/encode-protobuf.ts';
import { randomNumbers } from '../../../tools/fixtures/random.ts';
import {
  frameworkInput,
  pictures,
  type TrainedModel,
  trainedModel,
} from '../../../tools/fixtures/trained-model.ts';
import { type ImportOptions, importFile } from '../../../weights/formats/import-file.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { PREPROCESS } from '../../../weights/formats/network/preprocess-presets.ts';
import { withMean, withMeanImage } from '../../../weights/mean-image.ts';
import { OperatorError } from '../../../weights/operator-error.ts';
import { packModel } from '../../../weights/pack.ts';
import { kernelTiles, openEngine } from '../../../weights/packed/engine.ts';
import { encodeCaffemodel } from '../encode/caffemodel.ts';
import { encodeKeras } from '../encode/keras.ts';
import { encodeMatConvNet } from '../encode/mat.ts';
import { encodeNpz } from '../encode/npz.ts';
import {
  encodeTorchStream,
  encodeTorchZip,
  type Norm,
  TORCHVISION_KEYS,
  type TorchOptions,
} from '../encode/torch.ts';
import { encodeTorchOnnx, type TorchOnnxOptions } from '../encode/torch-onnx.ts';
import { UNREAD_FORMS } from '../encode/unread-forms.ts';
import { argmax, cosine, type Feed, runFloatOnnx, runGraph } from '../run-float-onnx.ts';

interface Imported {
  content: Part;
  /** What the file computes, for onnxruntime. */
  model: TrainedModel;
  options?: ImportOptions;
  feed?: Feed;
  /** onnxruntime runs the file itself, not the model's own graph. */
  itself?: boolean;
  /** A file beside it: its name and content. */
  beside?: { name: string; content: () => Part };
  /** Of --mean-image. */
  meanImage?: Part;
}
type Case = Imported | { content: Part; name?: string; line: RegExp };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tried-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const torchvision = trainedModel('torchvision', 1);
const bvlc = trainedModel('bvlc-alexnet', 1);
/** The two-group network as somebody trains it in PyTorch, of pixels in RGB less ImageNet's mean. */
const rgb: TrainedModel = { ...bvlc, preprocess: PREPROCESS['rgb-mean'] };
const RGB = { variant: 'bvlc-alexnet', preprocess: 'rgb-mean' } as const;

/** The names of a Sequential's convolutions by these numbers. */
const numbered = (numbers: number[]) => (layer: string) =>
  /^conv/.test(layer)
    ? `features.${numbers[Number(layer.slice(4)) - 1]}`
    : (TORCHVISION_KEYS[layer] as string);
const prefixed = (prefix: string) => (layer: string) => prefix + TORCHVISION_KEYS[layer];

/** One tower: the groups' filters read all channels, with random numbers for the other half. */
function oneTower(): TrainedModel {
  const random = randomNumbers(3);
  const layers = new Map(rgb.layers);
  const network = {
    ...rgb.network,
    layers: rgb.network.layers.map((layer) => (layer.type === 'conv' ? { ...layer, groups: 1 } : layer)),
  };
  for (const name of ['conv2', 'conv4', 'conv5']) {
    const layer = layers.get(name) as NonNullable<ReturnType<typeof layers.get>>;
    const [out = 0, channels = 0, ...window] = layer.shape;
    const spread = layer.weight.reduce((most, value) => Math.max(most, value), 0);
    const weight = Float32Array.from({ length: 2 * layer.weight.length }, () => (2 * random() - 1) * spread);
    layers.set(name, { ...layer, shape: [out, 2 * channels, ...window], weight });
  }
  return { ...rgb, network, layers };
}

/** Without normalization across channels, which Keras cannot describe. */
function withoutNorm(): TrainedModel {
  const { network, layers } = trainedModel('bvlc-alexnet', 3);
  const others = network.layers.filter(({ type }) => type !== 'lrn');
  return { preprocess: rgb.preprocess, network: { ...network, layers: others }, layers };
}

const statistics = new Map<string, Norm>();
function normOf(layer: string, out: number): Norm {
  const random = randomNumbers(out + layer.length + Number(layer.at(-1)));
  const some = (from: number, to: number) =>
    Float32Array.from({ length: out }, () => from + (to - from) * random());
  const made = statistics.get(layer) ?? {
    weight: some(0.5, 1.5),
    bias: some(-0.2, 0.2),
    running_mean: some(-0.2, 0.2),
    running_var: some(0.5, 2),
  };
  statistics.set(layer, made);
  return made;
}

/** The same function without its BatchNorms, folded in double precision. */
function folded(model: TrainedModel): TrainedModel {
  const layers = new Map(model.layers);
  for (const [name, { shape, weight, bias }] of layers) {
    if (shape.length !== 4) continue;
    const norm = normOf(name, bias.length);
    const scale = Array.from(
      norm.running_var,
      (value, o) => (norm.weight[o] as number) / Math.sqrt(value + 1e-5),
    );
    const row = weight.length / bias.length;
    layers.set(name, {
      shape,
      weight: weight.map((value, i) => value * (scale[Math.floor(i / row)] as number)),
      bias: bias.map(
        (value, o) =>
          (value - (norm.running_mean[o] as number)) * (scale[o] as number) + (norm.bias[o] as number),
      ),
    });
  }
  return { ...model, layers };
}

function torch(model: TrainedModel, options: TorchOptions, more: Partial<Imported> = {}): Imported {
  return { content: encodeTorchZip(model, options), model, ...more };
}
function onnx(model: TrainedModel, options: TorchOnnxOptions, more: Partial<Imported> = {}): Imported {
  return { content: encodeTorchOnnx(model, options), model, itself: true, ...more };
}
const torchNorm = (key: (layer: string) => string): TorchOptions => ({
  key,
  norm: { key: (layer) => key(layer).replace(/\d+$/, (digits) => String(Number(digits) + 1)), of: normOf },
});
const onnxNorm: TorchOnnxOptions['norm'] = (layer, out) => {
  const { weight: scale, bias, running_mean: mean, running_var: variance } = normOf(layer, out);
  return { scale, bias, mean, variance };
};

/** Pixels as they are, for graphs that normalize them. @param scale 255 = pixels of 0..1 */
const pixels =
  (scale: number): Feed =>
  (picture, { network: { input } }) => {
    const plane = input.size ** 2;
    return Float32Array.from(
      { length: 3 * plane },
      (_, i) => (picture[(i % plane) * 3 + Math.floor(i / plane)] as number) / scale,
    );
  };
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** A mean picture of 256 x 256, B, G, R, and what its centre of 227 leaves of a picture. */
const MEAN = Float32Array.from(
  { length: 3 * 256 * 256 },
  (_, i) => 90 + 20 * Math.sin(i / 5000) + (i >> 16) * 10,
);
const lessMean: Feed = (picture) =>
  Float32Array.from({ length: 3 * 227 * 227 }, (_, i) => {
    const [plane, y, x] = [Math.floor(i / 227 ** 2), Math.floor(i / 227) % 227, i % 227];
    return (
      (picture[(y * 227 + x) * 3 + 2 - plane] as number) -
      (MEAN[(plane * 256 + y + 14) * 256 + x + 14] as number)
    );
  });

const external = { file: 'alexnet.onnx.data', content: [] as Part[] };

const TABLE: Record<string, Record<string, () => Case>> = {
  "{'epoch', 'state_dict', 'optimizer'}, {'model': ...}": Object.fromEntries(
    ['state_dict', 'model', 'model_state_dict', 'net', 'ema'].map((wrap) => [
      wrap,
      () => torch(torchvision, { wrap }),
    ]),
  ),
  prefixes: {
    'module.': () => torch(torchvision, { key: prefixed('module.') }),
    'model.': () => torch(torchvision, { key: prefixed('model.') }),
    '_orig_mod.module.': () => torch(torchvision, { key: prefixed('_orig_mod.module.') }),
    'features.module.': () =>
      torch(torchvision, { key: (layer) => (TORCHVISION_KEYS[layer] as string).replace('s.', 's.module.') }),
  },
  'channels_last or transposed views': {
    zip: () => torch(torchvision, { views: true }),
    stream: () => ({ content: encodeTorchStream(torchvision, { views: true }), model: torchvision }),
  },
  'two groups as Sequential with LRN modules': {
    'features.0, 4, 8, 10, 12': () => torch(rgb, { key: numbered([0, 4, 8, 10, 12]) }, { options: RGB }),
  },
  'whole-module pickle; TorchScript; compressed .npz': {
    'whole module': () => ({
      content: encodeTorchZip(torchvision, { rebuild: ['torchvision.models.alexnet', 'AlexNet'] }),
      line: /torch\.save\(model\.state_dict\(\)/,
    }),
    TorchScript: () => ({
      content: encodeTorchZip(torchvision, { extra: 'archive/code/__torch__/net.py' }),
      line: /torch\.save\(torch\.jit\.load/,
    }),
    'compressed .npz': () => ({ content: encodeNpz(rgb, 'dictionary', true), model: rgb, options: RGB }),
  },
  'torchvision + BatchNorm': {
    '.pth': () => torch(torchvision, torchNorm(numbered([0, 4, 8, 11, 14])), { model: folded(torchvision) }),
    'ONNX, unfolded': () => onnx(torchvision, { norm: onnxNorm }),
    'ONNX, unfolded, in two groups': () => onnx(bvlc, { norm: onnxNorm }),
  },
  'one tower with LRN': {
    '.pth': () => torch(oneTower(), { key: (layer) => layer }, { options: { preprocess: 'rgb-mean' } }),
  },
  'torch.onnx of nn.LocalResponseNorm': {
    'before pooling': () => onnx(bvlc, {}),
    'behind pooling': () => onnx(trainedModel('caffenet', 1), {}),
    'k = 2': () => onnx(trainedModel('paper', 1), {}),
  },
  'what else torch.onnx writes': {
    'x.view(x.size(0), -1) with dynamic batch': () => onnx(torchvision, { computedShape: true }),
    'Sub/Div of pixels 0..255': () =>
      onnx(torchvision, { pixels: { ...IMAGENET, scale: true } }, { feed: pixels(1) }),
    'Sub/Div of pixels 0..1': () =>
      onnx(torchvision, { pixels: { ...IMAGENET, scale: false } }, { feed: pixels(255) }),
    'fp16 with Cast in and out': () => onnx(torchvision, { casts: true }),
    'external data': () => ({
      ...onnx(torchvision, { external }),
      itself: false,
      beside: { name: external.file, content: () => concat(...external.content) },
    }),
  },
  '.npz': {
    'state dict': () => ({ content: encodeNpz(torchvision, 'state dict', false), model: torchvision }),
    dictionary: () => ({ content: encodeNpz(rgb, 'dictionary', false), model: rgb, options: RGB }),
    MatConvNet: () => ({ content: encodeNpz(rgb, 'MatConvNet', false), model: rgb, options: RGB }),
  },
  Keras: {
    ...Object.fromEntries(
      (['h5', 'keras'] as const).map((form) => [
        `.${form}`,
        () => ({
          content: encodeKeras(withoutNorm(), { form }),
          model: withoutNorm(),
          options: { preprocess: 'rgb-mean' as const },
        }),
      ]),
    ),
    '.weights.h5': () => ({ content: encodeKeras(rgb, { form: 'weights.h5' }), model: rgb, options: RGB }),
  },
  '.mat': Object.fromEntries(
    [false, true].map((compressed) => [
      compressed ? '-v7' : '-v6',
      () => ({
        content: encodeMatConvNet(rgb, { compressed }),
        // The colour that the encoder writes.
        model: { ...rgb, preprocess: { ...rgb.preprocess, mean: [120, 110, 100] } } as TrainedModel,
      }),
    ]),
  ),
  'mean .binaryproto': {
    'beside a caffemodel': () => ({
      content: encodeCaffemodel(bvlc, { form: 'older' }),
      model: bvlc,
      meanImage: concat(...[1, 3, 256, 256].map((size, index) => number(index + 1, size)), floats(5, MEAN)),
      feed: lessMean,
    }),
  },
  'forms that are not read': Object.fromEntries(
    UNREAD_FORMS.map(([name, content, line]) => [name, () => ({ content, name, line })]),
  ),
};

async function engineLogits(of: Imported, shown: Uint8Array[]): Promise<Float32Array[]> {
  const source = path.join(folder, 'source');
  writeFileSync(source, of.content);
  if (of.beside) writeFileSync(path.join(folder, of.beside.name), of.beside.content());
  const imported = importFile(loadFile(source), of.options);
  const image = path.join(folder, 'mean');
  if (of.meanImage) writeFileSync(image, of.meanImage);
  const model = of.meanImage ? await withMeanImage(imported, image) : await withMean(imported);
  const packed = path.join(folder, 'packed');
  await packModel(model, kernelTiles(), packed);
  return (await openEngine(packed)).run(shown).map(({ logits }) => logits);
}

/** Whether the first class leads by 2 % of the logits' range: for random weights, a nearer second one is a toss-up. */
function isClear(logits: Float32Array): boolean {
  const [first = 0, second = 0, ...rest] = logits.toSorted((a, b) => b - a);
  return first - second >= 0.02 * (first - (rest.at(-1) ?? second));
}

function refusal(name: string, content: Part): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  try {
    importFile(loadFile(file));
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return (error as OperatorError).message;
  }
  throw new Error('expected an OperatorError, the file was read');
}

describe.each(Object.entries(TABLE))('%s', (_, cases) => {
  test.each(Object.entries(cases))('%s', async (_label, make) => {
    const found = make();
    if ('line' in found) {
      const message = refusal(found.name ?? 'file', found.content);
      expect(message).toMatch(found.line);
      expect(message).not.toContain('\n');
      return;
    }
    const { content, model, feed = frameworkInput, itself = false } = found;
    const some = pictures(20, model.network.input.size, 99);
    const all = await (itself
      ? runGraph(content, 'input.1', model, some, feed)
      : runFloatOnnx(model, some, feed));
    const clear = [...all.keys()].filter((i) => isClear(all[i] as Float32Array)).slice(0, 10);
    expect(clear).toHaveLength(10);
    const logits = await engineLogits(
      found,
      clear.map((i) => some[i] as Uint8Array),
    );
    for (const [index, i] of clear.entries()) {
      const [own, wanted] = [logits[index], all[i]] as [Float32Array, Float32Array];
      expect(cosine(own, wanted), `picture ${i}`).toBeGreaterThanOrEqual(0.999);
      expect(argmax(own), `picture ${i}`).toBe(argmax(wanted));
    }
  });
});
