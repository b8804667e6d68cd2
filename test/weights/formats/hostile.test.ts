// Files made to cost much or to never end: a few bytes that stand for millions of values, values inside themselves,
// nests of hundreds of thousands of levels, deflate bombs, lengths that lie. Each ends in one line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateRawSync, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';
import { parseLabels } from '../../../weights/data/labels.ts';
import { importFile } from '../../../weights/formats/import-file.ts';
import { loadFile } from '../../../weights/formats/loaded-file.ts';
import { OperatorError } from '../../../weights/operator-error.ts';
import { PickleWriter } from '../encode/pickle.ts';
import { encodeZip } from '../encode/zip.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error, String((error as Error).stack)).toBeInstanceOf(OperatorError);
    const { message } = error as OperatorError;
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(500);
    return message;
  }
  throw new Error('expected an OperatorError, the file was read');
}

function failure(content: Part): string {
  const file = path.join(folder, 'file');
  writeFileSync(file, content);
  return failureOf(() => importFile(loadFile(file)));
}

const ascii = (text: string): Part => new Uint8Array(Buffer.from(text, 'latin1'));
const PICKLE = Uint8Array.of(0x80, 2);

/** A dict whose value is itself: EMPTY_DICT BINPUT 0, key, BINGET 0, SETITEM. */
const INSIDE_ITSELF = concat(PICKLE, ascii('}q\0U\x01ah\0s.'));

const array = new PickleWriter('python2').floats([1], Float32Array.of(0.1));

/** Lists in the memo, the first with an array, each with the one before it `width` times; memo `levels` is the outermost. */
function nestedMemos(levels: number, width: number): Part {
  const parts: Part[] = [PICKLE, array, ascii('q\0')];
  for (let level = 1; level <= levels; level++)
    parts.push(
      ascii(']('),
      ...Array(width).fill(Uint8Array.of(0x68, level - 1)),
      Uint8Array.of(0x65, 0x71, level),
    );
  return concat(...parts);
}

describe('pickles', () => {
  test('a dict inside itself', () => {
    expect(failure(INSIDE_ITSELF)).toMatch(/expected at most \d+ levels/);
  });

  test('nested memos: some 700 bytes for 25 ** 12 values', () => {
    const content = concat(nestedMemos(12, 25), ascii('}U\x01ah\x0cs.'));
    expect(content.length).toBeLessThan(1000);
    expect(failure(content)).toMatch(/expected at most \d+ values, found more/);
  });

  test('nested memos as a key', () => {
    const content = concat(nestedMemos(12, 25), ascii('}h\x0cNs.'));
    expect(failure(content)).toMatch(/expected names as keys/);
  });

  test('90,000 nested lists', () => {
    const nest = concat(ascii('}U\x01a'), ascii(']'.repeat(90_000)), ascii('a'.repeat(89_999)), ascii('s.'));
    expect(failure(concat(PICKLE, nest))).toMatch(/expected at most \d+ levels/);
  });

  test.each(['\x80\x02cos\nsystem\n(U\x02idtR.', '\x80\x02c__main__\nNet\n)\x81}b.'])('code: %j', (text) => {
    expect(failure(ascii(text))).toMatch(/expected a class of a weights file, found .*state_dict/);
  });
});

describe('nested arrays in JSON', () => {
  const nest = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const safetensors = (json: string): Part =>
    concat(new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer), ascii(json));

  test.each([
    ['a tensor', `{"conv1.weight":${nest}}`],
    ['a shape', `{"conv1.weight":{"dtype":"F32","shape":${nest},"data_offsets":[0,4]}}`],
    ['a dtype', `{"conv1.weight":{"dtype":${nest},"shape":[1],"data_offsets":[0,4]}}`],
    ['metadata', `{"__metadata__":${nest}}`],
    ['the labels in it', `{"__metadata__":{"preprocess":${JSON.stringify(nest)}}}`],
  ])('safetensors: %s', (_, json) => {
    expect(failure(safetensors(json))).toMatch(/expected|unknown dtype/);
  });

  test('labels', () => {
    expect(failureOf(() => parseLabels(`[${nest}]`))).toMatch(
      /expected "0": \[synset, name\], found a list of 1/,
    );
  });
});

describe('protocol buffers', () => {
  test.each([
    ['groups', 0x0b],
    ['groups of an unknown field', 0xfb],
  ])('200,000 nested %s', (_, tag) => {
    expect(failure(concat(ascii('\x0a\x03net'), new Uint8Array(200_000).fill(tag)))).toMatch(
      /NetParameter: expected/,
    );
  });

  test('200,000 nested messages', () => {
    const content = Buffer.alloc(1_000_000, Uint8Array.of(0xa2, 0x06, 0xff, 0xff, 0x7f));
    expect(failure(new Uint8Array(content))).toMatch(/NetParameter: expected/);
  });
});

