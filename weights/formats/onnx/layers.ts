// What each type of node adds to the chain of layers. LRN divides alpha by the size, as the engine does.
// Source: the operator specification of ONNX.
import { excerpt } from '../../../src/errors.ts';
import { OperatorError } from '../../operator-error.ts';
import { asDecimal } from '../element-type.ts';
import { denseWeight, permuted, zeros } from '../network/canonical.ts';
import { type Chain, square } from '../network/graph.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import type { Constants } from './constants.ts';
import { attributeOf, intsOf, labelOf, type Node, nameOf } from './node.ts';

type Reader = (chain: Chain, node: Node, constants: Constants) => void;

export const LAYERS: Record<string, Reader> = {
  Conv: addConvolution,
  Gemm: addGemm,
  MatMul: (chain, node, constants) => {
    const weight = denseWeight(weightOf(node, constants, 1), 'in-out');
    const out = weight.shape[0] ?? 0;
    chain.add({ type: 'dense', name: nameOf(node), out, relu: false }, { weight, bias: zeros(out) });
  },
  Add: (chain, node, constants) =>
    chain.addBias(labelOf(node), permuted(flat(weightOf(node, constants, 1)), [0])),
  BatchNormalization: (chain, node, constants) => {
    const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) =>
      permuted(weightOf(node, constants, index), [0]),
    );
    if (gamma && beta && mean && variance)
      chain.batchNorm(labelOf(node), { gamma, beta, mean, variance }, float(node, 'epsilon', 1e-5));
  },
  Relu: (chain, node) => chain.relu(nameOf(node)),
  LRN: (chain, node) =>
    chain.add({
      type: 'lrn',
      name: nameOf(node),
      size: attributeOf(node, 'size')?.i ?? 0,
      alpha: float(node, 'alpha', 1e-4),
      beta: float(node, 'beta', 0.75),
      k: float(node, 'bias', 1),
    }),
  MaxPool: (chain, node) => {
    const label = labelOf(node);
    if (intsOf(node, 'pads')?.some((pad) => pad !== 0)) chain.paddedPool = label;
    const kernel = square(label, 'kernel_shape', intsOf(node, 'kernel_shape') ?? []);
    const stride = square(label, 'strides', intsOf(node, 'strides') ?? [1, 1]);
    const ceil = attributeOf(node, 'ceil_mode')?.i === 1;
    chain.add({ type: 'maxpool', name: nameOf(node), kernel, stride, ceil });
  },
  // PyTorch writes its adaptive pooling of 6x6 to 6x6 as this: nothing happens.
  AveragePool: (_, node) => {
    const sides = [...(intsOf(node, 'kernel_shape') ?? []), ...(intsOf(node, 'strides') ?? [])];
    if (sides.some((side) => side !== 1))
      throw new OperatorError(
        `${labelOf(node)}: expected a window of 1, found ${intsOf(node, 'kernel_shape')?.slice(0, 4)}`,
      );
  },
  Softmax: (chain, node) => chain.add({ type: 'softmax', name: nameOf(node) }),
  Flatten: (_, node) => {
    const axis = attributeOf(node, 'axis')?.i ?? 1;
    if (axis !== 1) throw new OperatorError(`${labelOf(node)}: expected axis 1, found ${axis}`);
  },
  Reshape: () => undefined,
  Dropout: () => undefined,
  Identity: () => undefined,
  Cast: () => undefined,
};

function float(node: Node, name: string, fallback: number): number {
  return asDecimal(attributeOf(node, name)?.f ?? fallback);
}

function weightOf(node: Node, constants: Constants, index: number): StoredTensor {
  const found = constants.get(node.input[index]);
  if (!found || !('floats' in found))
    throw new OperatorError(
      `${labelOf(node)}: expected weights, found ${excerpt(node.input[index] || 'no input')}`,
    );
  return found.floats;
}

function flat(tensor: StoredTensor): StoredTensor {
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  return { ...tensor, shape: [count], strides: [1] };
}

function biasOf(node: Node, constants: Constants, count: number) {
  return node.input[2] ? permuted(weightOf(node, constants, 2), [0]) : zeros(count);
}

function addConvolution(chain: Chain, node: Node, constants: Constants): void {
  const label = labelOf(node);
  const stored = weightOf(node, constants, 1);
  const [out = 0, , ...sides] = stored.shape;
  if (intsOf(node, 'dilations')?.some((dilation) => dilation !== 1))
    throw new OperatorError(`${label}: expected dilations 1, found ${intsOf(node, 'dilations')}`);
  chain.add(
    {
      type: 'conv',
      name: nameOf(node),
      kernel: square(label, 'kernel_shape', intsOf(node, 'kernel_shape') ?? sides),
      stride: square(label, 'strides', intsOf(node, 'strides') ?? [1, 1]),
      pad: square(label, 'pads', intsOf(node, 'pads') ?? [0, 0, 0, 0]),
      groups: attributeOf(node, 'group')?.i ?? 1,
      out,
      relu: false,
    },
    { weight: permuted(stored, [0, 1, 2, 3]), bias: biasOf(node, constants, out) },
  );
}

function addGemm(chain: Chain, node: Node, constants: Constants): void {
  const plain = float(node, 'alpha', 1) === 1 && float(node, 'beta', 1) === 1;
  if (!plain || (attributeOf(node, 'transA')?.i ?? 0) !== 0)
    throw new OperatorError(`${labelOf(node)}: expected alpha 1, beta 1, transA 0, found others`);
  const order = attributeOf(node, 'transB')?.i === 1 ? 'out-in' : 'in-out';
  const weight = denseWeight(weightOf(node, constants, 1), order);
  const out = weight.shape[0] ?? 0;
  chain.add(
    { type: 'dense', name: nameOf(node), out, relu: false },
    { weight, bias: biasOf(node, constants, out) },
  );
}
