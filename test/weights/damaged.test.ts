// Damaged and foreign files: each ends in one line that names the tensor or field, what was expected and what was
// found; nothing is written. Then every form cut short and with bytes changed at seeded places: never another error.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { importAndPack } from '../../weights/cli/import.ts';
import { ImportError } from '../../weights/float-model.ts';
import { importFile } from '../../weights/import/import-file.ts';
import { SourceFile } from '../../weights/import/source-file.ts';
import { encodeCaffemodel } from './encode-caffemodel.ts';
import { encodeNpy } from './encode-numpy.ts';
import { encodeOnnx, tensorProto } from './encode-onnx.ts';
import { PickleWriter } from './encode-pickle.ts';
import { concat, message, number, type Part, text } from './encode-protobuf.ts';
import { encodeSafetensors } from './encode-safetensors.ts';
import { encodeTorchZip } from './encode-torch.ts';
import { FORMATS } from './formats.ts';
import { runCommand } from './import-process.ts';
import { randomNumbers, type TrainedModel, trainedModel } from './trained-model.ts';

const two = trainedModel('bvlc-alexnet', 2);
const one = trainedModel('torchvision', 2);
let folder: string;
let out: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'damaged-'));
  out = path.join(folder, 'out');
});
beforeEach(() => {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The same model with one layer changed. */
function changed(model: TrainedModel, name: string, change: (layer: Layer) => Partial<Layer>): TrainedModel {
  const layer = model.layers.get(name) as Layer;
  return { ...model, layers: new Map(model.layers).set(name, { ...layer, ...change(layer) }) };
}
type Layer = NonNullable<ReturnType<TrainedModel['layers']['get']>>;

function without(model: TrainedModel, name: string): TrainedModel {
  return { ...model, layers: new Map([...model.layers].filter(([layer]) => layer !== name)) };
}

const withNaN = (layer: Layer) => ({ weight: layer.weight.with(7, Number.NaN) });
const cut = (file: Part) => file.subarray(0, Math.floor(file.length / 2));
const renamed = (file: Part, from: string, to: string): Part => {
  const copy = Buffer.from(file);
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + 1)) copy.write(to, at, 'latin1');
  return new Uint8Array(copy);
};
const headerLength = (length: bigint): Part =>
  concat(new Uint8Array(BigUint64Array.of(length).buffer), new TextEncoder().encode('{"conv1.weight":'));
const external = message(0, number(1, 16), number(2, 1), text(8, 'conv1_w_0'), number(14, 1));

