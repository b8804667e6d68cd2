// The folder of photos that `npm run heads -- train` takes, and the interval that it prints. The whole command line:
// heads.long.test.ts.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wilson } from '../../src/heads/accuracy.ts';
import { labelledPhotos } from '../../tools/heads/photos.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'heads-test-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function files(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), '');
  }
}

test('a folder a class, with folders below; none/ is no class, hidden files are no photos', async () => {
  await files(
    'set/b/1.jpg',
    'set/a/deep/2.jpg',
    'set/a/.hidden',
    'set/none/3.jpg',
    'set/.git/x',
    'set/readme',
  );
  const found = await labelledPhotos(path.join(folder, 'set'));
  expect(found.map(({ file, label }) => [path.basename(file), label])).toEqual([
    ['2.jpg', 'a'],
    ['1.jpg', 'b'],
    ['3.jpg', undefined],
  ]);
});

test.each([
  ['nowhere', [], /expected a folder with a folder for each class, found ENOENT/],
  ['flat', ['flat/1.jpg'], /expected a folder for each class, found 1 files and no folder/],
  ['hole', ['hole/a/1.jpg', 'hole/b/.hidden'], /hole\/b: expected photos, found an empty folder/],
])('refuses %s', async (place, names, message) => {
  await files(...names);
  await expect(labelledPhotos(path.join(folder, place))).rejects.toThrow(message);
});

test("Wilson's interval, against published values (Newcombe 1998, table I)", () => {
  const rounded = (hits: number, of: number) => wilson(hits, of).map((bound) => Number(bound.toFixed(4)));
  expect(rounded(81, 263)).toEqual([0.2553, 0.3662]);
  expect(rounded(15, 148)).toEqual([0.0624, 0.1605]);
  expect(rounded(0, 20)).toEqual([0, 0.1611]);
  expect(rounded(1, 29)).toEqual([0.0061, 0.1718]);
});
