// ONNX models: a chain of nodes with its initialisers. Layer parameters come from the graph; older opsets list
// the initialisers as inputs too. LRN divides alpha by the size, as the engine does. Weights in other files
// (external data) are refused. Source: the ONNX IR and operator specifications.
import { OperatorError } from '../../operator-error.ts';
import { tidy } from '../caffe/caffemodel.ts';
import { denseWeight, permuted, zeros } from '../canonical.ts';
import type { ElementType } from '../element-type.ts';
import { Chain, readChain, square } from '../graph.ts';
import { appendInts, decodeMessage, loadSchema, type Span, scanFields, textOf } from '../protobuf-scan.ts';
import type { SourceFile } from '../source-file.ts';
import { type StoredTensor, tensorAt } from '../stored-tensor.ts';
import type { WeightFile } from '../weight-file.ts';

const schema = loadSchema('onnx/onnx.proto');
const NODE = schema.lookupType('NodeProto');
const VALUE_INFO = schema.lookupType('ValueInfoProto');

/** TensorProto.DataType of the number types that weights have. */
const TYPES: Record<number, ElementType> = { 1: 'F32', 10: 'F16', 11: 'F64', 16: 'BF16' };
const INT64 = 7;
const EXTERNAL = 1;

interface Attribute {
  name: string;
  f: number;
  i: number;
  s: Uint8Array;
  ints: number[];
}

interface Node {
  input: string[];
  output: string[];
  name: string;
  op_type: string;
  attribute: Attribute[];
}

interface ValueInfo {
  name: string;
  type?: { tensor_type?: { shape?: { dim: { dim_value: number }[] } } };
}

interface Graph {
  nodes: Node[];
  initializers: Map<string, StoredTensor | undefined>;
  inputs: ValueInfo[];
}

/** Reads the graph's nodes and the places of its initialisers. */
export function readOnnx(source: SourceFile): WeightFile {
  const opsets: number[] = [];
  let producer = '';
  let graph: Graph | undefined;
  for (const field of scanFields(source, { position: 0, length: source.size }, 'ModelProto')) {
    if (field.number === 2) producer = textOf(source, field, 'ModelProto.producer_name');
    if (field.number === 7 && field.wire === 2) graph = readGraph(source, field);
    if (field.number === 8)
      for (const part of scanFields(source, field, 'ModelProto.opset_import'))
        if (part.number === 2) opsets.push(part.value);
  }
  if (!graph) throw new OperatorError('ModelProto.graph: expected a graph, found none');
  const { nodes, initializers, inputs } = graph;
  return {
    form: 'onnx',
    detail: `ONNX opset ${opsets.join(', ') || 'unknown'} by ${producer || 'unknown'}, ${nodes.length} nodes`,
    tensors: [...initializers.values()].filter((tensor) => tensor !== undefined),
    read: (options) => {
      const [input, second] = inputs.filter(({ name }) => !initializers.has(name));
      if (!input || second)
        throw new OperatorError(
          `graph.input: expected one picture, found ${input ? `also ${second?.name}` : 'none'}`,
        );
      const chain = new Chain();
      let current = input.name;
      for (const node of nodes) current = addNode(chain, node, initializers, current);
      return readChain(chain, inputSize(input), options);
    },
  };
}

function readGraph(source: SourceFile, span: Span): Graph {
  const graph: Graph = { nodes: [], initializers: new Map(), inputs: [] };
  for (const field of scanFields(source, span, 'graph')) {
    if (field.number === 1)
      graph.nodes.push(decodeMessage<Node>(source, field, NODE, `graph.node[${graph.nodes.length}]`));
    if (field.number === 5) readInitializer(source, field, graph.initializers);
    if (field.number === 11)
      graph.inputs.push(decodeMessage<ValueInfo>(source, field, VALUE_INFO, 'graph.input'));
    if (field.number === 15)
      throw new OperatorError('graph.sparse_initializer: expected dense weights, found sparse ones');
  }
  return graph;
}

/** TensorProto: dims 1, data_type 2, float_data 4, name 8, raw_data 9, external_data 13, data_location 14. */
function readInitializer(source: SourceFile, span: Span, into: Graph['initializers']): void {
  const fallback = `graph.initializer[${into.size}]`;
  const dims: number[] = [];
  let name = fallback;
  let dataType = 0;
  let external = false;
  let data: Span = { position: span.position, length: 0 };
  let asFloats = false;
  for (const field of scanFields(source, span, fallback)) {
    if (field.number === 1) appendInts(source, field, dims, fallback);
    if (field.number === 2) dataType = field.value;
    if (field.number === 8) name = textOf(source, field, fallback);
    if (field.number === 13 || (field.number === 14 && field.value === EXTERNAL)) external = true;
    if (field.number === 4 || field.number === 9) {
      if (field.wire !== 2) throw new OperatorError(`${name}: expected packed floats, found single ones`);
      data = field;
      asFloats = field.number === 4;
    }
  }
  if (external) throw new OperatorError(`${name}: expected the weights inside the file, found external data`);
  if (dataType === INT64) {
    into.set(name, undefined);
    return;
  }
  const type = TYPES[dataType];
  if (!type || (asFloats && type !== 'F32'))
    throw new OperatorError(`${name}: expected a float tensor, found data type ${dataType}`);
  into.set(name, tensorAt(source, name, dims, type, data.position, data.length));
}

