// PyTorch state dicts: the zip form (stored entries, data aligned by padding in the extra field, zip64 end as
// PyTorch writes it) and the older stream of pickles.
import { crc32 } from 'node:zlib';
import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';
import { bytesOf } from '../../../tools/fixtures/encode-safetensors.ts';
import type { TrainedModel } from '../../../tools/fixtures/trained-model.ts';
import { op, PickleWriter } from './pickle.ts';

export const TORCHVISION_KEYS: Record<string, string> = {
  conv1: 'features.0',
  conv2: 'features.3',
  conv3: 'features.6',
  conv4: 'features.8',
  conv5: 'features.10',
  fc6: 'classifier.1',
  fc7: 'classifier.4',
  fc8: 'classifier.6',
};

interface Storage {
  key: string;
  data: Part;
}

export interface TorchOptions {
  /** Name of a class to use instead of _rebuild_tensor_v2. */
  rebuild?: [string, string];
  /** Name of a further entry of the zip. */
  extra?: string;
  /** Bytes put at the start of data.pkl's body. */
  prefix?: Part;
  /** Name of a layer's module; torchvision's without it. */
  key?: (layer: string) => string;
  /** The key of a checkpoint under which the state dict lies, beside an epoch and an optimizer's state. */
  wrap?: string;
  /** Convolutions as channels_last leaves them, dense weights as transposed views of (in, out). */
  views?: boolean;
  /** Statistics of a BatchNorm behind each convolution, under the name that this gives it. */
  norm?: { key: (layer: string) => string; of: (layer: string, out: number) => Norm };
}

export interface Norm {
  weight: Float32Array;
  bias: Float32Array;
  running_mean: Float32Array;
  running_var: Float32Array;
}

/** The values in another order of the axes, last axis fastest, and the strides with which they are read back. */
function asView(shape: number[], values: Float32Array): { stored: Float32Array; strides: number[] } {
  const [out = 0, channels = 0, height = 1, width = 1] = shape;
  const stored = new Float32Array(values.length);
  for (let o = 0; o < out; o++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < height * width; p++) {
        const value = values[(o * channels + c) * height * width + p] as number;
        stored[shape.length === 4 ? (o * height * width + p) * channels + c : c * out + o] = value;
      }
  return {
    stored,
    strides: shape.length === 4 ? [channels * height * width, 1, width * channels, channels] : [1, out],
  };
}

function stateDict(model: TrainedModel, options: TorchOptions): { pickle: Part; storages: Storage[] } {
  const writer = new PickleWriter('python3-protocol2');
  const storages: Storage[] = [];
  const tensor = (shape: number[], values: Float32Array, type = 'FloatStorage'): Part => {
    const key = String(storages.length);
    const view = options.views && shape.length > 1 ? asView(shape, values) : undefined;
    storages.push({ key, data: bytesOf(view?.stored ?? values) });
    const reference = writer.tuple(
      writer.text('storage'),
      writer.global('torch', type),
      writer.text(key),
      writer.text('cpu'),
      writer.int(values.length),
    );
    const strides = view?.strides ?? shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    return concat(
      writer.global(...(options.rebuild ?? ['torch._utils', '_rebuild_tensor_v2'])),
      op.mark,
      reference,
      op.persistentId,
      writer.int(0),
      writer.tuple(...shape.map((n) => writer.int(n))),
      writer.tuple(...strides.map((n) => writer.int(n))),
      op.false,
      writer.global('collections', 'OrderedDict'),
      op.emptyTuple,
      op.reduce,
      op.tuple,
      op.reduce,
    );
  };
  const keyOf = options.key ?? ((layer: string) => TORCHVISION_KEYS[layer] as string);
  const items = [...model.layers].flatMap(([name, { shape, weight, bias }]) => {
    const own = [
      writer.text(`${keyOf(name)}.weight`),
      tensor(shape, weight),
      writer.text(`${keyOf(name)}.bias`),
      tensor([bias.length], bias),
    ];
    const { norm } = options;
    if (!norm || shape.length !== 4) return own;
    const statistics = Object.entries(norm.of(name, bias.length)).flatMap(([part, values]) => [
      writer.text(`${norm.key(name)}.${part}`),
      tensor([bias.length], values),
    ]);
    // A counter, int64.
    const counter = tensor([], new Float32Array(2), 'LongStorage');
    return [...own, ...statistics, writer.text(`${norm.key(name)}.num_batches_tracked`), counter];
  });
  const ordered = concat(writer.global('collections', 'OrderedDict'), op.emptyTuple, op.reduce);
  const metadata = writer.dict([['_metadata', concat(ordered)]]);
  const prefix = options.prefix ?? new Uint8Array(0);
  const dict = concat(ordered, op.mark, ...items, op.setItems, metadata, op.build);
  const optimizer = (): Part => {
    const momentum = writer.dict([['momentum_buffer', tensor([3], Float32Array.of(1, 2, 3))]]);
    return writer.dict([
      ['state', concat(op.emptyDict, op.mark, writer.int(0), momentum, op.setItems)],
      ['param_groups', writer.list(writer.dict([['params', writer.list(writer.int(0))]]))],
    ]);
  };
  const namespace = concat(writer.global('argparse', 'Namespace'), op.emptyTuple, op.reduce);
  const content =
    options.wrap === undefined
      ? dict
      : writer.dict([
          ['epoch', writer.int(90)],
          ['arch', writer.text('alexnet')],
          ['args', concat(namespace, writer.dict([['lr', writer.int(1)]]), op.build)],
          [options.wrap, dict],
          ['optimizer', optimizer()],
        ]);
  return { pickle: writer.document(prefix, content), storages };
}