describe('zip', () => {
  const header = (shape: string) => {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117, ' ');
    return concat(ascii('\x93NUMPY\x01\0\x76\0'), ascii(`${text}\n`));
  };
  const bomb = (shape: string, zeros: number) => deflateRawSync(concat(header(shape), new Uint8Array(zeros)));

  test('a deflate bomb that says what it is', () => {
    const data = bomb('25000000,', 1e8);
    expect(data.length).toBeLessThan(200_000);
    const entries = ['conv1/weights.npy', 'conv1/biases.npy'].map((name) => ({
      name,
      data,
      method: 8,
      size: 1e8 + 128,
    }));
    expect(failure(encodeZip(entries))).toMatch(/expected/);
  });

  test('a deflate bomb of a network that fits together: 100,000 classes of 4096 inputs', () => {
    const shapes: Record<string, string> = {
      conv1: '8, 3, 11, 11',
      conv2: '8, 4, 5, 5',
      conv3: '8, 8, 3, 3',
      conv4: '8, 4, 3, 3',
      conv5: '8, 4, 3, 3',
      fc6: '8, 288',
      fc7: '4096, 8',
      fc8: '100000, 4096',
    };
    const entries = Object.entries(shapes).flatMap(([name, shape]) =>
      [shape, `${shape.split(',')[0]},`].map((sizes, i) => {
        const bytes = 4 * sizes.split(',').reduce((product, size) => product * (Number(size) || 1), 1);
        const data = new Uint8Array(deflateRawSync(header(sizes)));
        return { name: `${name}.${i === 0 ? 'weight' : 'bias'}.npy`, data, method: 8, size: bytes + 128 };
      }),
    );
    expect(failure(encodeZip(entries))).toMatch(/network: expected at most 120000000 weights.*found 4\d{8}/);
  });

  test('a deflate bomb that lies', () => {
    const data = bomb('10,', 1e7);
    const entries = ['conv1/weights.npy', 'conv1/biases.npy'].map((name) => ({
      name,
      data,
      method: 8,
      size: 168,
    }));
    expect(failure(encodeZip(entries))).toMatch(/expected/);
  });

  test('a directory that points into itself, and lengths of 4 GB', () => {
    const good = encodeZip([{ name: 'a.npy', data: header('1,'), method: 0, size: 128 }]);
    for (let at = good.length - 22; at < good.length; at++)
      for (const value of [0, 1, 0xfe, 0xff]) {
        const content = Uint8Array.from(good);
        content[at] = value;
        if (content[at] !== good[at]) expect(failure(content)).toMatch(/expected/);
      }
  });
});

describe('MATLAB', () => {
  /** A variable of `zeros` bytes whose tag says `announced`, deflated as often as it is in the file. */
  function bomb(zeros: number, announced: number, variables = 1): Part {
    const header = Buffer.alloc(128, ' ');
    header.write('MATLAB 5.0 MAT-file, Platform: GLNXA64', 0, 'latin1');
    header.write('IM', 126, 'latin1');
    const plain = Buffer.alloc(8 + zeros);
    plain.writeUInt32LE(14, 0);
    plain.writeUInt32LE(announced, 4);
    const data = deflateSync(plain);
    const tag = new Uint8Array(Uint32Array.of(15, data.length).buffer);
    const variable = concat(tag, new Uint8Array(data));
    return concat(new Uint8Array(header), ...Array<Part>(variables).fill(variable));
  }

  const large = bomb(2e8, 2e8);

  test.each([
    ['a deflate bomb that says what it is', large, /at most \d{8} bytes .* found 200000008 announced/],
    ['one that says 4 GB', bomb(1000, 0xffffffff), /found 4294967303 announced.*"-v6"/],
    ['one that says less than it is', bomb(2e8, 1000), /as many as their tag says/],
    ['one that says more than it is', bomb(1000, 1e7), /expected/],
    ['many small ones', bomb(1e6, 1e6, 400), /expected/],
  ])('%s: little is inflated', (_, content, expected) => {
    expect(content.length).toBeLessThan(1_000_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(failure(content)).toMatch(expected);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64e6);
  });

  test('a larger file may not inflate what it does not weigh: 20 MB and 200', () => {
    const rest = concat(new Uint8Array(Uint32Array.of(14, 2e7).buffer), new Uint8Array(2e7));
    const before = process.memoryUsage().arrayBuffers;
    expect(failure(concat(large, rest))).toMatch(/at most 1698\d{5} bytes .* found 200000008 announced/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64e6);
  });
});
