// ONNX models: a chain of nodes with its constants. Layer parameters come from the graph; older opsets list the
// initialisers as inputs too. What exporters put around the chain is followed: constants that are cast, transposed or
// renamed, shapes that are computed for a Reshape, normalisation spelled out (torch-norm.ts), and arithmetic on the
// pixels in front of the first layer, which becomes the preprocessing. Source: the ONNX IR and operator specifications.
import { excerpt } from '../../../src/errors.ts';
import { OperatorError } from '../../operator-error.ts';
import type { LoadedFile } from '../loaded-file.ts';
import { Chain, readChain } from '../network/graph.ts';
import { PixelScale } from '../network/pixel-scale.ts';
import { decodeMessage, messageType } from '../protobuf.ts';
import type { WeightFile } from '../weight-file.ts';
import { Constants, numbersOf, type TensorMessage } from './constants.ts';
import { LAYERS } from './layers.ts';
import { attributeOf, intsOf, labelOf, type Node } from './node.ts';
import { TorchNorm } from './torch-norm.ts';

const MODEL = messageType('onnx/onnx.proto', 'ModelProto');

interface ValueInfo {
  name: string;
  type?: { tensor_type?: { shape?: { dim: { dim_value: number }[] } | null } | null } | null;
}

interface GraphMessage {
  node: Node[];
  initializer: TensorMessage[];
  input: ValueInfo[];
  sparse_initializer: Uint8Array[];
}

interface ModelMessage {
  producer_name: string;
  graph?: GraphMessage | null;
  opset_import: { version: number }[];
}

/** Reads the graph's nodes and constants. */
export function readOnnx(file: LoadedFile): WeightFile {
  const { graph, producer_name: producer, opset_import } = decodeMessage<ModelMessage>(file.bytes, MODEL);
  if (!graph) throw new OperatorError('ModelProto.graph: expected a graph, found none');
  if (graph.sparse_initializer.length > 0)
    throw new OperatorError('graph.sparse_initializer: expected dense weights, found sparse ones');
  const constants = new Constants(file);
  graph.initializer.forEach((tensor, index) => {
    constants.add(tensor.name || `graph.initializer[${index}]`, tensor);
  });
  const opsets = opset_import.slice(0, 8).map(({ version }) => version);
  const isInitializer = new Set(graph.initializer.map(({ name }) => name));
  const [input, second] = graph.input.filter(({ name }) => !isInitializer.has(name));
  return {
    form: 'onnx',
    detail: `ONNX opset ${opsets.join(', ') || 'unknown'} by ${excerpt(producer) || 'unknown'}, ${graph.node.length} nodes`,
    tensors: constants.floats(),
    read: (options) => {
      if (!input || second)
        throw new OperatorError(
          `graph.input: expected one picture, found ${input ? `also ${excerpt(second?.name ?? '')}` : 'none'}`,
        );
      const walk = new Walk(constants, input.name);
      for (const node of graph.node) walk.visit(node);
      return readChain(walk.chain, inputSize(input), options, walk.pixels);
    },
  };
}

function inputSize(input: ValueInfo): number | undefined {
  const dims = input.type?.tensor_type?.shape?.dim.map(({ dim_value }) => dim_value) ?? [];
  const [, channels = 0, height = 0, width = 0] = dims;
  if ((channels !== 0 && channels !== 3) || height !== width)
    throw new OperatorError(`${excerpt(input.name)}: expected Nx3xSxS, found ${dims.slice(0, 8).join('x')}`);
  return height === 0 ? undefined : height;
}

/** One pass over the nodes in their order. */
class Walk {
  readonly chain = new Chain();
  readonly pixels = new PixelScale();
  readonly #constants: Constants;
  /** The activation that the next layer must read. */
  #current: string;
  /** Values that are computed of shapes. */
  readonly #shapes = new Set<string>();
  #norm: TorchNorm | undefined;

  constructor(constants: Constants, input: string) {
    this.#constants = constants;
    this.#current = input;
  }

