// The header of a model file: what the packer writes is read back, and each damaged field is named in one line.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MODEL_FORMAT,
  type ModelInfo,
  ModelInfoError,
  readModelInfo,
  writeModelInfo,
} from '../../src/network/model-info.ts';
import { tinyModel } from '../support/tiny-model.ts';

const { layers: _, ...model } = tinyModel();
const INFO: ModelInfo = {
  format: MODEL_FORMAT,
  ...model,
  tiles: { convBlock: 8, denseBlock: 16, kStep: 4 },
  sha256: 'a'.repeat(64),
};
const written = writeModelInfo(INFO);

function failure(metadata: Record<string, string>): ModelInfoError {
  try {
    readModelInfo(metadata);
  } catch (error) {
    expect(error, String((error as Error).stack)).toBeInstanceOf(ModelInfoError);
    return error as ModelInfoError;
  }
  throw new Error('expected a ModelInfoError, the header was read');
}

/** The header with one JSON field changed. */
function changed(field: keyof ModelInfo, change: (value: never) => unknown): Record<string, string> {
  return { ...written, [field]: JSON.stringify(change(structuredClone(INFO[field]) as never)) };
}

test('what is written is read', () => {
  expect(readModelInfo(written)).toEqual(INFO);
});

test('another format is another version', () => {
  expect(failure({ ...written, format: 'alexnet-edge/0' })).toMatchObject({ reason: 'version' });
  expect(failure({}).reason).toBe('version');
});

describe.each(['name', 'tiles', 'network', 'preprocess', 'labels', 'source', 'sha256'] as const)(
  '%s',
  (key) => {
    test('missing', () => {
      const { [key]: _, ...rest } = written;
      expect(failure(rest)).toMatchObject({
        reason: 'damaged',
        message: expect.stringMatching(new RegExp(`^__metadata__\\.${key}: expected .*, found`)),
      });
    });
  },
);

test.each<[string, Record<string, string>, RegExp]>([
  ['no JSON', { ...written, labels: '[' }, /labels: expected JSON, found "\["/],
  ['labels of another form', { ...written, labels: '["cat"]' }, /labels\.0: expected Object, found "cat"/],
  [
    'a layer of no known type',
    changed('network', (n: ModelInfo['network']) => ({ ...n, layers: [{ type: 'gru' }] })),
    /network\.layers\.0\.type: expected .*found "gru"/,
  ],
  [
    'half a kernel',
    changed('network', (n: ModelInfo['network']) => ({ ...n, layers: [{ ...n.layers[0], kernel: 1.5 }] })),
    /layers\.0\.kernel: expected/,
  ],
  [
    'no layers',
    changed('network', (n: ModelInfo['network']) => ({ ...n, layers: [] })),
    /network\.layers: expected/,
  ],
  [
    'a mean of four channels',
    changed('preprocess', (p: ModelInfo['preprocess']) => ({ ...p, mean: null })),
    /preprocess\.mean: expected Array, found null/,
  ],
  ['a short checksum', { ...written, sha256: 'abc' }, /sha256: expected .*found "abc"/],
])('%s', (_, metadata, expected) => {
  const { message } = failure(metadata);
  expect(message).toMatch(expected);
  expect(message).not.toContain('\n');
  expect(message.length).toBeLessThan(400);
});

test('any JSON in any field is read or refused', () => {
  const fields = fc.constantFrom('tiles', 'network', 'preprocess', 'labels', 'source');
  fc.assert(
    fc.property(fields, fc.json(), (field, text) => {
      try {
        readModelInfo({ ...written, [field]: text });
      } catch (error) {
        if (!(error instanceof ModelInfoError)) throw error;
      }
    }),
    { seed: 2012, numRuns: 500 },
  );
});
