// The same photos give the same head in a browser as in Node and workerd (test/heads/same-bytes.test.ts): Chromium trains with the
// same module, with the kernels' dot products and with dot products by their definition.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHA256 } from '../heads/same-bytes.ts';
import { hasBrowser, launch } from './browser.ts';

const root = path.join(import.meta.dirname, '../..');
const ENTRY = `
import { dotProducts } from './src/engine/gram.ts';
import { slowDotProducts } from './test/heads/examples.ts';
import { headSha256 } from './test/heads/same-bytes.ts';
globalThis.trainAll = async (base64) => {
  const module = new WebAssembly.Module(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
  const kernels = await headSha256((left, right) => dotProducts(module, left, right));
  return [kernels, await headSha256(slowDotProducts)];
};`;

describe.skipIf(!hasBrowser)('Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test('the same bytes', async () => {
    const { outputFiles } = await build({
      stdin: { contents: ENTRY, resolveDir: root, loader: 'ts' },
      bundle: true,
      format: 'iife',
      write: false,
    });
    const kernels = (await readFile(path.join(root, 'build/kernels.wasm'))).toString('base64');
    const page = await browser.newPage();
    // The digest wants a secure context, such as localhost.
    await page.route('http://localhost/', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
    await page.goto('http://localhost/');
    await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
    const script = `globalThis.trainAll(${JSON.stringify(kernels)})`;
    expect(await page.evaluate(script)).toEqual([SHA256, SHA256]);
  });
});