  visit(node: Node): void {
    const output = node.output[0] ?? '';
    const autoPad = new TextDecoder().decode(attributeOf(node, 'auto_pad')?.s ?? new Uint8Array(0));
    if (autoPad && autoPad !== 'NOTSET')
      throw new OperatorError(
        `${labelOf(node)}: expected explicit pads, found auto_pad ${autoPad.slice(0, 20)}`,
      );
    if (this.#isConstant(node, output) || this.#isOfShapes(node, output)) return;
    if (this.#norm) {
      const layer = this.#norm.step(node, this.#constants);
      if (!layer) return;
      this.chain.add(layer);
      this.#norm = undefined;
      this.#current = output;
      return;
    }
    this.#norm = TorchNorm.begin(node, this.#current);
    if (this.#norm) return;
    const at = node.input.indexOf(this.#current);
    if (at !== 0 && !(at === 1 && (node.op_type === 'Add' || node.op_type === 'Mul')))
      throw new OperatorError(
        `${labelOf(node)}: expected the input ${excerpt(this.#current)}, found ${excerpt(node.input[0] ?? 'none')}`,
      );
    if (!this.#scalesPixels(node, at)) {
      const read = Object.hasOwn(LAYERS, node.op_type) ? LAYERS[node.op_type] : undefined;
      if (!read)
        throw new OperatorError(
          `${excerpt(node.name || output)}: expected a node of a classifier chain, found ${excerpt(node.op_type)}`,
        );
      read(this.chain, at === 1 ? { ...node, input: node.input.toReversed() } : node, this.#constants);
    }
    this.#current = output;
  }

  /** Constants, and what is made of one alone: cast, renamed or transposed weights. */
  #isConstant(node: Node, output: string): boolean {
    if (node.op_type === 'Constant') {
      const tensor = attributeOf(node, 'value')?.t;
      if (tensor) this.#constants.add(output, tensor);
      const ints = intsOf(node, 'value_ints') ?? [attributeOf(node, 'value_int')?.i ?? 0];
      if (!tensor) this.#constants.set(output, { ints });
      return true;
    }
    const of = this.#constants.get(node.input[0]);
    if (!of) return false;
    if (node.op_type === 'Cast' || node.op_type === 'Identity') this.#constants.set(output, of);
    else if (node.op_type === 'Transpose' && 'floats' in of) {
      const { floats } = of;
      const axes = intsOf(node, 'perm') ?? [...floats.shape.keys()].reverse();
      const pick = (values: number[]) => axes.map((axis) => values[axis] ?? 0);
      const turned = { ...floats, shape: pick(floats.shape), strides: pick(floats.strides) };
      this.#constants.set(output, { floats: turned });
    } else return this.#isOfShapes(node, output);
    return true;
  }

  /** Shape, and whatever has only shapes and constants as its inputs: the second input of a Reshape. */
  #isOfShapes(node: Node, output: string): boolean {
    const known = (name: string) =>
      name === '' || this.#shapes.has(name) || this.#constants.get(name) !== undefined;
    if (node.op_type !== 'Shape' && !(node.input.length > 0 && node.input.every(known))) return false;
    this.#shapes.add(output);
    return true;
  }

  /** Arithmetic on the picture, in front of all layers: per channel, or one number for all. */
  #scalesPixels(node: Node, at: number): boolean {
    const { op_type: operation } = node;
    if (this.chain.layers.length > 0 || !['Sub', 'Div', 'Mul', 'Add'].includes(operation)) return false;
    const numbers = numbersOf(this.#constants.get(node.input[1 - at]));
    if (!numbers || (numbers.length !== 1 && numbers.length !== 3))
      throw new OperatorError(
        `${labelOf(node)}: expected one number or three for the channels, found others`,
      );
    this.pixels.apply(operation as 'Sub' | 'Div' | 'Mul' | 'Add', numbers);
    return true;
  }
}
