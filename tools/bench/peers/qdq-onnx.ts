// The int8 ONNX file for onnxruntime: QDQ form, static ranges. Weights are our own int8 numbers with their scale per
// output (symmetric, like onnxruntime's quantiser with per_channel); activations u8 with zero point 0 (everything
// after the input passes a ReLU) and scale = largest value over the calibration pictures / 255; biases i32 with scale
// input scale * weight scale. Every tensor between two layers is quantized, so that onnxruntime fuses to QLinearConv,
// QGemm and u8 pools; LRN runs in float, as there is no other. The logits stay float.
// Source: onnxruntime "Quantize ONNX models", QDQ format; ONNX operators QuantizeLinear and DequantizeLinear (13).

import { int, ints, LOGITS, node, real, tensorProto, valueInfo } from '../../fixtures/encode-onnx.ts';
import { bytes, concat, message, number, type Part, text } from '../../fixtures/encode-protobuf.ts';
import type { DequantizedModel } from './dequantized.ts';

const INT8 = 3;
const UINT8 = 2;
const INT32 = 6;
const LEVELS = 255;
/** Pixels come as 2 * ((x + 1) >> 1), at most 256: exactly u8 with scale 2. */
const PIXEL_SCALE = 2;

function rawTensor(name: string, shape: number[], type: number, values: ArrayBufferView): Part {
  return concat(
    ...shape.map((size) => number(1, size)),
    number(2, type),
    text(8, name),
    bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  );
}

/** (rows, columns) to (columns, rows). */
function transposed(values: Int8Array, rows: number, columns: number): Int8Array {
  const out = new Int8Array(values.length);
  for (let from = 0; from < columns; from += 64)
    for (let row = 0; row < rows; row++)
      for (let column = from, end = Math.min(columns, from + 64); column < end; column++)
        out[column * rows + row] = values[row * columns + column] as number;
  return out;
}

class QdqGraph {
  readonly nodes: Part[] = [];
  readonly initializers: Part[] = [];
  readonly #scales = new Map<string, string>();

  constant(part: Part): void {
    this.initializers.push(bytes(5, part));
  }

  /** Scale and zero point of a u8 tensor; equal scales share their constants, which pools need. */
  #unsigned(scale: number): string {
    const key = String(scale);
    const known = this.#scales.get(key);
    if (known !== undefined) return known;
    const name = `act${this.#scales.size}`;
    this.constant(tensorProto(`${name}_s`, [], Float32Array.of(scale)));
    this.constant(rawTensor(`${name}_z`, [], UINT8, Uint8Array.of(0)));
    this.#scales.set(key, name);
    return name;
  }

  /** Quantises and dequantises a float tensor; returns the name of the result. */
  through(name: string, scale: number): string {
    const constants = this.#unsigned(scale);
    const pair = [`${constants}_s`, `${constants}_z`];
    this.nodes.push(
      node('QuantizeLinear', [name, ...pair], `${name}_q`),
      node('DequantizeLinear', [`${name}_q`, ...pair], `${name}_dq`),
    );
    return `${name}_dq`;
  }

  /** A constant weight or bias with one scale per output. */
  dequantized(
    name: string,
    shape: number[],
    values: Int8Array | Int32Array,
    scales: Float32Array,
    axis: number,
  ) {
    const type = values instanceof Int8Array ? INT8 : INT32;
    const zero = values instanceof Int8Array ? new Int8Array(scales.length) : new Int32Array(scales.length);
    this.constant(rawTensor(name, shape, type, values));
    this.constant(tensorProto(`${name}_s`, [scales.length], scales));
    this.constant(rawTensor(`${name}_z`, [scales.length], type, zero));
    this.nodes.push(
      node('DequantizeLinear', [name, `${name}_s`, `${name}_z`], `${name}_dq`, int('axis', axis)),
    );
    return `${name}_dq`;
  }
}

/** @param largest largest output of each layer over the calibration pictures, after its ReLU */
export function encodeQdqOnnx(model: DequantizedModel, largest: ReadonlyMap<string, number>): Part {
  const graph = new QdqGraph();
  const size = model.network.input.size;
  let scale = PIXEL_SCALE;
  let top = graph.through('data_0', scale);
  let flat = false;
  let classes = 0;
  const scaleAfter = (name: string) => Math.fround(Math.max(largest.get(name) ?? 0, 1e-6) / LEVELS);
  for (const layer of model.network.layers) {
    const { name } = layer;
    const square = (value: number, count: number) => new Array<number>(count).fill(value);
    if (layer.type === 'lrn') {
      const { alpha, beta, k } = layer;
      graph.nodes.push(
        node(
          'LRN',
          [top],
          name,
          int('size', layer.size),
          real('alpha', alpha),
          real('beta', beta),
          real('bias', k),
        ),
      );
      scale = scaleAfter(name);
      top = graph.through(name, scale);
    } else if (layer.type === 'maxpool') {
      const { kernel, stride, ceil } = layer;
      graph.nodes.push(
        node(
          'MaxPool',
          [top],
          name,
          ints('kernel_shape', square(kernel, 2)),
          ints('strides', square(stride, 2)),
          ...(ceil ? [int('ceil_mode', 1)] : []),
        ),
      );
      top = graph.through(name, scale);
    } else if (layer.type === 'conv' || layer.type === 'dense') {
      const trained = model.layers.get(name);
      if (!trained) throw new Error(`layer ${name}: expected weights`);
      const scales = trained.scales.map((value) => (value > 0 ? value : 1));
      const biasScales = scales.map((value) => value * scale);
      const bias = Int32Array.from(trained.bias, (value, o) => Math.round(value / (biasScales[o] as number)));
      const [out = 0, columns = 0] = trained.shape;
      if (layer.type === 'conv') {
        const { kernel, stride, pad, groups } = layer;
        const weight = graph.dequantized(`${name}_w`, trained.shape, trained.quantized, scales, 0);
        const shift = graph.dequantized(`${name}_b`, [out], bias, biasScales, 0);
        graph.nodes.push(
          node(
            'Conv',
            [top, weight, shift],
            name,
            ints('kernel_shape', square(kernel, 2)),
            ints('strides', square(stride, 2)),
            ints('pads', square(pad, 4)),
            int('group', groups),
          ),
        );
      } else {
        if (!flat) {
          graph.nodes.push(node('Flatten', [top], 'flat', int('axis', 1)));
          top = graph.through('flat', scale);
          flat = true;
        }
        const values = transposed(trained.quantized, out, columns);
        const weight = graph.dequantized(`${name}_w`, [columns, out], values, scales, 1);
        const shift = graph.dequantized(`${name}_b`, [out], bias, biasScales, 0);
        graph.nodes.push(node('Gemm', [top, weight, shift], layer.relu ? name : LOGITS));
        classes = out;
      }
      if (!layer.relu) continue;
      graph.nodes.push(node('Relu', [name], `${name}_relu`));
      scale = scaleAfter(name);
      top = graph.through(`${name}_relu`, scale);
    }
  }
  const body = concat(
    ...graph.nodes,
    text(2, 'alexnet-int8'),
    ...graph.initializers,
    valueInfo(11, 'data_0', [1, 3, size, size]),
    valueInfo(12, LOGITS, [1, classes]),
  );
  return concat(
    number(1, 7),
    text(2, 'test-encoder'),
    bytes(7, body),
    message(8, text(1, ''), number(2, 13)),
  );
}
