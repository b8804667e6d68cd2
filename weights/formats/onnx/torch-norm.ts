// Local response normalisation as torch.onnx writes it, which has no operator for it:
//   Mul(x, x) -> Unsqueeze or Reshape -> Pad -> AveragePool -> Squeeze or Reshape -> Mul(alpha) -> Add(k) -> Pow(beta)
//   -> Div(x, that)
// Its average over `size` padded channels is the sum divided by the size: the engine's own rule.
// Source: torch.nn.functional.local_response_norm of PyTorch, as exported.
import type { LrnLayer } from '../../../src/network/layer.ts';
import { OperatorError } from '../../operator-error.ts';
import { asDecimal } from '../element-type.ts';
import type { Constants } from './constants.ts';
import { numbersOf } from './constants.ts';
import { intsOf, labelOf, type Node } from './node.ts';

const RESHAPES = ['Unsqueeze', 'Squeeze', 'Reshape', 'Cast', 'Identity'];

export class TorchNorm {
  /** The activation that is normalised, and the name of the branch's last value. */
  readonly input: string;
  #value: string;
  #size = 0;
  readonly #pads: [number, number] = [0, 0];
  readonly #factors: { alpha?: number; k?: number; beta?: number } = {};

  private constructor(input: string, value: string) {
    this.input = input;
    this.#value = value;
  }

  /** A branch where `node` squares the activation `current`. */
  static begin(node: Node, current: string): TorchNorm | undefined {
    const [left, right] = node.input;
    const square = (node.op_type === 'Mul' && right === left) || node.op_type === 'Pow';
    return square && left === current ? new TorchNorm(current, node.output[0] ?? '') : undefined;
  }

  /** Takes a node of the branch. Gives the layer when the node ends it, undefined for a step on the way. */
  step(node: Node, constants: Constants): LrnLayer | undefined {
    const label = labelOf(node);
    if (node.op_type === 'Div' && node.input[0] === this.input && node.input[1] === this.#value)
      return this.#layer(node, label);
    const at = node.input.indexOf(this.#value);
    if (at < 0) throw new OperatorError(`${label}: expected a step of a normalisation, found another node`);
    this.#value = node.output[0] ?? '';
    if (RESHAPES.includes(node.op_type)) return undefined;
    const [number] = numbersOf(constants.get(node.input[1 - at])) ?? [];
    const { alpha, k, beta } = this.#factors;
    if (node.op_type === 'Pad') this.#pad(node, constants, label);
    else if (node.op_type === 'AveragePool' && this.#size === 0) this.#average(node, label);
    else if (node.op_type === 'Mul' && alpha === undefined && number !== undefined)
      this.#factors.alpha = number;
    else if (node.op_type === 'Add' && k === undefined && number !== undefined) this.#factors.k = number;
    else if (node.op_type === 'Pow' && beta === undefined && number !== undefined)
      this.#factors.beta = number;
    else throw new OperatorError(`${label}: expected a step of local response normalisation, found another`);
    return undefined;
  }

  /** Begins of all axes, then ends; only one axis may be padded, the channels'. */
  #pad(node: Node, constants: Constants, label: string): void {
    const pads = intsOf(node, 'pads') ?? numbersOf(constants.get(node.input[1])) ?? [];
    const half = pads.length / 2;
    const padded = [...pads.keys()].filter((i) => pads[i] !== 0);
    const axis = (padded[0] ?? 0) % half;
    if (padded.some((i) => i % half !== axis))
      throw new OperatorError(`${label}: expected the channels padded, found pads ${pads.slice(0, 12)}`);
    this.#pads[0] += pads[axis] ?? 0;
    this.#pads[1] += pads[axis + half] ?? 0;
  }

  #average(node: Node, label: string): void {
    const [size = 0, ...rest] = intsOf(node, 'kernel_shape') ?? [];
    const strides = intsOf(node, 'strides') ?? [];
    if (rest.some((side) => side !== 1) || strides.some((side) => side !== 1))
      throw new OperatorError(
        `${label}: expected an average over channels, found a window ${[size, ...rest]}`,
      );
    const pads = intsOf(node, 'pads') ?? [];
    this.#pads[0] += pads[0] ?? 0;
    this.#pads[1] += pads[pads.length / 2] ?? 0;
    this.#size = size;
  }

  #layer(node: Node, label: string): LrnLayer {
    const { alpha = 1, k = 0, beta = 1 } = this.#factors;
    const size = this.#size;
    if (size % 2 !== 1 || this.#pads.some((pad) => pad !== (size - 1) / 2))
      throw new OperatorError(
        `${label}: expected a window of an odd number of channels, padded on both sides, found ${size} with pads ${this.#pads}`,
      );
    return {
      type: 'lrn',
      name: labelOf(node),
      size,
      alpha: asDecimal(alpha),
      beta: asDecimal(beta),
      k: asDecimal(k),
    };
  }
}
