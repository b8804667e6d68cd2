// ONNX as torch.onnx.export writes networks for which ONNX has no operator or no constant: LocalResponseNorm step by
// step, a Reshape to a computed shape, normalisation of the pixels in the graph, BatchNorm unfolded, casts around a
// half-precision network, weights in a file beside. onnxruntime runs these graphs themselves.
import {
  int,
  ints,
  LOGITS,
  node,
  real,
  tensorProto,
  valueInfo,
} from '../../../tools/fixtures/encode-onnx.ts';
import {
  bytes,
  concat,
  floats,
  message,
  number,
  type Part,
  text,
} from '../../../tools/fixtures/encode-protobuf.ts';
import type { TrainedModel } from '../../../tools/fixtures/trained-model.ts';

export interface TorchOnnxOptions {
  /** x.view(x.size(0), -1) with a dynamic batch. */
  computedShape?: boolean;
  /** (x / 255 - mean) / std in the graph; mean and std of pixels 0..1. */
  pixels?: { mean: number[]; std: number[]; scale: boolean };
  /** A BatchNormalization behind each convolution, by its statistics. */
  norm?: (
    layer: string,
    out: number,
  ) => { scale: Float32Array; bias: Float32Array; mean: Float32Array; variance: Float32Array };
  /** Casts to float and back around the network, and of each weight. */
  casts?: boolean;
  /** Collects the weights instead of writing them into the file: its name and the bytes. */
  external?: { file: string; content: Part[] };
  /** The window's padding moved to one side, as no LocalResponseNorm has it. */
  lopsided?: boolean;
}

const DATA_TYPE_FLOAT = 1;

function intConstant(name: string, values: number[]): Part {
  const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return message(5, number(1, values.length), number(2, 7), text(8, name), bytes(9, raw));
}

/** A Constant node with a float tensor of `shape`. */
function constant(output: string, shape: number[], values: number[]): Part {
  const tensor = concat(
    ...shape.map((size) => number(1, size)),
    number(2, 1),
    floats(9, Float32Array.from(values)),
  );
  return node('Constant', [], output, message(5, text(1, 'value'), bytes(5, tensor), number(20, 4)));
}

