// MATLAB files of version 5, plain or with deflated variables, as MATLAB and SciPy write them; and MatConvNet's
// SimpleNN in one. Everything is column-major.
import { deflateSync } from 'node:zlib';
import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';
import type { TrainedModel } from '../../../tools/fixtures/trained-model.ts';
import { transposed } from './transposed.ts';

export type MatValue =
  | { kind: 'single'; shape: number[]; values: Float32Array }
  | { kind: 'double'; values: number[] }
  | { kind: 'text'; text: string }
  | { kind: 'cell'; items: MatValue[]; column?: boolean }
  | { kind: 'struct'; fields: Record<string, MatValue> };

const [INT8, UINT8, UINT16, INT32, UINT32, SINGLE, DOUBLE, MATRIX, COMPRESSED] = [
  1, 2, 4, 5, 6, 7, 9, 14, 15,
];

function element(type: number, data: Part, small = false): Part {
  if (small && data.length <= 4) {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, (data.length << 16) | type, true);
    bytes.set(data, 4);
    return bytes;
  }
  const bytes = new Uint8Array(8 + Math.ceil(data.length / 8) * 8);
  new DataView(bytes.buffer).setUint32(0, type, true);
  new DataView(bytes.buffer).setUint32(4, data.length, true);
  bytes.set(data, 8);
  return bytes;
}

const bytesOf = (array: Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array): Part =>
  new Uint8Array(array.buffer.slice(array.byteOffset, array.byteOffset + array.byteLength)) as Part;
const latin1 = (text: string): Part => new Uint8Array(Buffer.from(text, 'latin1'));

function matrix(name: string, kind: number, shape: number[], ...content: Part[]): Part {
  return element(
    MATRIX,
    concat(
      element(UINT32, bytesOf(Uint32Array.of(kind, 0))),
      element(INT32, bytesOf(Int32Array.from(shape))),
      element(INT8, latin1(name), true),
      ...content,
    ),
  );
}

function encodeValue(name: string, value: MatValue): Part {
  switch (value.kind) {
    case 'single':
      return matrix(name, 7, value.shape, element(SINGLE, bytesOf(value.values), true));
    case 'double': {
      // MATLAB stores whole numbers in the smallest type that holds them.
      const whole = value.values.every((each) => Number.isInteger(each) && each >= 0 && each < 256);
      const data = whole
        ? element(UINT8, Uint8Array.from(value.values), true)
        : element(DOUBLE, bytesOf(Float64Array.from(value.values)));
      return matrix(name, 6, [1, value.values.length], data);
    }
    case 'text':
      return matrix(
        name,
        4,
        [1, value.text.length],
        element(UINT16, bytesOf(Uint16Array.from(value.text, (letter) => letter.charCodeAt(0))), true),
      );
    case 'cell': {
      const shape = value.column ? [value.items.length, 1] : [1, value.items.length];
      return matrix(name, 1, shape, ...value.items.map((item) => encodeValue('', item)));
    }
    case 'struct': {
      const names = Object.keys(value.fields);
      const length = 32;
      return matrix(
        name,
        2,
        [1, 1],
        element(INT32, bytesOf(Int32Array.of(length)), true),
        element(INT8, latin1(names.map((field) => field.padEnd(length, '\0')).join(''))),
        ...Object.values(value.fields).map((field) => encodeValue('', field)),
      );
    }
  }
}

export function encodeMat(variables: Record<string, MatValue>, compressed = false): Part {
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, Platform: GLNXA64', 0, 'latin1');
  header.fill(0, 116, 124);
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126, 'latin1');
  const parts = Object.entries(variables).map(([name, value]) => {
    const plain = encodeValue(name, value);
    if (!compressed) return plain;
    const data = deflateSync(plain);
    const tag = new Uint8Array(8);
    new DataView(tag.buffer).setUint32(0, COMPRESSED as number, true);
    new DataView(tag.buffer).setUint32(4, data.length, true);
    return concat(tag, new Uint8Array(data));
  });
  return concat(new Uint8Array(header), ...parts);
}

