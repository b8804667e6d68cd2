// .npz, plain and compressed: arrays under the names of a dictionary, of a state dict, and of MatConvNet's layers (all of
// them convolutions, column-major); each gives the weights back.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transpose } from '../../../tools/fixtures/encode-onnx.ts';
import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';
import { type TrainedLayer, type TrainedModel, trainedModel } from '../../../tools/fixtures/trained-model.ts';
import { type ImportOptions, importFile } from '../../../weights/formats/import-file.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { TORCHVISION_KEYS } from '../encode/torch.ts';
import { encodeZip } from '../encode/zip.ts';

interface NpyArray {
  shape: number[];
  values: Float32Array | Float64Array;
  fortran?: boolean;
}

function npy({ shape, values, fortran = false }: NpyArray): Part {
  const type = values instanceof Float64Array ? '<f8' : '<f4';
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${type}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${sizes}), }`;
  const text = `${dict.padEnd(117, ' ')}\n`;
  const start = Buffer.from(`\x93NUMPY\x01\0${String.fromCharCode(text.length)}\0${text}`, 'latin1');
  return concat(new Uint8Array(start), new Uint8Array(values.slice().buffer));
}

function npz(arrays: Record<string, NpyArray>, compressed: boolean): Part {
  return encodeZip(
    Object.entries(arrays).map(([name, array]) => {
      const data = npy(array);
      const entry = { name: `${name}.npy`, size: data.length };
      return compressed
        ? { ...entry, data: new Uint8Array(deflateRawSync(data)), method: 8 }
        : { ...entry, data, method: 0 };
    }),
  );
}

/** (out, c, h, w) to the order of (h, w, c, out), last index fastest or first. */
function hwio({ shape, weight }: TrainedLayer, side: number, fortran: boolean): NpyArray {
  const out = shape[0] ?? 0;
  const channels = weight.length / out / side ** 2;
  const values = new Float32Array(weight.length);
  for (let o = 0; o < out; o++)
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          const at = fortran
            ? ((o * channels + c) * side + x) * side + y
            : ((y * side + x) * channels + c) * out + o;
          values[at] = weight[((o * channels + c) * side + y) * side + x] as number;
        }
  return { shape: [side, side, channels, out], values, fortran };
}

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
    const arrays: Record<string, NpyArray> = {};
    for (const [name, { shape, weight, bias }] of torchvision.layers) {
      arrays[`${TORCHVISION_KEYS[name]}.weight`] = { shape, values: weight };
      arrays[`${TORCHVISION_KEYS[name]}.bias`] = { shape: [bias.length], values: Float64Array.from(bias) };
    }
    await expectRead(npz(arrays, compressed), torchvision, {});
  });

  test('conv1_W, conv1_b: HWIO, dense (in, out) with inputs as H,W,C', async () => {
    const arrays: Record<string, NpyArray> = {};
    for (const [name, layer] of bvlc.layers) {
      const [out = 0, inputs = 0, , side = 1] = layer.shape;
      const flat = name === 'fc6' ? hwio(layer, 6, false) : undefined;
      const weight = flat
        ? { ...flat, shape: [inputs, out] }
        : layer.shape.length === 4
          ? hwio(layer, side, false)
          : { shape: [inputs, out], values: transpose(layer.weight, out, inputs) };
      arrays[`${name}_W`] = weight;
      arrays[`${name}_b`] = { shape: [out], values: layer.bias };
    }
    await expectRead(npz(arrays, compressed), bvlc, RGB);
  });

  test('eight convolutions, column-major, biases of 1 x n: MatConvNet', async () => {
    const arrays: Record<string, NpyArray> = {};
    for (const [name, layer] of bvlc.layers) {
      const side = layer.shape.length === 4 ? (layer.shape[3] ?? 1) : name === 'fc6' ? 6 : 1;
      arrays[`${name}_W`] = hwio(layer, side, true);
      arrays[`${name}_b`] = { shape: [1, layer.bias.length], values: layer.bias };
    }
    await expectRead(npz(arrays, compressed), bvlc, RGB);
  });
});
