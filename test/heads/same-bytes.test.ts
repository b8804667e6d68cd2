// The same photos give the same head: with the kernels of every build, and with dot products by their definition.
import { expect, test } from 'vitest';
import { dotProducts } from '../../src/engine/gram.ts';
import { kernelsModule } from '../support/kernel-builds.ts';
import { slowDotProducts } from './examples.ts';
import { headSha256, SHA256 } from './same-bytes.ts';

test.each(['relaxed', 'simd128'])('%s kernels', async (build) => {
  const module = kernelsModule(build);
  expect(await headSha256((left, right) => dotProducts(module, left, right))).toBe(SHA256);
});

test('by the definition', async () => {
  expect(await headSha256(slowDotProducts)).toBe(SHA256);
});
