// Deep Compression's form: a file of the test's own encoder gives exactly the codebook's values back, and the packed
// model computes what the weights in a caffemodel compute. Files that do not add up name their layer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  isDeepCompression,
  readDeepCompression,
} from '../../../weights/formats/deep-compression/deep-compression.ts';
import { importFile } from '../../../weights/formats/import-file.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { variantNetwork, withWidths } from '../../../weights/formats/network/variants.ts';
import { OperatorError } from '../../../weights/operator-error.ts';
import { type CodedLayer, codedLayers, encodeDeepCompression } from '../encode/deep-compression.ts';

const WIDTHS: Record<string, number> = {
  conv1: 8,
  conv2: 16,
  conv3: 24,
  conv4: 24,
  conv5: 16,
  fc6: 20,
  fc7: 12,
  fc8: 10,
};
const NARROW = withWidths(variantNetwork('bvlc-alexnet'), (layer) => WIDTHS[layer] ?? 1);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'deep-compression-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function stored(content: Uint8Array) {
  const file = path.join(folder, 'file');
  writeFileSync(file, content);
  return loadFile(file);
}

async function expectExact(
  layers: CodedLayer[],
  found: ReturnType<typeof importFile>['layers'],
  swapped: boolean,
) {
  for (const { name, codebook, codes, bias } of layers) {
    const weight = (await found[name]?.weight.read()) as Float32Array;
    const wanted = new Float32Array(codes.length);
    for (let i = 0; i < codes.length; i++) wanted[i] = codebook[codes[i] as number] as number;
    if (swapped && name === 'conv1')
      for (let at = 0; at < wanted.length; at += 363) {
        const [blue, green, red] = [0, 121, 242].map((plane) => wanted.slice(at + plane, at + plane + 121));
        for (const [i, plane] of [red, green, blue].entries())
          wanted.set(plane as Float32Array, at + 121 * i);
      }
    expect(Buffer.from(weight.buffer).equals(Buffer.from(wanted.buffer)), name).toBe(true);
    expect(await found[name]?.bias.read()).toEqual(bias);
  }
}

// LONG=1: half a minute on a busy machine.
test.skipIf(process.env.LONG !== '1')(
  'the published size: codebook values exactly, by content alone',
  async () => {
    const layers = codedLayers(variantNetwork('bvlc-alexnet'), 7);
    const content = encodeDeepCompression(layers);
    expect(content.length).toBeGreaterThan(7e6);
    expect(content.length).toBeLessThan(12e6);
    const model = importFile(stored(content));
    expect(model).toMatchObject({
      name: 'bvlc-alexnet',
      preprocess: { trainedOn: 'BGR', resize: 'warp', crop: 227 },
    });
    expect(model.labels[0]?.words).toMatch(/tench/);
    await expectExact(layers, model.layers, true);
  },
);

describe('narrow layers', () => {
  const layers = codedLayers(NARROW, 3);
  const content = encodeDeepCompression(layers);
  const read = (bytes: Uint8Array) => readDeepCompression(stored(bytes), NARROW);
  const failure = (bytes: Uint8Array): string => {
    try {
      read(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(OperatorError);
      return (error as OperatorError).message;
    }
    throw new Error('expected an OperatorError');
  };

  test('RGB by --preprocess', async () => {
    await expectExact(layers, read(content).read({ preprocess: 'rgb-mean' }).layers, false);
  });

  test('a codebook whose first value is not zero', async () => {
    const [first, ...rest] = codedLayers(NARROW, 5) as [CodedLayer, ...CodedLayer[]];
    first.codebook[0] = 0.25;
    const again = [first, ...rest];
    await expectExact(
      again,
      read(encodeDeepCompression(again)).read({ preprocess: 'rgb-mean' }).layers,
      false,
    );
  });

  test('a file that is cut names the layer that it ends in', () => {
    for (const [share, layer] of [
      [0.9999, 'fc8'],
      [0.5, '(conv|fc)\\d'],
      [0.1, 'conv\\d'],
    ] as const)
      expect(failure(content.subarray(0, Math.floor(content.length * share)))).toMatch(
        new RegExp(`^${layer}: expected \\d+ bytes`),
      );
  });

  test('bytes too many', () => {
    expect(failure(Buffer.concat([content, Buffer.alloc(1)]))).toMatch(/^fc8: expected the file to end at/);
  });

  test('codes behind the end of a layer', () => {
    // conv1: all gaps of 15.
    const bytes = Uint8Array.from(content);
    const count = new DataView(bytes.buffer).getUint32(0, true);
    const start = 32 + 4 * 256 + 4 * 8 + count;
    bytes.fill(0xff, start, start + Math.ceil(count / 2));
    expect(failure(bytes)).toMatch(/^conv1: expected codes for 2904 weights, found one at position/);
  });

  test('other files are not taken for it', () => {
    for (const text of [
      'hello, these are no weights, but a text of some length, sixty-four bytes',
      '\x08\x07\x12\x07pytorch'.padEnd(80),
      '\x0a\x07AlexNet'.padEnd(80),
    ])
      expect(isDeepCompression(Buffer.from(text, 'latin1'))).toBe(false);
  });
});
