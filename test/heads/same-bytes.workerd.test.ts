// The same photos give the same head in workerd as in Node (same-bytes.test.ts), where the kernels do the dot products.
import { expect, test } from 'vitest';
import kernelsModule from '../../build/kernels.wasm';
import { dotProducts } from '../../src/engine/gram.ts';
import { headSha256, SHA256 } from './same-bytes.ts';

test('workerd', async () => {
  expect(await headSha256((left, right) => dotProducts(kernelsModule, left, right))).toBe(SHA256);
});