const u16 = (value: number): Part => Uint8Array.of(value & 255, value >> 8);
const u32 = (value: number): Part => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number): Part => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);

export function encodeTorchZip(model: TrainedModel, options: TorchOptions = {}): Part {
  const { pickle, storages } = stateDict(model, options);
  const ascii = (content: string) => new TextEncoder().encode(content);
  const entries: [string, Part][] = [
    ['archive/data.pkl', pickle],
    ['archive/byteorder', ascii('little')],
    ...storages.map(({ key, data }): [string, Part] => [`archive/data/${key}`, data]),
    ['archive/version', ascii('3\n')],
    ...(options.extra ? [[options.extra, ascii('')] as [string, Part]] : []),
  ];
  const locals: Part[] = [];
  const directory: Part[] = [];
  let offset = 0;
  for (const [name, data] of entries) {
    const crc = crc32(data);
    const common = concat(
      u16(0),
      u16(0),
      u16(0),
      u16(0),
      u32(crc),
      u32(data.length),
      u32(data.length),
      u16(name.length),
    );
    const padding = 64 - ((offset + 30 + name.length + 4) % 64);
    const extra = concat(ascii('FB'), u16(padding), new Uint8Array(padding));
    const local = concat(u32(0x04034b50), u16(0), common, u16(extra.length), ascii(name), extra, data);
    directory.push(
      concat(
        u32(0x02014b50),
        u16(0),
        u16(0),
        common,
        u16(0),
        u16(0),
        u16(0),
        u16(0),
        u32(0),
        u32(offset),
        ascii(name),
      ),
    );
    locals.push(local);
    offset += local.length;
  }
  const central = concat(...directory);
  const count = entries.length;
  const record = concat(
    u32(0x06064b50),
    u64(44),
    u16(0x1e),
    u16(0x2d),
    u32(0),
    u32(0),
    u64(count),
    u64(count),
    u64(central.length),
    u64(offset),
  );
  const locator = concat(u32(0x07064b50), u32(0), u64(offset + central.length), u32(1));
  const end = concat(
    u32(0x06054b50),
    u16(0),
    u16(0),
    u16(count),
    u16(count),
    u32(central.length),
    u32(0xffffffff),
    u16(0),
  );
  return concat(...locals, central, record, locator, end);
}

export function encodeTorchStream(model: TrainedModel, options: TorchOptions = {}): Part {
  const writer = new PickleWriter('python3-protocol2');
  const { pickle, storages } = stateDict(model, options);
  const magic = Uint8Array.of(0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);
  return concat(
    writer.document(magic),
    writer.document(writer.int(1001)),
    writer.document(writer.dict([['little_endian', op.true]])),
    pickle,
    writer.document(writer.list(...storages.map(({ key }) => writer.text(key)))),
    ...storages.map(({ data }) => concat(u64(data.length / 4), data)),
  );
}
