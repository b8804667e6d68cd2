// PyTorch state dicts and training checkpoints: a zip with `data.pkl` and one entry a storage (since 1.6), or the older
// stream of pickles followed by the storages. Whole modules and TorchScript hold classes to run, and are refused.
// Source: torch/serialization.py of PyTorch.
import { inWords, OperatorError } from '../../operator-error.ts';
import { Cursor } from '../cursor.ts';
import type { LoadedFile } from '../loaded-file.ts';
import { readKeyed } from '../network/keyed.ts';
import { readPickle } from '../pickle/pickle.ts';
import type { PickleValue } from '../pickle/value.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import type { WeightFile } from '../weight-file.ts';
import { readZip, type ZipEntry } from '../zip.ts';
import { findStateDict } from './state-dict.ts';
import { TORCH_GLOBALS, type TorchStorage, torchStorage } from './tensors.ts';

/** The first pickle of the older form. */
const OLD_MAGIC = 0x1950a86a20f9469cfc6cn;
const OLD_PROTOCOL = 1001;

function weightFile(
  detail: string,
  content: PickleValue,
  find: (storage: TorchStorage) => Buffer | undefined,
): WeightFile {
  const { way, entries } = findStateDict(content);
  const tensors: StoredTensor[] = [];
  for (const [name, value] of entries) {
    const tensor = value.tensor(name, find(value.storage));
    if (tensor) tensors.push(tensor);
    else if (!name.endsWith('num_batches_tracked'))
      throw new OperatorError(`${name}: expected floats, found integers`);
  }
  const where = way === '' ? '' : `, its ${JSON.stringify(way)}`;
  return {
    form: 'torch',
    detail: `${detail}${where}, ${tensors.length} tensors`,
    tensors,
    read: (options) => readKeyed(tensors, options),
  };
}

/** True for a zip that torch.save or torch.jit.save wrote. */
export function isTorchZip(entries: Map<string, ZipEntry>): boolean {
  return [...entries.keys()].some((name) => name.endsWith('/data.pkl'));
}

/** The zip form. */
export function readTorchZip({ bytes }: LoadedFile): WeightFile {
  const entries = readZip(bytes);
  const name = [...entries.keys()].find((each) => each.endsWith('/data.pkl'));
  const index = name && entries.get(name);
  if (!index) throw new OperatorError('zip: expected an entry data.pkl, found none');
  const folder = name.slice(0, -'data.pkl'.length);
  if ([...entries.keys()].some((each) => each.startsWith(`${folder}code/`)))
    throw new OperatorError(
      'torch: expected a state dict, found TorchScript: torch.save(torch.jit.load("FILE").state_dict(), "weights.pth")',
    );
  const order = entries.get(`${folder}byteorder`)?.data().subarray(0, 8).toString();
  if (order !== undefined && order !== 'little')
    throw new OperatorError(`byteorder: expected little, found ${inWords(order)}`);
  const content = readPickle(new Cursor(index.data(), 'data.pkl'), TORCH_GLOBALS, torchStorage);
  return weightFile('PyTorch zip', content, ({ key }) => entries.get(`${folder}data/${key}`)?.data());
}

/** The older form: magic, protocol, system, state dict, list of storage keys, then count and data of each. */
export function readTorchStream({ bytes }: LoadedFile): WeightFile {
  const used = new Map<string, TorchStorage>();
  const cursor = new Cursor(bytes, 'pickle');
  const magic = readPickle(cursor, {});
  const protocol = readPickle(cursor, {});
  if (magic !== OLD_MAGIC || protocol !== OLD_PROTOCOL)
    throw new OperatorError(`torch: expected protocol ${OLD_PROTOCOL}, found ${inWords(protocol)}`);
  readPickle(cursor, {});
  const content = readPickle(cursor, TORCH_GLOBALS, (id) => {
    const storage = torchStorage(id);
    used.set(storage.key, storage);
    return storage;
  });
  const keys = readPickle(cursor, {});
  if (!Array.isArray(keys))
    throw new OperatorError(`torch: expected a list of storages, found ${inWords(keys)}`);
  const places = new Map<string, Buffer>();
  for (const key of keys) {
    const storage = typeof key === 'string' ? used.get(key) : undefined;
    if (!storage)
      throw new OperatorError(`storage ${inWords(key)}: expected a tensor that uses it, found none`);
    places.set(storage.key, cursor.take(cursor.u64() * storage.elementBytes));
  }
  return weightFile('PyTorch stream', content, ({ key }) => places.get(key));
}

/** Whether a pickle begins as the older form does: protocol 2, LONG1 of ten bytes, the magic number. */
export function isTorchStream(start: Uint8Array): boolean {
  const magic = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  return magic.every((byte, index) => start[index] === byte);
}
