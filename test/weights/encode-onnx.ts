// ONNX files of the graphs that the frameworks export, such as onnxruntime itself runs.
import type { Layer } from '../../src/network/layer.ts';
import { inferShapes } from '../../src/network/shapes.ts';
import { bytes, concat, float, floats, message, number, type Part, text } from './encode-protobuf.ts';
import type { TrainedModel } from './trained-model.ts';

export interface OnnxOptions {
  /** Below 10 pools have no ceil_mode. */
  opset?: number;
  /** Older exporters list the initialisers as inputs too. */
  initializersAsInputs?: boolean;
  /** float_data instead of raw_data. */
  floatData?: boolean;
  /** Input size other than the network's, with pool5 padded, as the ONNX zoo has it. */
  zooInput?: number;
  /** Gemm with the weights as (in, out). */
  inOut?: boolean;
  /** Reshape with a constant, Dropout: the rest of an exported classifier. */
  decorated?: boolean;
  /** Every layer's output, after its ReLU, is an output of the graph, by the names of `layerOutput`. */
  layerOutputs?: boolean;
  /** Replaces the named initialiser's message. */
  replace?: Record<string, Part>;
  /** Operator put before the first dense layer. */
  extraType?: string;
}

export const LOGITS = 'logits';

/** The name of a layer's output in the graph. */
export function layerOutput(layer: Layer): string {
  if (layer.type === 'softmax') return 'prob_1';
  if (layer.type === 'lrn' || layer.type === 'maxpool') return layer.name;
  return layer.relu ? `${layer.name}_relu` : LOGITS;
}

export function tensorProto(name: string, shape: number[], values: Float32Array, floatData = false): Part {
  return concat(
    ...shape.map((size) => number(1, size)),
    number(2, 1),
    text(8, name),
    floatData ? floats(4, values) : floats(9, values),
  );
}

export function ints(name: string, values: number[]): Part {
  return message(5, text(1, name), ...values.map((value) => number(8, value)), number(20, 7));
}

export function int(name: string, value: number): Part {
  return message(5, text(1, name), number(3, value), number(20, 2));
}

export function real(name: string, value: number): Part {
  return message(5, text(1, name), float(2, value), number(20, 1));
}

export function node(type: string, inputs: string[], output: string, ...attributes: Part[]): Part {
  return message(
    1,
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, `n_${output}`),
    text(4, type),
    ...attributes,
  );
}

export function valueInfo(field: number, name: string, shape: number[]): Part {
  const dims = shape.map((size) => message(1, number(1, size)));
  return message(field, text(1, name), message(2, message(1, number(1, 1), message(2, ...dims))));
}

export function encodeOnnx(model: TrainedModel, options: OnnxOptions = {}): Part {
  const { opset = 12 } = options;
  const size = options.zooInput ?? model.network.input.size;
  const nodes: Part[] = [];
  const initializers: Part[] = [];
  const inputs = [valueInfo(11, 'data_0', [1, 3, size, size])];
  const initializer = (name: string, shape: number[], values: Float32Array): string => {
    initializers.push(
      bytes(5, options.replace?.[name] ?? tensorProto(name, shape, values, options.floatData)),
    );
    if (options.initializersAsInputs) inputs.push(valueInfo(11, name, shape));
    return name;
  };
  let top = 'data_0';
  let flat = false;
  let classes = 0;
  for (const layer of model.network.layers) {
    const trained = model.layers.get(layer.name);
    const { name } = layer;
    if (layer.type === 'conv' && trained) {
      const weights = [
        initializer(`${name}_w_0`, trained.shape, trained.weight),
        initializer(`${name}_b_0`, [layer.out], trained.bias),
      ];
      const square = (value: number, count: number) => new Array<number>(count).fill(value);
      nodes.push(
        node(
          'Conv',
          [top, ...weights],
          name,
          ints('kernel_shape', square(layer.kernel, 2)),
          ints('strides', square(layer.stride, 2)),
          ints('pads', square(layer.pad, 4)),
          int('group', layer.groups),
        ),
        node('Relu', [name], `${name}_relu`),
      );
      top = `${name}_relu`;
    } else if (layer.type === 'lrn') {
      nodes.push(
        node(
          'LRN',
          [top],
          name,
          int('size', layer.size),
          real('alpha', layer.alpha),
          real('beta', layer.beta),
          real('bias', layer.k),
        ),
      );
      top = name;
    } else if (layer.type === 'maxpool') {
      const odd = options.zooInput && name === 'pool5' ? [0, 0, 1, 1] : [0, 0, 0, 0];
      const ceil = opset >= 10 && layer.ceil ? [int('ceil_mode', 1)] : [];
      nodes.push(
        node(
          'MaxPool',
          [top],
          name,
          ints('kernel_shape', [3, 3]),
          ints('strides', [2, 2]),
          ints('pads', odd),
          ...ceil,
        ),
      );
      top = name;
    } else if (layer.type === 'dense' && trained) {
      if (!flat) {
        if (options.extraType) nodes.push(node(options.extraType, [top], 'extra'));
        if (options.extraType) top = 'extra';
        if (options.decorated) {
          const target = new Uint8Array(BigInt64Array.of(1n, BigInt(trained.shape[1] ?? 0)).buffer);
          initializers.push(message(5, number(1, 2), number(2, 7), text(8, 'flat_shape'), bytes(9, target)));
          if (options.initializersAsInputs)
            inputs.push(
              message(
                11,
                text(1, 'flat_shape'),
                message(2, message(1, number(1, 7), message(2, message(1, number(1, 2))))),
              ),
            );
          nodes.push(node('Reshape', [top, 'flat_shape'], 'flat'));
        } else nodes.push(node('Flatten', [top], 'flat', int('axis', 1)));
        top = 'flat';
        flat = true;
      }
      const [out = 0, width = 0] = trained.shape;
      classes = out;
      const weight = options.inOut
        ? initializer(`${name}_w_0`, [width, out], transpose(trained.weight, out, width))
        : initializer(`${name}_w_0`, [out, width], trained.weight);
      const bias = initializer(`${name}_b_0`, [out], trained.bias);
      const output = layer.relu ? name : LOGITS;
      nodes.push(node('Gemm', [top, weight, bias], output, int('transB', options.inOut ? 0 : 1)));
      top = output;
      if (!layer.relu) continue;
      nodes.push(node('Relu', [name], `${name}_relu`));
      top = `${name}_relu`;
      if (!options.decorated) continue;
      nodes.push(node('Dropout', [top], `${name}_drop`));
      top = `${name}_drop`;
    } else if (layer.type === 'softmax') nodes.push(node('Softmax', [top], 'prob_1', int('axis', 1)));
  }
  const outputs = [valueInfo(12, LOGITS, [1, classes]), valueInfo(12, 'prob_1', [1, classes])];
  if (options.layerOutputs)
    for (const { layer, output } of inferShapes(model.network))
      if (layer.type !== 'softmax' && layerOutput(layer) !== LOGITS)
        outputs.push(
          valueInfo(
            12,
            layerOutput(layer),
            layer.type === 'dense' ? [1, output.channels] : [1, output.channels, output.height, output.width],
          ),
        );
  const graph = concat(...nodes, text(2, 'alexnet'), ...initializers, ...inputs, ...outputs);
  return concat(
    number(1, 4),
    text(2, 'test-encoder'),
    bytes(7, graph),
    message(8, text(1, ''), number(2, opset)),
  );
}

/** (rows, columns) to (columns, rows). */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      out[column * rows + row] = values[row * columns + column] as number;
  return out;
}
