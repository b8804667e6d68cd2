// What a first visit loads before anything is asked of the page: how much it weighs, and that the scripts that import each
// other are named in the document, so that a browser fetches them at once and not one after the other.
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';

const MAX_BYTES = 120_000;
const folder = path.join(import.meta.dirname, '../../src/page');

const document = await readFile(path.join(folder, 'index.html'), 'utf8');
const attributes = (pattern: RegExp) => [...document.matchAll(pattern)].map(([, value = '']) => value);

/** The script and what it imports, and so on, but for what is imported when it is needed. */
async function closure(script: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(script)) return found;
  found.add(script);
  const code = await readFile(path.join(folder, 'script', script), 'utf8');
  for (const [, name = ''] of code.matchAll(/^(?:import|\}) .*?from '\.\/([^']+)';$/gm))
    await closure(name, found);
  return found;
}

test('every script that the first one imports is preloaded, and no other', async () => {
  const scripts = [...(await closure('main.js'))].filter((name) => name !== 'main.js').sort();
  expect(scripts.length).toBeGreaterThan(10);
  expect(attributes(/rel="modulepreload" href="\/script\/([^"]+)"/g).sort()).toEqual(scripts);
});

test('the first view weighs less than 120 kB', async () => {
  const files = [
    'index.html',
    ...attributes(/(?:href|src)="\/((?:style|script)\/[^"]+|icon\.svg)"/g),
    ...(await readdir(path.join(folder, 'samples'))).map((name) => `samples/${name}`),
  ];
  const sizes = await Promise.all(files.map(async (name) => (await stat(path.join(folder, name))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  expect(files.length).toBeGreaterThan(25);
  expect(bytes).toBeGreaterThan(60_000);
  expect(bytes).toBeLessThan(MAX_BYTES);
});
