// PyTorch's tensors in a pickle: views of storages that lie elsewhere in the file, by reference. The pickle may name
// these classes and nothing else. Source: torch/_utils.py and torch/serialization.py of PyTorch.
import { excerpt } from '../../../src/errors.ts';
import { inWords, OperatorError } from '../../operator-error.ts';
import { ELEMENT_BYTES, type ElementType } from '../element-type.ts';
import type { Buildable, Globals, PickledGlobal, PickleValue } from '../pickle/value.ts';
import { elementCount, rangesOf, type StoredTensor, shapeText } from '../stored-tensor.ts';

/** Bytes of one number; only floats are weights. */
const STORAGES: Record<string, ElementType | number> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  DoubleStorage: 'F64',
  LongStorage: 8,
  IntStorage: 4,
  ShortStorage: 2,
  CharStorage: 1,
  ByteStorage: 1,
  BoolStorage: 1,
};

export class TorchStorage implements Buildable {
  readonly type: ElementType | number;
  readonly key: string;

  constructor(type: ElementType | number, key: string) {
    this.type = type;
    this.key = key;
  }

  get elementBytes(): number {
    return typeof this.type === 'number' ? this.type : ELEMENT_BYTES[this.type];
  }

  build(): void {
    throw new OperatorError('pickle: expected a storage without a state, found one');
  }
}

export class TorchTensor implements Buildable {
  readonly storage: TorchStorage;
  readonly #offset: number;
  readonly #shape: number[];
  readonly #strides: number[];

  constructor(storage: TorchStorage, offset: number, shape: number[], strides: number[]) {
    this.storage = storage;
    this.#offset = offset;
    this.#shape = shape;
    this.#strides = strides;
  }

  /** Python attributes of a parameter do not matter. */
  build(): void {}

  /** Undefined for integers, which are counters. Throws OperatorError for a view that leaves its storage. */
  tensor(name: string, bytes: Buffer | undefined): StoredTensor | undefined {
    const { type, key, elementBytes } = this.storage;
    if (typeof type === 'number') return undefined;
    if (!bytes) throw new OperatorError(`${name}: expected storage ${excerpt(key)} in the file, found none`);
    const shape = this.#shape;
    const count = elementCount(name, shape);
    const reach = shape.reduce((sum, size, axis) => sum + (size - 1) * (this.#strides[axis] as number), 1);
    const extent = count === 0 ? 0 : Math.max(reach, count);
    const [start, end] = [this.#offset * elementBytes, (this.#offset + extent) * elementBytes];
    if (!(end <= bytes.length))
      throw new OperatorError(
        `${name}: expected ${end} bytes for ${shapeText(shape)} ${type}, found ${bytes.length}`,
      );
    const open = () => rangesOf(bytes.subarray(start, end));
    return { name, shape, type, strides: this.#strides, open };
  }
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= 8 &&
    value.every((each) => Number.isSafeInteger(each) && Number(each) >= 0)
  );
}

/** _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks): any view of positive strides. */
function rebuildTensor([storage, offset, size, stride]: PickleValue[]): PickleValue {
  if (
    !(storage instanceof TorchStorage) ||
    !isCounts([offset ?? null]) ||
    !isCounts(size) ||
    !isCounts(stride) ||
    size.length !== stride.length
  )
    throw new OperatorError(
      `_rebuild_tensor_v2: expected storage, offset, size and stride, found ${inWords(storage)} and others`,
    );
  return new TorchTensor(storage, Number(offset), size, stride);
}

const storageTypes = new Map<PickledGlobal, ElementType | number>();
const storageGlobals: Globals = {};
for (const [name, type] of Object.entries(STORAGES)) {
  const call: PickledGlobal = () => {
    throw new OperatorError(`pickle: expected torch.${name} only in a reference, found a call`);
  };
  storageTypes.set(call, type);
  storageGlobals[`torch.${name}`] = call;
}

/** ('storage', type, key, location, count[, view]) */
export function torchStorage(id: PickleValue): TorchStorage {
  const [kind, storage, key] = Array.isArray(id) ? id : [];
  const type = typeof storage === 'function' ? storageTypes.get(storage) : undefined;
  if (kind !== 'storage' || type === undefined || typeof key !== 'string')
    throw new OperatorError(`pickle: expected a reference to a storage, found ${inWords(id)}`);
  return new TorchStorage(type, key);
}

/** Objects that stand beside the weights in a checkpoint (arguments, dates, devices): nothing is made of them. */
class Ignored implements Buildable {
  build(): void {}
}
const ignored = () => new Ignored();

export const TORCH_GLOBALS: Globals = {
  'collections.OrderedDict': () => new Map(),
  'collections.defaultdict': () => new Map(),
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_parameter': ([tensor]) => tensor ?? null,
  'torch._utils._rebuild_parameter_with_state': ([tensor]) => tensor ?? null,
  'torch.nn.parameter.Parameter': ([tensor]) => tensor ?? null,
  'torch.Size': ([sizes]) => sizes ?? null,
  ...storageGlobals,
  ...Object.fromEntries(
    [
      'argparse.Namespace',
      'numpy.core.multiarray.scalar',
      'numpy._core.multiarray.scalar',
      'numpy.dtype',
      'torch.device',
      'torch.float32',
      'torch.float16',
      'torch.bfloat16',
      'datetime.datetime',
      'pathlib.PosixPath',
      'builtins.set',
      '__builtin__.set',
      'builtins.dict',
      '_codecs.encode',
    ].map((name) => [name, ignored]),
  ),
};