const double = (...values: number[]): MatValue => ({ kind: 'double', values });
const text = (said: string): MatValue => ({ kind: 'text', text: said });

/** Row-major values of `shape` as MATLAB has them. */
export function single(values: Float32Array, shape: number[]): MatValue {
  const backwards = [...shape.keys()].reverse();
  return { kind: 'single', shape, values: transposed(values, shape, backwards) };
}

export interface MatConvNetOptions {
  compressed?: boolean;
  /** Fields `filters` and `biases`, and `normalize`, as the first versions had them; no `meta`. */
  older?: boolean;
  /** Row-major [size][size][3]: the average picture; else a colour. */
  average?: Float32Array;
  alphaTimes?: number;
  extra?: MatValue;
}

/** The model's first convolution reads RGB here, as MatConvNet's importer turns it. */
export function encodeMatConvNet(model: TrainedModel, options: MatConvNetOptions = {}): Part {
  const { older = false, compressed = false, average, alphaTimes = 1 } = options;
  const { size } = model.network.input;
  const layers = model.network.layers.flatMap((layer): MatValue[] => {
    const name = text(layer.name);
    const found = model.layers.get(layer.name);
    if (layer.type === 'lrn') {
      const { size: window, k, alpha, beta } = layer;
      const param = double(window, k, (alpha / window) * alphaTimes, beta);
      return [{ kind: 'struct', fields: { type: text(older ? 'normalize' : 'lrn'), name, param } }];
    }
    if (layer.type === 'maxpool')
      return [
        {
          kind: 'struct',
          fields: {
            type: text('pool'),
            name,
            method: text('max'),
            pool: double(3, 3),
            stride: double(2),
            pad: double(0, 0, 0, 0),
          },
        },
      ];
    if (layer.type === 'softmax') return [{ kind: 'struct', fields: { type: text('softmax'), name } }];
    if (!found) return [];
    const [out = 0, inputs = 0, height = 1, width = 1] = found.shape;
    const spatial =
      layer.type === 'conv'
        ? [out, inputs, height, width]
        : layer.name === 'fc6'
          ? [out, inputs / 36, 6, 6]
          : [out, inputs, 1, 1];
    const [, channels = 0, rows = 1, columns = 1] = spatial;
    const filters = single(transposed(found.weight, spatial, [2, 3, 1, 0]), [rows, columns, channels, out]);
    const biases = single(found.bias, older ? [1, out] : [out, 1]);
    const conv: Record<string, MatValue> = {
      type: text('conv'),
      name,
      ...(older ? { filters, biases } : { weights: { kind: 'cell', items: [filters, biases] } }),
      stride: double(layer.type === 'conv' ? layer.stride : 1),
      pad: layer.type === 'conv' ? double(layer.pad, layer.pad, layer.pad, layer.pad) : double(0),
    };
    const relu: MatValue = {
      kind: 'struct',
      fields: { type: text('relu'), name: text(`relu-${layer.name}`) },
    };
    return [{ kind: 'struct', fields: conv }, ...(layer.relu ? [relu] : [])];
  });
  const count = [...model.layers.values()].at(-1)?.bias.length ?? 0;
  const names = Array.from({ length: count }, (_, i) => `n0000000${i % 10}`);
  const normalization: MatValue = {
    kind: 'struct',
    fields: {
      imageSize: double(size, size, 3),
      averageImage: average
        ? single(average, [size, size, 3])
        : single(Float32Array.of(120, 110, 100), [1, 1, 3]),
    },
  };
  const classes: MatValue = {
    kind: 'struct',
    fields: {
      name: { kind: 'cell', items: names.map(text) },
      description: { kind: 'cell', items: names.map((_, i) => text(`thing ${i}`)) },
    },
  };
  const described: Record<string, MatValue> = { normalization, classes };
  return encodeMat(
    {
      layers: { kind: 'cell', items: options.extra ? [...layers, options.extra] : layers },
      ...(older ? described : { meta: { kind: 'struct', fields: described } }),
    },
    compressed,
  );
}
