// The same seed gives the same bits in a browser as in Node: Chromium runs the engine with changes of light and dropout, with the
// kernels of both builds. Node without AVX-VNNI, and workerd: test/engine/identity.long.test.ts.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identityPictures } from '../engine/logits.ts';
import { seededBits } from '../engine/seeded-bits.ts';
import { kernelsModule } from '../support/kernel-builds.ts';
import { tinyEngine } from '../support/tiny-engine.ts';
import { packTinyModel } from '../support/tiny-model.ts';
import { hasBrowser, launch } from './browser.ts';

const root = path.join(import.meta.dirname, '../..');
const ENTRY = `
import { seededBits } from './test/engine/seeded-bits.ts';
const bytesOf = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
globalThis.seededBits = (kernels, model, picture) =>
  seededBits(new WebAssembly.Module(bytesOf(kernels)), bytesOf(model), bytesOf(picture));`;

describe.skipIf(!hasBrowser)('Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test.each(['relaxed', 'simd128'])('the same bits, %s kernels', async (kernels) => {
    const model = await packTinyModel(root);
    const { inputSize } = await tinyEngine();
    const [picture = new Uint8Array(0)] = identityPictures(inputSize);
    const { outputFiles } = await build({
      stdin: { contents: ENTRY, resolveDir: root, loader: 'ts' },
      bundle: true,
      format: 'iife',
      write: false,
    });
    const page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
    const files = [await readFile(path.join(root, `build/kernels.${kernels}.wasm`)), model, picture];
    const given = files.map((bytes) => JSON.stringify(Buffer.from(bytes).toString('base64')));
    const expected = seededBits(kernelsModule('relaxed'), model, picture);
    expect(new Set(expected).size).toBe(expected.length);
    expect(await page.evaluate(`globalThis.seededBits(${given.join()})`)).toEqual(expected);
    await page.close();
  });
});
