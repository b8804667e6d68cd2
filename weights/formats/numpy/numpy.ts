// NumPy's files: `.npy` with a pickled dict (layer name -> [W, b] or {weights, biases}), `.npz` (a zip of arrays, plain
// or compressed), and PaddlePaddle's `.pdparams` (a bare pickle: key -> array). Source: numpy.lib.format.
import { inWords, OperatorError } from '../../operator-error.ts';
import { Cursor } from '../cursor.ts';
import type { LoadedFile } from '../loaded-file.ts';
import { readKeyed } from '../network/keyed.ts';
import { readPickle } from '../pickle/pickle.ts';
import { columnMajor, rangesOf, rowMajor, type StoredTensor, tensorOfLength } from '../stored-tensor.ts';
import type { WeightFile } from '../weight-file.ts';
import { readZip, type ZipEntry } from '../zip.ts';
import { collectArrays, NUMPY_GLOBALS, numpyType, PickledArray } from './pickled-arrays.ts';

const MAGIC = '\x93NUMPY';
const HEADER_BYTES = 4096;

interface NpyHeader {
  version: number;
  descr: string;
  fortran: boolean;
  shape: number[];
  /** Where the data begins. */
  data: number;
}

/** Magic, version, header length (2 or 4 bytes), a Python dict as text. */
export function readNpyHeader(bytes: Buffer, name: string): NpyHeader {
  const cursor = new Cursor(bytes, name);
  const magic = cursor.take(MAGIC.length).toString('latin1');
  if (magic !== MAGIC) throw new OperatorError(`${name}: expected an npy array, found ${inWords(magic)}`);
  const version = cursor.u8();
  cursor.u8();
  const length = version === 1 ? cursor.u16() : cursor.u32();
  if (length > HEADER_BYTES)
    throw new OperatorError(`${name}: expected a header of at most ${HEADER_BYTES} bytes, found ${length}`);
  const header = cursor.take(length).toString('latin1');
  const [, descr] = /'descr':\s*'([^']*)'/.exec(header) ?? [];
  const [, shape] = /'shape':\s*\(([\d,\s]*)\)/.exec(header) ?? [];
  if (descr === undefined || shape === undefined)
    throw new OperatorError(
      `${name}: expected descr and shape in its header, found ${inWords(header.trim())}`,
    );
  const sizes = shape.split(',').map((size) => size.trim());
  return {
    version,
    descr,
    fortran: /'fortran_order':\s*True/.test(header),
    shape: sizes.filter((size) => size !== '').map(Number),
    data: cursor.position,
  };
}

/** A plain array of `byteLength` bytes with its header; `start` holds the header at least. */
export function readNpyArray(
  name: string,
  start: Buffer,
  byteLength: number,
  whole: () => Buffer,
): StoredTensor {
  const { descr, fortran, shape, data } = readNpyHeader(start, name);
  const strides = fortran ? columnMajor(shape) : rowMajor(shape);
  const open = () => rangesOf(whole().subarray(data));
  return tensorOfLength(name, shape, numpyType(name, descr), byteLength - data, open, strides);
}

export function readNpy({ bytes }: LoadedFile): WeightFile {
  const { version, descr, shape, data } = readNpyHeader(bytes, 'npy header');
  if (descr !== '|O' || shape.length > 0)
    throw new OperatorError(
      `npy header: expected descr '|O' and shape () of a dict, found ${inWords(descr)} and [${shape.slice(0, 8)}]`,
    );
  const array = readPickle(new Cursor(bytes, 'pickle', data), NUMPY_GLOBALS);
  const content = array instanceof PickledArray ? array.objects?.[0] : undefined;
  const tensors = collectArrays(content, 'npy');
  const detail = `npy version ${version}, a pickled dict`;
  return { form: 'npy', detail, tensors, read: (options) => readKeyed(tensors, options) };
}

/** True for a zip whose entries are arrays. */
export function isNpz(entries: Map<string, ZipEntry>): boolean {
  return entries.size > 0 && [...entries.keys()].every((name) => name.endsWith('.npy'));
}

/** Arrays by name (conv1_W, conv1/weights, ...); an entry that is a pickled dict is read as one. */
export function readNpz({ bytes }: LoadedFile): WeightFile {
  const tensors = [...readZip(bytes)].flatMap(([file, entry]) => {
    const name = file.slice(0, -'.npy'.length);
    const start = entry.start();
    const { descr, data } = readNpyHeader(start, name);
    if (descr !== '|O') return [readNpyArray(name, start, entry.size, () => entry.data())];
    const array = readPickle(new Cursor(entry.data(), name, data), NUMPY_GLOBALS);
    return collectArrays(array instanceof PickledArray ? array.objects?.[0] : undefined, name);
  });
  const detail = `npz, ${tensors.length} arrays`;
  return { form: 'npz', detail, tensors, read: (options) => readKeyed(tensors, options) };
}

export function readPickledArrays({ bytes }: LoadedFile): WeightFile {
  const dict = readPickle(new Cursor(bytes, 'pickle'), NUMPY_GLOBALS);
  const tensors = collectArrays(dict, 'pickle');
  const detail = 'a pickled dict of arrays';
  return { form: 'pickle', detail, tensors, read: (options) => readKeyed(tensors, options) };
}
