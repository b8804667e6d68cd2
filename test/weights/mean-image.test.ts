// A mean image is folded exactly: the packed network that subtracts conv1's map of it against onnxruntime, which is fed
// pictures less the image, pixel by pixel; and a flat image against the mean colour of the same value.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeOnnx, LOGITS } from '../../tools/fixtures/encode-onnx.ts';
import { concat, floats, message, number, type Part } from '../../tools/fixtures/encode-protobuf.ts';
import { pictures, trainedModel } from '../../tools/fixtures/trained-model.ts';
import type { FloatModel } from '../../weights/float-model.ts';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import { withMean, withMeanImage } from '../../weights/mean-image.ts';
import { packModel } from '../../weights/pack.ts';
import { kernelTiles, openEngine } from '../../weights/packed/engine.ts';
import { readPackedFile } from '../../weights/packed/file.ts';
import { verify } from '../../weights/verify.ts';
import { encodeCaffemodel } from './encode/caffemodel.ts';
import { encodeMatConvNet } from './encode/mat.ts';
import { argmax, cosine } from './run-float-onnx.ts';

const SIDE = 256;
const CROP = 227;
const OFFSET = 14;
const model = trainedModel('bvlc-alexnet', 51);
const shown = pictures(10, CROP, 5);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mean-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Bright in the middle, dark in the corners, every channel in its own way: B, G, R, height, width. */
const MEAN = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const [c, y, x] = [Math.floor(i / SIDE / SIDE), Math.floor(i / SIDE) % SIDE, i % SIDE];
  const far = Math.hypot(y - 120, x - 140) / 180;
  return 200 - 40 * c - 110 * far + 0.1 * ((7 * x + 3 * y) % 11);
});

/** Value of an RGB channel within the centre crop. */
const meanAt = (image: Float32Array, rgb: number, y: number, x: number): number =>
  image[((2 - rgb) * SIDE + y + OFFSET) * SIDE + x + OFFSET] as number;

function binaryproto(image: Float32Array, newer: boolean): Part {
  const shape = newer
    ? [message(7, ...[1, 3, SIDE, SIDE].map((size) => number(1, size)))]
    : [1, 3, SIDE, SIDE].map((size, index) => number(index + 1, size));
  return concat(...shape, floats(5, image));
}

