// .npz, plain or compressed, from known weights: arrays under the names of a state dict, of a dictionary (HWIO, dense
// (in, out) with inputs as H,W,C), and of MatConvNet's layers (all of them convolutions, column-major).
import { deflateRawSync } from 'node:zlib';
import { transpose } from '../../../tools/fixtures/encode-onnx.ts';
import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';
import type { TrainedLayer, TrainedModel } from '../../../tools/fixtures/trained-model.ts';
import { TORCHVISION_KEYS } from './torch.ts';
import { encodeZip } from './zip.ts';

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

export type NpzLayout = 'state dict' | 'dictionary' | 'MatConvNet';

function arraysOf(model: TrainedModel, layout: NpzLayout): Record<string, NpyArray> {
  const arrays: Record<string, NpyArray> = {};
  for (const [name, layer] of model.layers) {
    const { shape, weight, bias } = layer;
    const [out = 0, inputs = 0, , side = 1] = shape;
    if (layout === 'state dict') {
      arrays[`${TORCHVISION_KEYS[name]}.weight`] = { shape, values: weight };
      arrays[`${TORCHVISION_KEYS[name]}.bias`] = { shape: [out], values: Float64Array.from(bias) };
    } else if (layout === 'MatConvNet') {
      const window = shape.length === 4 ? side : name === 'fc6' ? 6 : 1;
      arrays[`${name}_W`] = hwio(layer, window, true);
      arrays[`${name}_b`] = { shape: [1, out], values: bias };
    } else {
      arrays[`${name}_W`] =
        shape.length === 4
          ? hwio(layer, side, false)
          : name === 'fc6'
            ? { ...hwio(layer, 6, false), shape: [inputs, out] }
            : { shape: [inputs, out], values: transpose(weight, out, inputs) };
      arrays[`${name}_b`] = { shape: [out], values: bias };
    }
  }
  return arrays;
}

export function encodeNpz(model: TrainedModel, layout: NpzLayout, compressed: boolean): Part {
  return npz(arraysOf(model, layout), compressed);
}
