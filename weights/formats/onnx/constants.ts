// The constants of an ONNX graph: initialisers and Constant nodes, floats as stored tensors and integers as numbers.
// Data in other files is read from the folder of the model, never from anywhere else.
// Source: onnx.proto (TensorProto) and "External Data" of the ONNX project.

import path from 'node:path';
import { excerpt, quotedExcerpt } from '../../../src/errors.ts';
import { OperatorError } from '../../operator-error.ts';
import type { ElementType } from '../element-type.ts';
import { ELEMENT_BYTES, widen } from '../element-type.ts';
import { type LoadedFile, loadFile } from '../loaded-file.ts';
import { elementCount, type StoredTensor, tensorOf } from '../stored-tensor.ts';

export interface TensorMessage {
  dims: number[];
  data_type: number;
  float_data: Uint8Array;
  int32_data: number[];
  int64_data: number[];
  name: string;
  raw_data: Uint8Array;
  double_data: Uint8Array;
  external_data: { key: string; value: string }[];
  data_location: number;
}

/** A float tensor, or the integers of a shape, an axis or a pad. */
export type Constant = { floats: StoredTensor } | { ints: number[] };

/** TensorProto.DataType of the number types that weights have. */
const FLOATS: Record<number, ElementType> = { 1: 'F32', 10: 'F16', 11: 'F64', 16: 'BF16' };
const INT32 = 6;
const INT64 = 7;
const EXTERNAL = 1;
/** Integers are shapes and pads. */
const MOST_INTS = 64;

export class Constants {
  readonly #file: LoadedFile;
  readonly #byName = new Map<string, Constant>();
  readonly #beside = new Map<string, Buffer>();

  constructor(file: LoadedFile) {
    this.#file = file;
  }

  get(name: string | undefined): Constant | undefined {
    return name === undefined ? undefined : this.#byName.get(name);
  }

  set(name: string, constant: Constant): void {
    this.#byName.set(name, constant);
  }

  /** Adds a tensor of the file under `name`. Throws OperatorError for one whose bytes do not fit its shape. */
  add(name: string, message: TensorMessage): void {
    this.set(name, this.#read(name, message));
  }

  floats(): StoredTensor[] {
    return [...this.#byName.values()].flatMap((each) => ('floats' in each ? [each.floats] : []));
  }

  #read(name: string, message: TensorMessage): Constant {
    const { data_type: dataType, dims } = message;
    const raw = message.data_location === EXTERNAL ? this.#external(name, message) : message.raw_data;
    if (dataType === INT64 || dataType === INT32) return { ints: integers(name, message, raw) };
    const type = FLOATS[dataType];
    if (!type) throw new OperatorError(`${name}: expected a float tensor, found data type ${dataType}`);
    if (raw.length > 0) return { floats: tensorOf(name, dims, type, raw) };
    if (type === 'F64') return { floats: tensorOf(name, dims, type, message.double_data) };
    if (type === 'F32') return { floats: tensorOf(name, dims, type, message.float_data) };
    // 16-bit numbers outside of raw_data are int32 each.
    const halves = new Uint8Array(Uint16Array.from(message.int32_data).buffer);
    return { floats: tensorOf(name, dims, type, halves) };
  }

  #external(name: string, { external_data: entries }: TensorMessage): Uint8Array {
    const declared = new Map(entries.map(({ key, value }) => [key, value]));
    const location = declared.get('location') ?? '';
    const folder = path.dirname(path.resolve(this.#file.path));
    const place = path.resolve(folder, location);
    if (location === '' || !place.startsWith(folder + path.sep))
      throw new OperatorError(
        `${name}: expected its data in a file beside ${this.#file.name}, found ${quotedExcerpt(location)}`,
      );
    let bytes = this.#beside.get(place);
    if (!bytes) {
      bytes = loadFile(place).bytes;
      this.#beside.set(place, bytes);
    }
    const offset = Number(declared.get('offset') ?? 0);
    const length = Number(declared.get('length') ?? bytes.length - offset);
    if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length))
      throw new OperatorError(
        `${name}: expected ${length} bytes at position ${offset} of ${excerpt(location)}, found ${bytes.length} bytes`,
      );
    return bytes.subarray(offset, offset + length);
  }
}

function integers(name: string, message: TensorMessage, raw: Uint8Array): number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const size = message.data_type === INT64 ? 8 : 4;
  const values =
    raw.length > 0
      ? Array.from({ length: Math.min(raw.length / size, MOST_INTS + 1) }, (_, i) =>
          size === 8 ? Number(view.getBigInt64(8 * i, true)) : view.getInt32(4 * i, true),
        )
      : [...message.int64_data, ...message.int32_data];
  if (values.length > MOST_INTS) throw new OperatorError(`${name}: expected a float tensor, found integers`);
  return values;
}

/** The numbers of a small constant: means, epsilons, exponents. Undefined for none and for a large one. */
export function numbersOf(constant: Constant | undefined): number[] | undefined {
  if (!constant) return undefined;
  if ('ints' in constant) return constant.ints;
  const { name, shape, type, open } = constant.floats;
  const count = elementCount(name, shape);
  if (count > MOST_INTS) return undefined;
  const values = new Float32Array(count);
  widen(open()(0, count * ELEMENT_BYTES[type]), type, values);
  return [...values];
}
