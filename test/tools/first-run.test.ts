// What a machine may lack, before anything is built: one line each, exit status 1.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireFreeSpace } from '../../tools/free-space.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');
let clone: string;

beforeAll(async () => {
  clone = await mkdtemp(path.join(tmpdir(), 'a clone '));
  await mkdir(path.join(clone, 'tools'));
  await mkdir(path.join(clone, 'node_modules'));
  await writeFile(path.join(clone, 'package.json'), '{"type":"module"}');
  for (const name of ['first-run.js', 'node-version.js'])
    await copyFile(path.join(root, 'tools', name), path.join(clone, 'tools', name));
});
afterAll(() => rm(clone, { recursive: true }));

/** Runs a script that does `code` in the clone; its standard error. */
async function failure(code: string): Promise<string> {
  await writeFile(path.join(clone, 'script.mjs'), code);
  const started = run(process.execPath, ['--import', './tools/first-run.js', 'script.mjs'], { cwd: clone });
  return started.then(
    () => 'it ended well',
    ({ code: status, stderr }: { code: number; stderr: string }) => `${status} ${stderr}`,
  );
}

describe('one line for', () => {
  test('packages that are missing, all or some', async () => {
    expect(await failure('')).toMatch(/^1 error: .*a clone \S*: expected all packages, .*: npm ci\n$/);
    await writeFile(path.join(clone, 'node_modules/.package-lock.json'), '{}');
    const byRequire =
      "const { createRequire } = await import('node:module'); createRequire(import.meta.url)('not-there');";
    for (const code of ["await import('not-there');", byRequire])
      expect(await failure(code)).toMatch(/^1 error: [^\n]*a package is missing: npm ci[^\n]*\n$/);
    expect(await failure('')).toBe('it ended well');
  });

  test.each([
    ['EACCES', 'may not be written'],
    ['EROFS', 'read-only'],
    ['ENOSPC', 'the disk is full'],
  ])('%s, at the top and in a callback', async (code, words) => {
    const thrown = `throw Object.assign(new Error('no'), { code: '${code}', path: '/some/file' })`;
    for (const script of [
      thrown,
      `setTimeout(() => { ${thrown} })`,
      `await Promise.reject().catch(() => { ${thrown} })`,
    ])
      expect(await failure(script)).toMatch(new RegExp(`^1 error: /some/file: [^\\n]*${words}[^\\n]*\\n$`));
  });

  test('any other error keeps its stack', async () => {
    expect(await failure("throw new Error('a bug');")).toMatch(/Error: a bug\n {4}at /);
  });

  test('a disk without room, before anything is written', async () => {
    await requireFreeSpace(clone, 1);
    await expect(requireFreeSpace(clone, 1e18)).rejects.toThrow(
      /expected 1000000000000 MB of free disk, found \d+: free some and start again/,
    );
  });
});