function inputSize(input: ValueInfo): number | undefined {
  const dims = input.type?.tensor_type?.shape?.dim.map(({ dim_value }) => dim_value) ?? [];
  const [, channels = 0, height = 0, width = 0] = dims;
  if ((channels !== 0 && channels !== 3) || height !== width)
    throw new OperatorError(`${input.name}: expected Nx3xSxS, found ${dims.join('x')}`);
  return height === 0 ? undefined : height;
}

/** Appends one node to the chain; returns the name of the activation that the next node must read. */
function addNode(chain: Chain, node: Node, initializers: Graph['initializers'], current: string): string {
  const output = node.output[0] ?? '';
  const name = node.name || output;
  const label = `${name} (${node.op_type})`;
  if (node.op_type === 'Constant') return current;
  if (node.input[0] !== current)
    throw new OperatorError(`${label}: expected the input ${current}, found ${node.input[0] ?? 'none'}`);
  const find = (attribute: string) => node.attribute.find((entry) => entry.name === attribute);
  const ints = (attribute: string, fallback: number[]) => find(attribute)?.ints ?? fallback;
  const float = (attribute: string, fallback: number) => tidy(find(attribute)?.f ?? fallback);
  const weight = (index: number): StoredTensor => {
    const tensor = initializers.get(node.input[index] ?? '');
    if (!tensor)
      throw new OperatorError(`${label}: expected weights, found ${node.input[index] ?? 'no input'}`);
    return tensor;
  };
  const bias = (count: number) => (node.input[2] ? permuted(weight(2), [0]) : zeros(count));
  const autoPad = new TextDecoder().decode(find('auto_pad')?.s ?? new Uint8Array(0));
  if (autoPad && autoPad !== 'NOTSET')
    throw new OperatorError(`${label}: expected explicit pads, found auto_pad ${autoPad}`);
  switch (node.op_type) {
    case 'Conv': {
      const stored = weight(1);
      const [out = 0, , ...sides] = stored.shape;
      if (ints('dilations', []).some((dilation) => dilation !== 1))
        throw new OperatorError(`${label}: expected dilations 1, found ${ints('dilations', [])}`);
      const kernel = square(label, 'kernel_shape', ints('kernel_shape', sides));
      const stride = square(label, 'strides', ints('strides', [1, 1]));
      const pad = square(label, 'pads', ints('pads', [0, 0, 0, 0]));
      const groups = find('group')?.i ?? 1;
      chain.add(
        { type: 'conv', name, kernel, stride, pad, groups, out, relu: false },
        { weight: permuted(stored, [0, 1, 2, 3]), bias: bias(out) },
      );
      return output;
    }
    case 'Gemm': {
      if (float('alpha', 1) !== 1 || float('beta', 1) !== 1 || (find('transA')?.i ?? 0) !== 0)
        throw new OperatorError(`${label}: expected alpha 1, beta 1, transA 0, found others`);
      const order = find('transB')?.i === 1 ? 'out-in' : 'in-out';
      const matrix = denseWeight(weight(1), order);
      const [out = 0] = matrix.shape;
      chain.add({ type: 'dense', name, out, relu: false }, { weight: matrix, bias: bias(out) });
      return output;
    }
    case 'Relu':
      chain.relu(name);
      return output;
    case 'LRN':
      chain.add({
        type: 'lrn',
        name,
        size: find('size')?.i ?? 0,
        alpha: float('alpha', 1e-4),
        beta: float('beta', 0.75),
        k: float('bias', 1),
      });
      return output;
    case 'MaxPool': {
      if (ints('pads', []).some((pad) => pad !== 0)) chain.paddedPool = label;
      const kernel = square(label, 'kernel_shape', ints('kernel_shape', []));
      const stride = square(label, 'strides', ints('strides', [1, 1]));
      chain.add({ type: 'maxpool', name, kernel, stride, ceil: find('ceil_mode')?.i === 1 });
      return output;
    }
    case 'AveragePool':
      // PyTorch writes its adaptive pooling of 6x6 to 6x6 as this: nothing happens.
      if (
        ints('kernel_shape', []).every((side) => side === 1) &&
        ints('strides', []).every((side) => side === 1)
      )
        return output;
      throw new OperatorError(`${label}: expected a window of 1, found ${ints('kernel_shape', [])}`);
    case 'Softmax':
      chain.add({ type: 'softmax', name });
      return output;
    case 'Flatten':
      if ((find('axis')?.i ?? 1) !== 1)
        throw new OperatorError(`${label}: expected axis 1, found ${find('axis')?.i}`);
      return output;
    case 'Reshape':
    case 'Dropout':
    case 'Identity':
      return output;
    default:
      throw new OperatorError(`${name}: expected a node of a classifier chain, found ${node.op_type}`);
  }
}
