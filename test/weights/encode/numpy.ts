// The npy dictionary (HWIO, dense (in, out) with inputs as H,W,C) and Paddle's parameter file (OIHW, (in, out)).
import { transpose } from '../../../tools/fixtures/encode-onnx.ts';
import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';
import type { TrainedLayer, TrainedModel } from '../../../tools/fixtures/trained-model.ts';
import { type Flavour, PickleWriter } from './pickle.ts';

export interface NpyOptions {
  flavour: Flavour;
  /** {weights, biases} instead of [W, b]. */
  named?: boolean;
  /** Dense weights as a transposed view: column-major. */
  fortran?: boolean;
}

export function encodeNpy(model: TrainedModel, options: NpyOptions): Part {
  const writer = new PickleWriter(options.flavour);
  const entries = [...model.layers].map(([name, layer]): [string, Part] => {
    const weight =
      layer.shape.length === 4 ? convHwio(layer, writer) : dense(layer, name === 'fc6', options, writer);
    const bias = writer.floats([layer.bias.length], layer.bias);
    return [
      name,
      options.named
        ? writer.dict([
            ['weights', weight],
            ['biases', bias],
          ])
        : writer.list(weight, bias),
    ];
  });
  const pickle = writer.document(writer.array([], 'O8', writer.list(writer.dict(entries))));
  const header = Buffer.from(
    `${`{'descr': '|O', 'fortran_order': False, 'shape': (), }`.padEnd(117, ' ')}\n`,
    'latin1',
  );
  const start = Uint8Array.of(
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    1,
    0,
    header.length & 255,
    header.length >> 8,
  );
  return concat(start, new Uint8Array(header), pickle);
}

function convHwio({ shape, weight }: TrainedLayer, writer: PickleWriter): Part {
  const [out = 0, channels = 0, height = 0, width = 0] = shape;
  const values = new Float32Array(weight.length);
  for (let o = 0; o < out; o++)
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          values[((y * width + x) * channels + c) * out + o] = weight[
            ((o * channels + c) * height + y) * width + x
          ] as number;
  return writer.floats([height, width, channels, out], values);
}

function dense(
  { shape, weight }: TrainedLayer,
  spatial: boolean,
  options: NpyOptions,
  writer: PickleWriter,
): Part {
  const [out = 0, inputs = 0] = shape;
  const rows = spatial ? chwToHwc(weight, out, inputs) : weight;
  return options.fortran
    ? writer.floats([inputs, out], rows, true)
    : writer.floats([inputs, out], transpose(rows, out, inputs));
}

/** Each row's 6x6 inputs from C,H,W to H,W,C. */
function chwToHwc(weight: Float32Array, out: number, inputs: number): Float32Array {
  const channels = inputs / 36;
  const values = new Float32Array(weight.length);
  for (let o = 0; o < out; o++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < 36; p++)
        values[o * inputs + p * channels + c] = weight[o * inputs + c * 36 + p] as number;
  return values;
}

/** Keys of PaddleClas' AlexNetDY; weights in the form that paddle.save writes. */
export function encodePaddle(model: TrainedModel, flavour: Flavour): Part {
  const writer = new PickleWriter(flavour);
  const pooled = ['conv1', 'conv2', 'conv5'];
  const entries = [...model.layers].flatMap(([name, { shape, weight, bias }]): [string, Part][] => {
    const key = `_${name}${pooled.includes(name) ? '._conv' : ''}`;
    const [out = 0, inputs = 0] = shape;
    const stored =
      shape.length === 4
        ? writer.floats(shape, weight)
        : writer.floats([inputs, out], transpose(weight, out, inputs));
    return [
      [`${key}.weight`, stored],
      [`${key}.bias`, writer.floats([bias.length], bias)],
    ];
  });
  const names = writer.dict([['_conv1._conv.weight', writer.text('conv1_weights')]]);
  return writer.document(writer.dict([...entries, ['StructuredToParameterName@@', names]]));
}
