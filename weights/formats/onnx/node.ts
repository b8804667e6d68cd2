// A node of an ONNX graph and its attributes.
import { excerpt } from '../../../src/errors.ts';
import type { TensorMessage } from './constants.ts';

export interface Attribute {
  name: string;
  f: number;
  i: number;
  s: Uint8Array;
  t?: TensorMessage | null;
  floats: number[];
  ints: number[];
}

export interface Node {
  input: string[];
  output: string[];
  name: string;
  op_type: string;
  attribute: Attribute[];
}

export function attributeOf(node: Node, name: string): Attribute | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

export function intsOf(node: Node, name: string): number[] | undefined {
  return attributeOf(node, name)?.ints;
}

export function nameOf(node: Node): string {
  return node.name || (node.output[0] ?? '');
}

/** The node in errors: its name and type. */
export function labelOf(node: Node): string {
  return `${excerpt(nameOf(node))} (${excerpt(node.op_type)})`;
}
