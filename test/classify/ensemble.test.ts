// Memory of a model beside the one in use: two of 30 MB fit, and requests lend what is missing; of 8 bits and 1000 classes none fits.
import { expect, test } from 'vitest';
import { gatherEnsemble, type StoredModel } from '../../src/classify/ensemble.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { ModelInfo } from '../../src/network/model-info.ts';
import { tinyEngine } from '../support/tiny-engine.ts';

const { info } = await tinyEngine();
const MB = 1_000_000;

/** What requests lend to another model. @param engine bytes of the engine in use, and of its weights */
async function lentTo(bytes: number, engine: { memoryBytes: number; weightBytes: number }): Promise<number> {
  let lent = 0;
  const stored = { bytes, handle: { describe: async (): Promise<ModelInfo> => info } } as StoredModel;
  await gatherEnsemble([info.name, 'other'], info, {
    findHead: async () => undefined,
    storedModel: async () => stored,
    load: async () => engine as Engine,
    lend: (bytes) => {
      lent = bytes;
    },
  });
  return lent;
}

const FOUR_BITS = { memoryBytes: 34 * MB, weightBytes: 29.8 * MB };
const EIGHT_BITS = { memoryBytes: 65.6 * MB, weightBytes: 61.2 * MB };

test('a small model takes nothing from requests', async () => {
  expect(await lentTo(MB, FOUR_BITS)).toBe(0);
});

test('two of 30 MB take 10 MB', async () => {
  expect(await lentTo(29.8 * MB, FOUR_BITS)).toBeCloseTo(10 * MB, -3);
});

test.each([
  [37 * MB, FOUR_BITS],
  [61.2 * MB, FOUR_BITS],
  [MB, EIGHT_BITS],
])('%d bytes beside %j: 413 with the bytes', async (bytes, engine) => {
  await expect(lentTo(bytes, engine)).rejects.toMatchObject({
    code: 'too-much-memory',
    members: { limit: { memory_bytes: 70 * MB - engine.memoryBytes } },
  });
});