function npy(image: Float32Array, hwc: boolean): Part {
  const shape = hwc ? [SIDE, SIDE, 3] : [3, SIDE, SIDE];
  const values = hwc
    ? Float32Array.from({ length: image.length }, (_, i) => {
        const [y, x] = [Math.floor(i / 3 / SIDE), Math.floor(i / 3) % SIDE];
        return image[((2 - (i % 3)) * SIDE + y) * SIDE + x] as number;
      })
    : image;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`.padEnd(
    117,
    ' ',
  );
  const start = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\0v\0', 'latin1'),
    Buffer.from(`${header}\n`, 'latin1'),
  ]);
  return concat(new Uint8Array(start), new Uint8Array(values.buffer));
}

function imported(): FloatModel {
  const file = path.join(folder, 'bvlc.caffemodel');
  writeFileSync(file, encodeCaffemodel(model, { form: 'newer' }));
  return importFile(loadFile(file));
}

async function withFile(content: Part, of = imported()): Promise<FloatModel> {
  const file = path.join(folder, 'mean');
  writeFileSync(file, content);
  return withMeanImage(of, file);
}

async function packedLogits(
  of: FloatModel,
): Promise<{ logits: Float32Array[]; conv1: Float32Array; path: string }> {
  const file = path.join(folder, 'packed.safetensors');
  await packModel(of, kernelTiles(), file);
  const engine = await openEngine(file);
  let conv1 = new Float32Array(0);
  const logits = engine
    .run(shown, ({ layer }, index, readOutput) => {
      if (layer.name === 'conv1' && index === 0) conv1 = Float32Array.from(readOutput());
    })
    .map((found) => found.logits);
  return { logits, conv1, path: file };
}

/** onnxruntime, fed each picture less `image`. */
async function runtimeLogits(image: Float32Array): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(encodeOnnx(model));
  const logits: Float32Array[] = [];
  for (const picture of shown) {
    const input = Float32Array.from({ length: 3 * CROP * CROP }, (_, i) => {
      const [plane, y, x] = [Math.floor(i / CROP / CROP), Math.floor(i / CROP) % CROP, i % CROP];
      return (picture[(y * CROP + x) * 3 + 2 - plane] as number) - meanAt(image, 2 - plane, y, x);
    });
    const result = await session.run({ data_0: new ort.Tensor('float32', input, [1, 3, CROP, CROP]) });
    logits.push(Float32Array.from(result[LOGITS]?.data as Float32Array));
  }
  await session.release();
  return logits;
}

const wanted = runtimeLogits(MEAN);

describe.each<[string, () => Part]>([
  ['binaryproto', () => binaryproto(MEAN, false)],
  ['binaryproto with a shape', () => binaryproto(MEAN, true)],
  ['npy, 3 x height x width', () => npy(MEAN, false)],
  ['npy, height x width x 3', () => npy(MEAN, true)],
])('%s', (_, content) => {
  test('has the classes and the logits of onnxruntime on 10 pictures', async () => {
    const { logits } = await packedLogits(await withFile(content()));
    for (const [index, expected] of (await wanted).entries()) {
      expect(argmax(logits[index] as Float32Array)).toBe(argmax(expected));
      expect(cosine(logits[index] as Float32Array, expected)).toBeGreaterThan(0.999);
    }
  });
});

test('the mean colour instead has other logits: the image is seen', async () => {
  const { meanImage: _, ...plain } = await withFile(binaryproto(MEAN, false));
  const { logits } = await packedLogits(plain);
  const cosines = (await wanted).map((expected, index) => cosine(logits[index] as Float32Array, expected));
  expect(Math.min(...cosines)).toBeLessThan(0.99);
});

test('a flat image is the mean colour, and only a packed layer has a map', async () => {
  const flat = MEAN.map((_, i) => [104, 117, 123][Math.floor(i / SIDE / SIDE)] as number);
  const image = await withFile(binaryproto(flat, false));
  expect(image.preprocess.mean).toEqual([123, 117, 104]);
  const { meanImage: _, ...plain } = image;
  const [a, b] = [await packedLogits(image), await packedLogits(plain)];
  const largest = a.conv1.reduce((best, value) => Math.max(best, value), 0);
  a.conv1.forEach((value, i) => {
    expect(Math.abs(value - (b.conv1[i] as number))).toBeLessThan(largest * 1e-5);
  });
  const { info } = await readPackedFile(a.path);
  expect(info.network.layers[0]).not.toHaveProperty('meanMap');
  await packModel(image, kernelTiles(), a.path);
  const [first] = (await readPackedFile(a.path)).info.network.layers;
  expect(first).toMatchObject({ name: 'conv1', meanMap: true });
});

test("MatConvNet's average picture comes with its file, and verify agrees", async () => {
  const average = Float32Array.from({ length: CROP * CROP * 3 }, (_, i) =>
    meanAt(MEAN, i % 3, Math.floor(i / 3 / CROP), Math.floor(i / 3) % CROP),
  );
  // conv1 of the file reads RGB, the model's own BGR.
  const layers = new Map(model.layers);
  const conv1 = layers.get('conv1') as NonNullable<ReturnType<typeof layers.get>>;
  const weight = conv1.weight.map((_, i) => {
    const channel = Math.floor(i / 121) % 3;
    return conv1.weight[i + (2 - 2 * channel) * 121] as number;
  });
  layers.set('conv1', { ...conv1, weight });
  const file = path.join(folder, 'alex.mat');
  writeFileSync(file, encodeMatConvNet({ ...model, layers }, { average }));
  const found = await withMean(importFile(loadFile(file)));
  const { logits, path: packed } = await packedLogits(found);
  for (const [index, expected] of (await wanted).entries())
    expect(cosine(logits[index] as Float32Array, expected)).toBeGreaterThan(0.999);
  const sample = path.join(import.meta.dirname, '../../src/page/samples/church.jpg');
  const { layers: agreements } = await verify(packed, found, [sample], { threads: 1 });
  for (const { worst } of agreements.slice(0, -1)) expect(worst).toBeGreaterThan(0.999);
});

describe('refused', () => {
  test.each<[string, () => Part, RegExp]>([
    [
      'a smaller image',
      () =>
        concat(number(1, 1), number(2, 3), number(3, 100), number(4, 100), floats(5, MEAN.slice(0, 30_000))),
      /^mean image: expected at least 227 x 227 pixels, found 100 x 100$/,
    ],
    [
      'one channel',
      () =>
        concat(number(1, 1), number(2, 1), number(3, 256), number(4, 256), floats(5, MEAN.slice(0, 65_536))),
      /expected a mean image of 3 x height x width \(BGR\)/,
    ],
    [
      'a length that lies',
      () => concat(number(1, 1), number(2, 3), number(3, 256), number(4, 256), floats(5, MEAN.slice(1))),
      /^mean: expected 786432 bytes/,
    ],
    [
      'other numbers',
      () =>
        binaryproto(
          MEAN.map((value) => value * 100),
          false,
        ),
      /expected pixels of 0 to 255/,
    ],
    ['another file', () => new TextEncoder().encode('hello, no mean at all') as Part, /expected/],
  ])('%s', async (_, content, line) => {
    await expect(withFile(content())).rejects.toThrow(line);
  });

  test('a network that pads its pictures', async () => {
    const of = imported();
    const [first, ...rest] = of.network.layers;
    const padded = {
      ...of,
      network: { ...of.network, layers: [{ ...first, pad: 2 }, ...rest] },
    } as FloatModel;
    await expect(withFile(binaryproto(MEAN, false), padded)).rejects.toThrow(
      /whose first convolution has no padding/,
    );
  });
});
