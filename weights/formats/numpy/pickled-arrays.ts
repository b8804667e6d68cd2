// Pickled NumPy arrays as tensors: what the readers of .npy, .npz and .pdparams share.
// Sources: ndarray.__reduce__ and __setstate__ of NumPy; _codecs.encode as Python 3 writes bytes in protocol 2.
import { excerpt } from '../../../src/errors.ts';
import { inWords, OperatorError } from '../../operator-error.ts';
import type { ElementType } from '../element-type.ts';
import { ELEMENT_BYTES } from '../element-type.ts';
import {
  type Buildable,
  type Globals,
  keyText,
  PickledBytes,
  type PickleValue,
  Visits,
} from '../pickle/value.ts';
import {
  columnMajor,
  elementCount,
  type ReadRange,
  rangesOf,
  rowMajor,
  type StoredTensor,
  tensorOfLength,
} from '../stored-tensor.ts';

const TYPES: Record<string, ElementType> = { f2: 'F16', f4: 'F32', f8: 'F64' };

/** The element type of a dtype such as '<f4'. Throws OperatorError for integers and big-endian numbers. */
export function numpyType(name: string, descr: string): ElementType {
  const type = TYPES[descr.replace(/^[<|=]/, '')];
  if (!type) throw new OperatorError(`${name}: expected little-endian f2, f4 or f8, found ${inWords(descr)}`);
  return type;
}

class PickledDtype implements Buildable {
  readonly #code: string;
  #order = '<';

  constructor(code: string) {
    this.#code = code;
  }

  /** State: (version, byte order, ...). */
  build(state: PickleValue): void {
    if (Array.isArray(state) && typeof state[1] === 'string') this.#order = state[1];
  }

  elementType(name: string): ElementType {
    return numpyType(name, this.#order === '>' ? `>${this.#code}` : this.#code);
  }
}

/** Bytes that Python 3 wrote into a protocol-2 pickle as text: each byte a character U+0000..U+00FF, in UTF-8. */
class EncodedBytes implements Buildable {
  readonly #text: Buffer;

  constructor(text: Buffer) {
    this.#text = text;
  }

  build(): void {
    throw new OperatorError('pickle: expected bytes without a state, found one');
  }

  /** @param length of all bytes. Throws OperatorError for text that stands for fewer or more. */
  decode(name: string, length: number): ReadRange {
    const text = this.#text;
    let read = 0;
    let count = 0;
    // One for all ranges: what is collected late would be most of the memory.
    let scratch = new Uint8Array(0);
    const wrongLength = () => {
      for (; read < text.length; read++) if (((text[read] as number) & 0xc0) !== 0x80) count++;
      return new OperatorError(`${name}: expected ${length} bytes, found ${count}`);
    };
    return (start, end) => {
      if (start !== count) throw new RangeError(`${name}: expected to go on at ${count}, asked at ${start}`);
      if (scratch.length < end - start) scratch = new Uint8Array(end - start);
      const out = scratch.subarray(0, end - start);
      for (let i = 0; i < out.length; i++) {
        if (read >= text.length) throw wrongLength();
        let byte = text[read++] as number;
        if (byte >= 0x80) {
          if (byte !== 0xc2 && byte !== 0xc3)
            throw new OperatorError(`${name}: expected bytes as text, found other text`);
          byte = ((byte & 3) << 6) | ((text[read++] ?? 0) & 0x3f);
        }
        out[i] = byte;
        count++;
      }
      if (count === length && read < text.length) throw wrongLength();
      return out;
    };
  }
}

export class PickledArray implements Buildable {
  #shape: number[] = [];
  #dtype: PickledDtype | undefined;
  #fortran = false;
  #data: PickledBytes | EncodedBytes | undefined;
  /** The elements of an object array. */
  objects: PickleValue[] | undefined;

  /** State: (version, shape, dtype, is_fortran, data). */
  build(state: PickleValue): void {
    const [, shape, dtype, fortran, data] = Array.isArray(state) ? state : [];
    if (
      !(Array.isArray(shape) && shape.length <= 8 && shape.every((size) => typeof size === 'number')) ||
      !(dtype instanceof PickledDtype)
    )
      throw new OperatorError('numpy array: expected shape, dtype and data, found another state');
    this.#shape = shape;
    this.#dtype = dtype;
    this.#fortran = fortran === true;
    if (Array.isArray(data)) this.objects = data;
    else if (data instanceof PickledBytes || data instanceof EncodedBytes) this.#data = data;
    else if (typeof data === 'string') this.#data = new PickledBytes(Buffer.from(data, 'latin1'), false);
    else throw new OperatorError(`numpy array: expected its bytes, found ${inWords(data)}`);
  }

  /** Throws OperatorError for objects, and for bytes that do not fit the shape. */
  tensor(name: string): StoredTensor {
    const data = this.#data;
    const shape = this.#shape;
    const type = this.#dtype?.elementType(name);
    if (!type || !data) throw new OperatorError(`${name}: expected numbers, found objects`);
    const strides = this.#fortran ? columnMajor(shape) : rowMajor(shape);
    const expected = elementCount(name, shape) * ELEMENT_BYTES[type];
    if (data instanceof PickledBytes)
      return tensorOfLength(name, shape, type, data.bytes.length, () => rangesOf(data.bytes), strides);
    return tensorOfLength(name, shape, type, expected, () => data.decode(name, expected), strides);
  }
}

export const NUMPY_GLOBALS: Globals = {
  'numpy.core.multiarray._reconstruct': () => new PickledArray(),
  'numpy._core.multiarray._reconstruct': () => new PickledArray(),
  'numpy.ndarray': () => {
    throw new OperatorError('pickle: expected ndarray only as an argument, found a call');
  },
  'numpy.dtype': ([code]) => {
    if (typeof code !== 'string') throw new OperatorError(`dtype: expected its name, found ${inWords(code)}`);
    return new PickledDtype(code);
  },
  '_codecs.encode': ([text, codec]) => {
    if (codec !== 'latin1')
      throw new OperatorError(`_codecs.encode: expected latin1, found ${inWords(codec)}`);
    if (text instanceof PickledBytes) return new EncodedBytes(text.bytes);
    if (typeof text === 'string') return new EncodedBytes(Buffer.from(text));
    throw new OperatorError(`_codecs.encode: expected a text, found ${inWords(text)}`);
  },
};

/** The arrays of a dict, of dicts and lists within it; a name is the way to it, joined by slashes. */
export function collectArrays(dict: PickleValue | undefined, form: string): StoredTensor[] {
  if (!(dict instanceof Map))
    throw new OperatorError(`${form}: expected a dict of arrays, found ${inWords(dict)}`);
  const found: StoredTensor[] = [];
  const visits = new Visits();
  const walk = (name: string, value: PickleValue, depth: number): void => {
    visits.enter(name, depth);
    if (value instanceof PickledArray) {
      found.push(value.tensor(name));
      return;
    }
    const entries: [PickleValue, PickleValue][] =
      value instanceof Map ? [...value] : Array.isArray(value) ? [...value.entries()] : [];
    if (entries.length === 0)
      throw new OperatorError(
        `${excerpt(name)}: expected an array or a dict of arrays, found ${inWords(value)}`,
      );
    for (const [key, entry] of entries) {
      if (key === 'StructuredToParameterName@@') continue;
      walk(name === '' ? keyText(key) : `${name}/${keyText(key)}`, entry, depth + 1);
    }
  };
  walk('', dict, 0);
  return found;
}