export function encodeTorchOnnx(model: TrainedModel, options: TorchOnnxOptions): Part {
  const size = model.network.input.size;
  const nodes: Part[] = [];
  const initializers: Part[] = [];
  let position = 0;
  const weight = (name: string, shape: number[], values: Float32Array): string => {
    const { external } = options;
    if (external) {
      const place = Object.entries({ location: external.file, offset: position, length: values.byteLength });
      const entries = place.map(([key, value]) => message(13, text(1, key), text(2, String(value))));
      initializers.push(
        message(
          5,
          ...shape.map((each) => number(1, each)),
          number(2, 1),
          text(8, name),
          ...entries,
          number(14, 1),
        ),
      );
      external.content.push(new Uint8Array(values.slice().buffer));
      position += values.byteLength;
      return name;
    }
    initializers.push(bytes(5, tensorProto(name, shape, values)));
    if (!options.casts) return name;
    nodes.push(node('Cast', [name], `${name}_cast`, int('to', DATA_TYPE_FLOAT)));
    return `${name}_cast`;
  };
  let top = 'input.1';
  const step = (type: string, inputs: string[], output: string, ...attributes: Part[]) => {
    nodes.push(node(type, inputs, output, ...attributes));
    top = output;
  };
  if (options.casts) step('Cast', [top], 'cast_in', int('to', DATA_TYPE_FLOAT));
  if (options.pixels) {
    const { mean, std, scale } = options.pixels;
    nodes.push(
      constant('c255', [], [255]),
      constant('mean', [1, 3, 1, 1], mean),
      constant('std', [1, 3, 1, 1], std),
    );
    if (scale) step('Div', [top, 'c255'], 'unit');
    step('Sub', [top, 'mean'], 'centred');
    step('Div', [top, 'std'], 'normalized');
  }
  let flat = false;
  let classes = 0;
  for (const layer of model.network.layers) {
    const { name } = layer;
    const trained = model.layers.get(name);
    if (layer.type === 'conv' && trained) {
      const weights = [
        weight(`${name}.weight`, trained.shape, trained.weight),
        weight(`${name}.bias`, [layer.out], trained.bias),
      ];
      const twice = (value: number) => [value, value];
      step(
        'Conv',
        [top, ...weights],
        `/${name}/Conv_output_0`,
        ints('kernel_shape', twice(layer.kernel)),
        ints('strides', twice(layer.stride)),
        ints('pads', [...twice(layer.pad), ...twice(layer.pad)]),
        int('group', layer.groups),
        ints('dilations', [1, 1]),
      );
      const norm = options.norm?.(name, layer.out);
      if (norm) {
        const parts = Object.entries(norm).map(([part, values]) =>
          weight(`${name}.bn.${part}`, [layer.out], values),
        );
        step(
          'BatchNormalization',
          [top, ...parts],
          `/${name}/bn_output_0`,
          real('epsilon', 1e-5),
          real('momentum', 0.9),
        );
      }
      step('Relu', [top], `/${name}/Relu_output_0`);
    } else if (layer.type === 'lrn') {
      const before = top;
      const half = (layer.size - 1) / 2;
      const pads = options.lopsided
        ? [0, 0, 2 * half, 0, 0, 0, 0, 0, 0, 0]
        : [0, 0, half, 0, 0, 0, 0, half, 0, 0];
      initializers.push(intConstant(`${name}_axes`, [1]), intConstant(`${name}_pads`, pads));
      nodes.push(
        constant(`${name}_alpha`, [], [layer.alpha]),
        constant(`${name}_k`, [], [layer.k]),
        constant(`${name}_beta`, [], [layer.beta]),
      );
      step('Mul', [top, top], `/${name}/Mul`);
      step('Unsqueeze', [top, `${name}_axes`], `/${name}/Unsqueeze`);
      step('Pad', [top, `${name}_pads`], `/${name}/Pad`);
      step(
        'AveragePool',
        [top],
        `/${name}/AveragePool`,
        ints('kernel_shape', [layer.size, 1, 1]),
        ints('strides', [1, 1, 1]),
      );
      step('Squeeze', [top, `${name}_axes`], `/${name}/Squeeze`);
      step('Mul', [top, `${name}_alpha`], `/${name}/Mul_1`);
      step('Add', [top, `${name}_k`], `/${name}/Add`);
      step('Pow', [top, `${name}_beta`], `/${name}/Pow`);
      step('Div', [before, top], `/${name}/Div`);
    } else if (layer.type === 'maxpool') {
      step(
        'MaxPool',
        [top],
        `/${name}/MaxPool`,
        ints('kernel_shape', [3, 3]),
        ints('strides', [2, 2]),
        ints('pads', [0, 0, 0, 0]),
        int('ceil_mode', layer.ceil ? 1 : 0),
      );
    } else if (layer.type === 'dense' && trained) {
      const [out = 0] = trained.shape;
      classes = out;
      if (!flat && options.computedShape) {
        initializers.push(intConstant('zero', [0]), intConstant('minus_one', [-1]));
        const activation = top;
        step('Shape', [activation], '/Shape');
        step('Gather', ['/Shape', 'zero'], '/Gather', int('axis', 0));
        step('Concat', ['/Gather', 'minus_one'], '/Concat', int('axis', 0));
        step('Reshape', [activation, '/Concat'], '/Reshape');
      } else if (!flat) step('Flatten', [top], '/Flatten', int('axis', 1));
      flat = true;
      const weights = [
        weight(`${name}.weight`, trained.shape, trained.weight),
        weight(`${name}.bias`, [out], trained.bias),
      ];
      const last = !layer.relu && !options.casts;
      step(
        'Gemm',
        [top, ...weights],
        last ? LOGITS : `/${name}/Gemm`,
        int('transB', 1),
        real('alpha', 1),
        real('beta', 1),
      );
      if (layer.relu) step('Relu', [top], `/${name}/Relu_output_0`);
      else if (options.casts) step('Cast', [top], LOGITS, int('to', DATA_TYPE_FLOAT));
    }
  }
  const graph = concat(
    ...nodes,
    text(2, 'main_graph'),
    ...initializers,
    valueInfo(11, 'input.1', [1, 3, size, size]),
    valueInfo(12, LOGITS, [1, classes]),
  );
  return concat(number(1, 7), text(2, 'pytorch'), bytes(7, graph), message(8, text(1, ''), number(2, 13)));
}