const CASES: [string, () => Part, RegExp][] = [
  ['an empty file', () => new Uint8Array(0), /expected a weights file, found an empty file/],
  ['a web page', () => new TextEncoder().encode('<!doctype html><title>404'), /page/],
  [
    'a Git LFS pointer',
    () => new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:00'),
    /LFS/,
  ],
  ['other bytes', () => new Uint8Array(100).fill(0xff), /expected .* found/],
  ['safetensors, cut', () => cut(encodeSafetensors(two)), /fc6\.weight: expected \d+ bytes.* found/],
  ['safetensors, 200 GB of header', () => headerLength(200_000_000_000n), /expected .*200000000000/],
  [
    'safetensors, 200 GB of tensor',
    () =>
      encodeSafetensors(two, {
        damage: (header) => {
          header['conv1.weight'] = {
            dtype: 'F32',
            shape: [50_000_000_000],
            data_offsets: [0, 200_000_000_000],
          };
        },
      }),
    /conv1\.weight: expected 200000000000 bytes/,
  ],
  [
    'safetensors, another number type',
    () =>
      encodeSafetensors(two, {
        damage: (header) => Object.assign(header['fc7.weight'] ?? {}, { dtype: 'I32' }),
      }),
    /fc7\.weight: expected dtype F32.* found I32/,
  ],
  [
    'safetensors, wrong shape',
    () => encodeSafetensors(changed(two, 'conv2', ({ shape }) => ({ shape: shape.toReversed() }))),
    /conv2\.weight: expected 32x8x5x5, found 5x5x8x32/,
  ],
  [
    'safetensors, missing layer',
    () => encodeSafetensors(without(two, 'conv4')),
    /conv4\.weight: expected a tensor of this name, found none/,
  ],
  [
    'safetensors, unknown layer',
    () =>
      encodeSafetensors({
        ...two,
        layers: new Map([...two.layers, ['fc9', two.layers.get('fc8') as Layer]]),
      }),
    /fc9\.weight: expected no further tensors/,
  ],
  [
    'safetensors, NaN',
    () => encodeSafetensors(changed(two, 'fc7', withNaN)),
    /fc7\.weight: expected finite (values|numbers), found NaN at (element )?7/,
  ],
  [
    'safetensors, an infinite bias',
    () => encodeSafetensors(changed(two, 'conv5', ({ bias }) => ({ bias: bias.with(3, Infinity) }))),
    /conv5\.bias: expected finite (values|numbers), found Infinity at (element )?3/,
  ],
  ['caffemodel, cut', () => cut(encodeCaffemodel(two, { form: 'older' })), /expected \d+ bytes.* found/],
  [
    'caffemodel, NaN',
    () => encodeCaffemodel(changed(two, 'conv3', withNaN), { form: 'newer' }),
    /conv3.*: expected finite (values|numbers), found NaN/,
  ],
  [
    'caffemodel, wrong shape',
    () =>
      encodeCaffemodel(
        changed(two, 'fc6', ({ shape }) => ({ shape: shape.toReversed() })),
        { form: 'older' },
      ),
    /fc6.*: expected 64x1152, found 1152x64/,
  ],
  [
    'caffemodel, missing layer',
    () => encodeCaffemodel(two, { form: 'newer', replace: { conv3: new Uint8Array(0) } }),
    /relu-conv3: expected the input pool2, found conv3/,
  ],
  [
    'caffemodel, unknown layer',
    () => encodeCaffemodel(two, { form: 'older', extraType: 'Sigmoid' }),
    /expected a layer of a classifier chain, found/,
  ],
  [
    'caffemodel, 200 GB of layer',
    // Field 100, length-delimited, of 200,000,000,000 bytes.
    () =>
      concat(text(1, 'net'), Uint8Array.of(0xa2, 0x06, 0x80, 0xa0, 0xb7, 0x87, 0xe9, 0x05), text(1, 'conv1')),
    /expected 200000000000 bytes/,
  ],
  ['ONNX, cut', () => cut(encodeOnnx(two)), /expected \d+ bytes.* found/],
  [
    'ONNX, external data',
    () => encodeOnnx(two, { replace: { conv1_w_0: bytesOfMessage(external) } }),
    /conv1_w_0: expected the weights inside the file, found external data/,
  ],
  [
    'ONNX, unknown layer',
    () => encodeOnnx(two, { extraType: 'LeakyRelu' }),
    /expected a node of a classifier chain, found LeakyRelu/,
  ],
  [
    'ONNX, missing weights',
    () => encodeOnnx(two, { replace: { conv4_w_0: tensorProto('other', [1], Float32Array.of(1)) } }),
    /conv4.*: expected weights, found conv4_w_0/,
  ],
  [
    'ONNX, wrong shape',
    () => encodeOnnx(changed(two, 'conv3', ({ shape }) => ({ shape: [shape[0] as number, 9, 32, 1] }))),
    /conv3.*: expected .* found 32x9x32x1/,
  ],
  ['npy, cut', () => cut(encodeNpy(two, { flavour: 'python2' })), /expected \d+ bytes.* found/],
  [
    'npy, missing layer',
    () => encodeNpy(without(two, 'fc7'), { flavour: 'protocol3' }),
    /fc7\/0: expected a tensor of this name, found none/,
  ],
  [
    'npy, a foreign class',
    () => renamed(encodeNpy(two, { flavour: 'protocol3' }), 'numpy\nndarray', 'posix\nsystems'),
    /expected a class of a weights file, found "posix\.systems"/,
  ],
  [
    'pickle, a call',
    () => {
      const writer = new PickleWriter('protocol3');
      return writer.document(
        writer.global('os', 'system'),
        writer.tuple(writer.text('touch pwned')),
        new TextEncoder().encode('R'),
      );
    },
    /expected a class of a weights file, found "os\.system"/,
  ],
  ['PyTorch, cut', () => cut(encodeTorchZip(one)), /zip: expected a directory at the end, found none/],
  [
    'PyTorch, a foreign class',
    () => encodeTorchZip(one, { rebuild: ['builtins', 'eval'] }),
    /expected a class of a weights file, found "builtins\.eval"/,
  ],
  [
    'PyTorch, a foreign opcode',
    // INST: an old way to call a class.
    () => encodeTorchZip(one, { prefix: new TextEncoder().encode('(ios\nsystem\n') }),
    /expected an opcode of a weights file at position \d+, found 0x69/,
  ],
  [
    'PyTorch, NaN',
    () => encodeTorchZip(changed(one, 'fc6', withNaN)),
    /(fc6|classifier\.1)\.weight: expected finite (values|numbers), found NaN at (element )?7/,
  ],
];

/** A message written without its own field number. */
function bytesOfMessage(part: Part): Part {
  const [, length] = part;
  return part.subarray(part.length - (length as number));
}

describe('one line, and nothing is written', () => {
  test.each(CASES)('%s', async (name, encode, expected) => {
    const file = path.join(folder, name.replaceAll(/\W+/g, '-'));
    writeFileSync(file, encode());
    const failure = await importAndPack(file, { out: path.join(out, 'model.safetensors') }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ImportError);
    expect((failure as ImportError).message).toMatch(expected);
    expect((failure as ImportError).message).not.toContain('\n');
    expect(readdirSync(out)).toEqual([]);
  });
});

test('the command line: status 1, one line, bounded memory', () => {
  const file = path.join(folder, 'huge');
  writeFileSync(file, headerLength(200_000_000_000n));
  const { status, stderr, megabytes } = runCommand('import', file, '--out', `${out}/m`);
  expect(status).toBe(1);
  expect(stderr.trimEnd()).toMatch(/^error: .*expected .* found 200000000000$/);
  // Node with wrangler, sharp and protobufjs loaded has about 200.
  expect(megabytes).toBeLessThan(400);
  expect(readdirSync(out)).toEqual([]);
});

describe.each(FORMATS)('$label', ({ variant, encode, options }) => {
  test('cut short or with changed bytes: an ImportError or a network, nothing else', () => {
    const whole = encode(trainedModel(variant, 3));
    const random = randomNumbers(whole.length);
    const file = path.join(folder, 'changed');
    let refused = 0;
    for (let round = 0; round < 16; round++) {
      const copy = Uint8Array.from(whole);
      // Headers lie at the beginning or, in a zip, at the end.
      const reach = Math.min(copy.length, 3000);
      for (let i = 0; i < 3; i++) {
        const place = Math.floor(random() * reach);
        copy[i === 2 ? copy.length - 1 - place : place] = Math.floor(random() * 256);
      }
      const part = round % 4 === 0 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy;
      writeFileSync(file, part);
      try {
        const source = SourceFile.open(file);
        try {
          importFile(source, options);
        } finally {
          source.close();
        }
      } catch (error) {
        expect(error, `round ${round}`).toBeInstanceOf(ImportError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(3);
  });
});
