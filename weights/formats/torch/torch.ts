// PyTorch state dicts: a zip with `data.pkl` and one entry a storage (since 1.6), or the older stream of
// pickles followed by the storages. The pickle may name tensors, storages and OrderedDict, nothing else.
// Source: torch/serialization.py and torch/_utils.py of PyTorch.
import { OperatorError } from '../../operator-error.ts';
import { ELEMENT_BYTES, type ElementType } from '../element-type.ts';
import { readKeyed } from '../keyed.ts';
import type { Span } from '../protobuf-scan.ts';
import { Cursor, type SourceFile } from '../source-file.ts';
import { elementCount, type StoredTensor, shapeText, tensorAt } from '../stored-tensor.ts';
import type { WeightFile } from '../weight-file.ts';
import { type Globals, type PickleValue, pickleAt, readPickle } from './pickle.ts';
import { readZipDirectory } from './zip.ts';

const STORAGES: Record<string, ElementType | 'other'> = {
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.DoubleStorage': 'F64',
  'torch.LongStorage': 'other',
};

/** The first pickle of the older form. */
const OLD_MAGIC = 0x1950a86a20f9469cfc6cn;
const OLD_PROTOCOL = 1001;

class Storage {
  readonly type: ElementType | 'other';
  readonly key: string;

  constructor(type: ElementType | 'other', key: string) {
    this.type = type;
    this.key = key;
  }

  build(): void {
    throw new OperatorError('pickle: expected a storage without a state, found one');
  }
}

class StorageView {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: number[];

  constructor(storage: Storage, offset: number, shape: number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
  }

  build(): void {
    throw new OperatorError('pickle: expected a tensor without a state, found one');
  }
}

function storageType(type: ElementType | 'other') {
  return () => {
    throw new OperatorError(`pickle: expected a storage type of ${type} only in a reference, found a call`);
  };
}

const storageTypes = new Map(
  Object.entries(STORAGES).map(([name, type]) => [name, { type, call: storageType(type) }]),
);

/** _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks): contiguous tensors only. */
function rebuildTensor(args: PickleValue[]): PickleValue {
  const [storage, offset, size, stride] = args;
  if (
    !(storage instanceof Storage) ||
    typeof offset !== 'number' ||
    !Array.isArray(size) ||
    !Array.isArray(stride)
  )
    throw new OperatorError(
      '_rebuild_tensor_v2: expected storage, offset, size and stride, found other arguments',
    );
  const shape = size as number[];
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== expected)
      throw new OperatorError(
        `storage ${storage.key}: expected a contiguous tensor, found strides ${stride}`,
      );
    expected *= shape[axis] as number;
  }
  return new StorageView(storage, offset, shape);
}

const GLOBALS: Globals = {
  'collections.OrderedDict': () => new Map(),
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_parameter': ([tensor]) => tensor ?? null,
  ...Object.fromEntries([...storageTypes].map(([name, { call }]) => [name, call])),
};

/** ('storage', type, key, location, count[, view]) */
function persistentStorage(id: PickleValue): PickleValue {
  const [kind, storage, key] = Array.isArray(id) ? id : [];
  const found = [...storageTypes.values()].find(({ call }) => call === storage);
  if (kind !== 'storage' || !found || typeof key !== 'string')
    throw new OperatorError('pickle: expected a reference to a storage, found another');
  return new Storage(found.type, key);
}

function weightFile(
  source: SourceFile,
  detail: string,
  state: PickleValue,
  find: (storage: Storage) => Span | undefined,
): WeightFile {
  if (!(state instanceof Map)) throw new OperatorError('torch: expected a state dict, found another value');
  const tensors: StoredTensor[] = [];
  for (const [key, value] of state) {
    const name = String(key);
    if (!(value instanceof StorageView))
      throw new OperatorError(`${name}: expected a tensor, found another value`);
    const { storage, offset, shape } = value;
    const place = find(storage);
    if (!place) throw new OperatorError(`${name}: expected storage ${storage.key} in the file, found none`);
    if (storage.type === 'other') throw new OperatorError(`${name}: expected floats, found integers`);
    const size = ELEMENT_BYTES[storage.type];
    const bytes = elementCount(name, shape) * size;
    if (offset * size + bytes > place.length)
      throw new OperatorError(
        `${name}: expected ${offset * size + bytes} bytes for ${shapeText(shape)} ${storage.type}, found ${place.length}`,
      );
    tensors.push(tensorAt(source, name, shape, storage.type, place.position + offset * size, bytes));
  }
  return {
    form: 'torch',
    detail: `${detail}, ${tensors.length} tensors`,
    tensors,
    read: (options) => readKeyed(tensors, options),
  };
}

/** The zip form. */
export function readTorchZip(source: SourceFile): WeightFile {
  const entries = readZipDirectory(source);
  const index = [...entries].find(([name]) => name.endsWith('/data.pkl'));
  if (!index) throw new OperatorError('zip: expected an entry data.pkl, found none');
  const [name, place] = index;
  const folder = name.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (
    order &&
    new TextDecoder().decode(source.read(order.position, Math.min(order.length, 8), 'byteorder')) !== 'little'
  )
    throw new OperatorError('byteorder: expected little, found another');
  const cursor = new Cursor(source, place.position, place.position + place.length, 'data.pkl');
  const state = readPickle(cursor, GLOBALS, persistentStorage);
  return weightFile(source, 'PyTorch zip', state, ({ key }) => entries.get(`${folder}data/${key}`));
}

/** The older form: magic, protocol, system, state dict, list of storage keys, then count and data of each. */
export function readTorchStream(source: SourceFile): WeightFile {
  const types = new Map<string, Storage>();
  const cursor = pickleAt(source, 0);
  const magic = readPickle(cursor, {});
  const protocol = readPickle(cursor, {});
  if (magic !== OLD_MAGIC || protocol !== OLD_PROTOCOL)
    throw new OperatorError(`torch: expected protocol ${OLD_PROTOCOL}, found ${String(protocol)}`);
  readPickle(cursor, {});
  const state = readPickle(cursor, GLOBALS, (id) => {
    const storage = persistentStorage(id) as Storage;
    types.set(storage.key, storage);
    return storage;
  });
  const keys = readPickle(cursor, {});
  if (!Array.isArray(keys))
    throw new OperatorError('torch: expected a list of storages, found another value');
  const places = new Map<string, Span>();
  for (const key of keys) {
    const type = types.get(String(key))?.type;
    if (!type) throw new OperatorError(`storage ${String(key)}: expected a tensor that uses it, found none`);
    const length = cursor.u64() * (type === 'other' ? 8 : ELEMENT_BYTES[type]);
    places.set(String(key), { position: cursor.skip(length), length });
  }
  return weightFile(source, 'PyTorch stream', state, ({ key }) => places.get(key));
}

/** Whether a pickle begins as the older form does: protocol 2, LONG1 of ten bytes, the magic number. */
export function isTorchStream(start: Uint8Array): boolean {
  const magic = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  return magic.every((byte, index) => start[index] === byte);
}
