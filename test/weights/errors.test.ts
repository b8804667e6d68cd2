// Files that are damaged or no such files: one line that names the tensor or field, what was expected and what was
// found; nothing is written; a declared length takes no memory.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeOnnx, tensorProto } from '../../tools/fixtures/encode-onnx.ts';
import { bytes, concat, message, number, type Part, text } from '../../tools/fixtures/encode-protobuf.ts';
import { encodeSafetensors } from '../../tools/fixtures/encode-safetensors.ts';
import { type TrainedModel, trainedModel } from '../../tools/fixtures/trained-model.ts';
import { type ImportOptions, importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { packModel } from '../../weights/pack.ts';
import { encodeCaffemodel } from './encode/caffemodel.ts';
import { encodeNpy, encodePaddle } from './encode/numpy.ts';
import { op, PickleWriter } from './encode/pickle.ts';
import { encodeTorchStream, encodeTorchZip, TORCHVISION_KEYS } from './encode/torch.ts';
import { FORMATS } from './formats.ts';

const TILES = { convBlock: 8, denseBlock: 16, kStep: 4 };
const bvlc = trainedModel('bvlc-alexnet', 3);
const torchvision = trainedModel('torchvision', 3);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'errors-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The error of importing and packing these bytes; the folder holds nothing else afterwards. */
async function failure(content: Part, options: ImportOptions = {}): Promise<string> {
  const file = path.join(folder, 'file');
  writeFileSync(file, content);
  try {
    await packModel(importFile(loadFile(file), options), TILES, path.join(folder, 'packed'));
  } catch (error) {
    expect(error, String((error as Error).stack)).toBeInstanceOf(OperatorError);
    const { message: line } = error as OperatorError;
    expect(line).not.toContain('\n');
    expect(line.length).toBeLessThan(400);
    expect(readdirSync(folder)).toEqual(['file']);
    return line;
  }
  throw new Error('expected an OperatorError, the file was imported');
}

/** The model with another tensor in the place of one. */
function changed(
  model: TrainedModel,
  layer: string,
  change: Partial<{ shape: number[]; weight: Float32Array; bias: Float32Array }>,
): TrainedModel {
  const found = model.layers.get(layer) as NonNullable<ReturnType<TrainedModel['layers']['get']>>;
  return { ...model, layers: new Map(model.layers).set(layer, { ...found, ...change }) };
}

function without(model: TrainedModel, layer: string): TrainedModel {
  const layers = new Map(model.layers);
  layers.delete(layer);
  return { ...model, layers };
}

function withNaN(model: TrainedModel): TrainedModel {
  const weight = Float32Array.from(model.layers.get('conv3')?.weight as Float32Array);
  weight[7] = Number.NaN;
  return changed(model, 'conv3', { weight });
}

/** conv2 with kernels of 3 instead of 5. */
function misshapen(model: TrainedModel): TrainedModel {
  const [out = 0, channels = 0] = model.layers.get('conv2')?.shape ?? [];
  return changed(model, 'conv2', {
    shape: [out, channels, 3, 3],
    weight: new Float32Array(out * channels * 9),
  });
}

describe.each(FORMATS)('$label', ({ variant, encode, options }) => {
  const model = trainedModel(variant, 3);

  test('truncated anywhere', async () => {
    const content = encode(model);
    for (const share of [0.9999, 0.9, 0.5, 0.02, 0.0005])
      expect(await failure(content.subarray(0, Math.floor(content.length * share)), options)).toMatch(
        /expected .* (found|got) /,
      );
  });

  test('NaN', async () => {
    expect(await failure(encode(withNaN(model)), options)).toMatch(
      /expected finite numbers, found NaN at element/,
    );
  });

  test('a wrong shape', async () => {
    expect(await failure(encode(misshapen(model)), options)).toMatch(
      /conv2[^:]*: expected .*5x5.*found .*3x3/,
    );
  });
});

test('an empty file', async () => {
  expect(await failure(new Uint8Array(0))).toMatch(/expected a weights file, found an empty file/);
});

test.each([
  ['a web page', '<!DOCTYPE html><html>', /found a web page/],
  ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\n', /Git LFS pointer/],
  ['a text', 'hello, these are no weights', /expected/],
])('%s', async (_, content, expected) => {
  expect(await failure(new TextEncoder().encode(content))).toMatch(expected);
});

test('a packed model', async () => {
  const content = encodeSafetensors(bvlc, { metadata: { format: 'alexnet-edge/1' } });
  expect(await failure(content)).toMatch(/expected float weights, found a packed model/);
});

describe('a missing layer', () => {
  test('safetensors', async () => {
    expect(await failure(encodeSafetensors(without(bvlc, 'fc7')))).toMatch(
      /fc7\.weight: expected a tensor of this name, found none/,
    );
  });

  test('PyTorch', async () => {
    expect(await failure(encodeTorchZip(without(torchvision, 'conv4')))).toMatch(
      /features\.8\.weight: expected/,
    );
  });

  test('npy', async () => {
    expect(await failure(encodeNpy(without(bvlc, 'conv5'), { flavour: 'python2' }))).toMatch(
      /conv5\/0: expected/,
    );
  });

  test('caffemodel: weights gone', async () => {
    expect(await failure(encodeCaffemodel(without(bvlc, 'fc8'), { form: 'newer' }))).toMatch(
      /fc8\.blobs\[0\]: expected weights, found 0 blobs/,
    );
  });

  test('caffemodel: the layer gone from the chain', async () => {
    const content = encodeCaffemodel(bvlc, { form: 'older', replace: { conv4: new Uint8Array(0) } });
    expect(await failure(content)).toMatch(/relu-conv4: expected the input conv3.*found conv4/);
  });
});

describe('an unknown layer', () => {
  test('caffemodel', async () => {
    expect(await failure(encodeCaffemodel(bvlc, { form: 'newer', extraType: 'BatchNorm' }))).toMatch(
      /extra: expected .* found BatchNorm/,
    );
    expect(await failure(encodeCaffemodel(bvlc, { form: 'older', extraType: 'Sigmoid' }))).toMatch(
      /extra: expected .* found type 19/,
    );
  });

  test('ONNX', async () => {
    expect(await failure(encodeOnnx(bvlc, { extraType: 'HardSwish' }))).toMatch(
      /n_extra: expected .* found HardSwish/,
    );
  });

  test('an extra tensor', async () => {
    const more = {
      ...bvlc,
      layers: new Map(bvlc.layers).set('fc9', {
        shape: [2, 2],
        weight: new Float32Array(4),
        bias: new Float32Array(2),
      }),
    };
    expect(await failure(encodeSafetensors(more))).toMatch(/fc9\.weight: expected no further tensors/);
  });
});

describe('a pickle with something else in it', () => {
  test.each([
    ['os.system', ['os', 'system']],
    ['builtins.eval', ['builtins', 'eval']],
    ['torch.load', ['torch', 'load']],
  ] as const)('the class %s', async (name, global) => {
    expect(await failure(encodeTorchZip(torchvision, { rebuild: [...global] }))).toContain(`found "${name}"`);
  });

  test('a class in a Paddle file', async () => {
    const writer = new PickleWriter('protocol4');
    const content = writer.document(
      writer.global('posix', 'system'),
      writer.tuple(writer.text('true')),
      op.reduce,
    );
    expect(await failure(content)).toContain('found "posix.system"');
  });

  test.each([
    [0x69, 'INST'],
    [0x6f, 'OBJ'],
    [0x82, 'EXT1'],
    [0x92, 'NEWOBJ_EX'],
  ])('the opcode 0x%s', async (code) => {
    const hex = code.toString(16).padStart(2, '0');
    expect(await failure(encodeTorchZip(torchvision, { prefix: Uint8Array.of(code) }))).toMatch(
      new RegExp(`found 0x${hex}`),
    );
  });

  test('more operations than any such file has', async () => {
    const content = concat(Uint8Array.of(0x80, 2), new Uint8Array(1_000_000).fill(0x5d));
    expect(await failure(content)).toMatch(/expected at most \d+ operations/);
  });

  test('no stack', async () => {
    expect(await failure(Uint8Array.of(0x80, 2, 0x52, 0x2e))).toMatch(/expected a value on the stack/);
  });
});

describe('ONNX', () => {
  test('external data that is not there', async () => {
    const weight = bvlc.layers.get('conv2');
    const external = concat(
      ...(weight?.shape ?? []).map((size) => number(1, size)),
      number(2, 1),
      text(8, 'conv2_w_0'),
      message(13, text(1, 'location'), text(2, 'weights.bin')),
      number(14, 1),
    );
    expect(await failure(encodeOnnx(bvlc, { replace: { conv2_w_0: external } }))).toMatch(
      /weights\.bin: expected a readable file, found ENOENT/,
    );
  });

  test('a tensor of integers', async () => {
    const integers = concat(number(1, 4), number(2, 6), text(8, 'conv2_b_0'), bytes(9, new Uint8Array(16)));
    expect(await failure(encodeOnnx(bvlc, { replace: { conv2_b_0: integers } }))).toMatch(
      /n_conv2 \(Conv\): expected weights, found conv2_b_0/,
    );
  });

  test('fewer values than its shape says', async () => {
    const short = tensorProto('conv2_b_0', [64], new Float32Array(32));
    expect(await failure(encodeOnnx(bvlc, { replace: { conv2_b_0: short } }))).toMatch(
      /conv2_b_0: expected 256 bytes for 64 F32, found 128/,
    );
  });
});

describe('a declared length of 200 GB', () => {
  const HUGE = 200e9;
  const before = process.memoryUsage().rss;

  test('safetensors header', async () => {
    const content = concat(
      new Uint8Array(BigUint64Array.of(BigInt(HUGE)).buffer),
      new TextEncoder().encode('{"a":1}'),
    );
    expect(await failure(content)).toMatch(/expected a header length of 2 to \d+ bytes, got 200000000000/);
  });

  test('safetensors tensor', async () => {
    const content = encodeSafetensors(bvlc, {
      damage: (header) => {
        header['fc6.weight'] = { dtype: 'F32', shape: [5e10], data_offsets: [0, HUGE] };
      },
    });
    expect(await failure(content)).toMatch(/fc6\.weight: expected offset/);
  });

  test('protocol buffer', async () => {
    const varintOf = (value: number) => number(1, value).subarray(1);
    const content = concat(text(1, 'net'), Uint8Array.of(0x12), varintOf(HUGE), new Uint8Array(64));
    expect(await failure(content)).toMatch(/NetParameter: expected a whole message, found/);
  });

  test('pickle', async () => {
    const content = concat(
      Uint8Array.of(0x80, 4, 0x8e),
      new Uint8Array(BigUint64Array.of(BigInt(HUGE)).buffer),
      op.stop,
    );
    expect(await failure(content)).toMatch(/expected 200000000000 bytes/);
  });

  test('PyTorch storage', async () => {
    const content = Buffer.from(encodeTorchStream(torchvision));
    const first = torchvision.layers.get('conv1')?.weight.length ?? 0;
    const at = content.indexOf(Buffer.from(BigUint64Array.of(BigInt(first)).buffer));
    content.writeBigUInt64LE(BigInt(HUGE) / 4n, at);
    expect(await failure(new Uint8Array(content))).toMatch(/expected 200000000000 bytes/);
  });

  test('takes no memory', () => {
    expect(process.memoryUsage().rss - before).toBeLessThan(1e9);
  });
});

test('labels of another count', async () => {
  const labels = path.join(tmpdir(), `labels-${process.pid}`);
  writeFileSync(labels, 'one\ntwo\n');
  expect(await failure(encodeSafetensors(bvlc), { labels })).toMatch(/labels: expected 10, found 2/);
  rmSync(labels);
});

test('another variant than was asked for', async () => {
  expect(await failure(encodeOnnx(bvlc), { variant: 'caffenet' })).toMatch(
    /variant: expected caffenet, found bvlc-alexnet/,
  );
  expect(await failure(encodeTorchZip(torchvision), { variant: 'bvlc-alexnet' })).toMatch(
    /variant: expected bvlc-alexnet/,
  );
});

test('random damage ends in an OperatorError or an import, never in another error', async () => {
  const sources = [
    encodeCaffemodel(bvlc, { form: 'newer' }),
    encodeOnnx(bvlc),
    encodeNpy(bvlc, { flavour: 'protocol3' }),
    encodePaddle(trainedModel('paddleclas', 3), 'protocol4'),
    encodeTorchZip(torchvision),
    encodeSafetensors(torchvision, { key: (layer) => TORCHVISION_KEYS[layer] as string }),
  ];
  const file = path.join(folder, 'file');
  const damage = fc.array(fc.tuple(fc.nat({ max: 3000 }), fc.boolean(), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.constantFrom(...sources), damage, (original, changes) => {
      const content = Uint8Array.from(original);
      for (const [at, fromEnd, value] of changes) content[fromEnd ? content.length - 1 - at : at] = value;
      writeFileSync(file, content);
      try {
        importFile(loadFile(file));
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
      }
    }),
    { seed: 2012, numRuns: 300 },
  );
});
