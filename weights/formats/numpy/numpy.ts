// Pickled NumPy arrays, and the two files that hold dictionaries of them: `.npy` (a 0-dimensional object array
// that is a dict: layer name -> [W, b] or {weights, biases}) and PaddlePaddle's `.pdparams` (a bare pickle: key ->
// array). Sources: numpy.lib.format; ndarray.__reduce__ and __setstate__ of NumPy.
import { OperatorError } from '../../operator-error.ts';
import type { ElementType } from '../element-type.ts';
import { readKeyed } from '../keyed.ts';
import { Latin1Text, ShortLatin1Text } from '../latin1-text.ts';
import type { SourceFile } from '../source-file.ts';
import { elementCount, type StoredTensor, shapeText, tensorAt } from '../stored-tensor.ts';
import {
  type Buildable,
  type Globals,
  PickledBytes,
  type PickleValue,
  pickleAt,
  readPickle,
} from '../torch/pickle.ts';
import type { Form, WeightFile } from '../weight-file.ts';

const MAGIC_BYTES = 6;
const TYPES: Record<string, ElementType> = { f2: 'F16', f4: 'F32', f8: 'F64' };

class PickledDtype implements Buildable {
  readonly code: string;
  #order = '<';

  constructor(code: string) {
    this.code = code;
  }

  /** State: (version, byte order, ...). */
  build(state: PickleValue): void {
    if (Array.isArray(state) && typeof state[1] === 'string') this.#order = state[1];
  }

  elementType(): ElementType {
    const type = TYPES[this.code.replace(/^[<|=]/, '')];
    if (!type || this.#order === '>')
      throw new OperatorError(`dtype: expected little-endian f2, f4 or f8, found ${this.#order}${this.code}`);
    return type;
  }
}

class PickledArray implements Buildable {
  shape: number[] = [];
  dtype: PickledDtype | undefined;
  fortran = false;
  data: PickledBytes | EncodedText['text'] | PickleValue[] | undefined;

  /** State: (version, shape, dtype, is_fortran, data). */
  build(state: PickleValue): void {
    const [, shape, dtype, fortran, data] = Array.isArray(state) ? state : [];
    const valid =
      Array.isArray(shape) &&
      shape.every((size) => typeof size === 'number') &&
      dtype instanceof PickledDtype;
    if (!valid || !(data instanceof PickledBytes || data instanceof EncodedText || Array.isArray(data)))
      throw new OperatorError('numpy array: expected shape, dtype and data, found another state');
    this.shape = shape as number[];
    this.dtype = dtype;
    this.fortran = fortran === true;
    this.data = data instanceof EncodedText ? data.text : data;
  }
}

class EncodedText implements Buildable {
  readonly text: Latin1Text | ShortLatin1Text;

  constructor(text: Latin1Text | ShortLatin1Text) {
    this.text = text;
  }

  build(): void {
    throw new OperatorError('pickle: expected bytes without a state, found one');
  }
}

function globalsFor(source: SourceFile): Globals {
  const reconstruct = () => new PickledArray();
  const ndarray = () => {
    throw new OperatorError('pickle: expected ndarray only as an argument, found a call');
  };
  const encode = ([text, codec]: PickleValue[]): PickleValue => {
    if (codec !== 'latin1')
      throw new OperatorError(`_codecs.encode: expected latin1, found ${String(codec)}`);
    return new EncodedText(
      text instanceof PickledBytes ? new Latin1Text(source, text) : new ShortLatin1Text(String(text)),
    );
  };
  return {
    'numpy.core.multiarray._reconstruct': reconstruct,
    'numpy._core.multiarray._reconstruct': reconstruct,
    'numpy.ndarray': ndarray,
    'numpy.dtype': ([code]) => new PickledDtype(String(code)),
    '_codecs.encode': encode,
  };
}

function storedTensor(source: SourceFile, name: string, array: PickledArray): StoredTensor {
  const { data, dtype, shape, fortran } = array;
  const type = dtype?.elementType();
  if (!type || !data || Array.isArray(data))
    throw new OperatorError(`${name}: expected numbers, found objects`);
  if (data instanceof PickledBytes)
    return tensorAt(source, name, shape, type, data.position, data.length, fortran);
  const count = elementCount(name, shape);
  if (type !== 'F32' || data.length !== count * 4)
    throw new OperatorError(
      `${name}: expected ${count * 4} bytes for ${shapeText(shape)} F32, found ${data.length} of ${type}`,
    );
  const elements = (start: number, length: number) =>
    new Float32Array(data.read(start * 4, length * 4, name).buffer);
  return { name, shape, type, fortran, elements };
}

function collect(source: SourceFile, name: string, value: PickleValue, into: StoredTensor[]): void {
  const entries: [PickleValue, PickleValue][] =
    value instanceof Map ? [...value] : Array.isArray(value) ? [...value.entries()] : [];
  if (value instanceof PickledArray) {
    into.push(storedTensor(source, name, value));
    return;
  }
  if (entries.length === 0)
    throw new OperatorError(`${name}: expected an array or a dict of arrays, found neither`);
  for (const [key, entry] of entries) {
    if (key === 'StructuredToParameterName@@') continue;
    collect(source, name === '' ? String(key) : `${name}/${String(key)}`, entry, into);
  }
}

function weightFile(
  source: SourceFile,
  form: Form,
  detail: string,
  dict: PickleValue | undefined,
): WeightFile {
  if (!(dict instanceof Map))
    throw new OperatorError(`${form}: expected a dict of arrays, found another value`);
  const tensors: StoredTensor[] = [];
  collect(source, '', dict, tensors);
  return { form, detail, tensors, read: (options) => readKeyed(tensors, options) };
}

/** `.npy`: magic, version, header length (2 or 4 bytes), a Python dict as text, then a pickle. */
export function readNpy(source: SourceFile): WeightFile {
  const cursor = pickleAt(source, MAGIC_BYTES);
  const major = cursor.u8();
  cursor.u8();
  const length = major === 1 ? cursor.u16() : cursor.u32();
  const header = new TextDecoder('latin1').decode(cursor.bytes(Math.min(length, 4096)));
  if (length > 4096 || !/'descr':\s*'\|O'/.test(header) || !/'shape':\s*\(\s*\)/.test(header))
    throw new OperatorError(
      `npy header: expected descr '|O' and shape (), found ${JSON.stringify(header.trim().slice(0, 80))}`,
    );
  const array = readPickle(pickleAt(source, cursor.position), globalsFor(source));
  const content = array instanceof PickledArray && Array.isArray(array.data) ? array.data[0] : undefined;
  return weightFile(source, 'npy', `npy version ${major}, a pickled dict`, content);
}

export function readPickledArrays(source: SourceFile): WeightFile {
  return weightFile(
    source,
    'pickle',
    'a pickled dict of arrays',
    readPickle(pickleAt(source, 0), globalsFor(source)),
  );
}
