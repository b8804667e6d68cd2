// `npm run heads`, as a person runs it: folders from which nothing can be learned, and head files that are cut off, are
// refused in one line; and a head's life in the local bucket, which `npm start` serves.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomIntegers } from '../../tools/fixtures/random.ts';
import { encodePng } from '../support/encode-png.ts';

const tool = path.join(import.meta.dirname, '../../tools/heads/index.ts');
const NAME = 'test-of-the-command-line';

interface Ended {
  status: number;
  out: string;
  err: string;
}

function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [tool, ...args], (error, out, err) =>
      resolve({ status: error ? Number(error.code) : 0, out, err }),
    );
  });
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'heads-test-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Photos of one colour with noise. @param from seed of the first */
async function photos(place: string, level: number, count: number, from = level): Promise<void> {
  await mkdir(path.join(folder, place), { recursive: true });
  for (let i = 0; i < count; i++) {
    const next = randomIntegers(1 + from + i);
    const samples = Array.from({ length: 32 * 32 * 3 }, () => level + next(50));
    const file = path.join(folder, place, `${i}.png`);
    await writeFile(file, encodePng({ width: 32, height: 32, colorType: 2, depth: 8, samples }));
  }
}

describe('what is refused, in one line', () => {
  const train = (place: string, name = NAME) =>
    run('train', path.join(folder, place), '--name', name, '--out', path.join(folder, 'none.safetensors'));

  test('folders', async () => {
    await photos('one/a', 10, 3);
    await photos('few/a', 10, 3);
    await photos('few/b', 190, 1);
    await photos('same/a', 10, 3);
    await photos('same/b', 10, 3);
    const cases: [string, RegExp][] = [
      ['one', /expected photos of two classes or more, got only "a"/],
      ['few', /class "b": expected 2 photos or more, got 1/],
      ['same', /expected each photo in one class, found the same photo in "a" and "b"/],
    ];
    for (const [place, message] of cases) {
      const { status, err } = await train(place);
      expect([place, status]).toEqual([place, 1]);
      const last = err.trim().split('\n').at(-1);
      expect(last).toMatch(/^error: /);
      expect(last).toMatch(message);
    }
  });

  test('a name that is none, before any photo is read', async () => {
    const { status, err } = await train('one', '../x');
    expect([status, err]).toEqual([
      1,
      expect.stringMatching(/^error: head "\.\.\/x": expected a name of 1 to 64/),
    ]);
  });

  test('a truncated head', async () => {
    await photos('two/a', 10, 2);
    await photos('two/b', 190, 2);
    const file = path.join(folder, 'whole.safetensors');
    await run('train', path.join(folder, 'two'), '--name', NAME, '--out', file);
    const bytes = await readFile(file);
    const cut = path.join(folder, 'cut.safetensors');
    await writeFile(cut, bytes.subarray(0, 5_000));
    const truncated = await run('push', cut);
    expect([truncated.status, truncated.err]).toEqual([1, expect.stringMatching(/^error: head file: /)]);
  });
});

test('published, listed, shown, rolled back, exported, deleted: in the local bucket', async () => {
  const done = async (...args: string[]) => {
    const { status, out, err } = await run(...args);
    expect([args[0], status, status === 0 ? '' : err]).toEqual([args[0], 0, '']);
    return out;
  };
  const shown = async () => {
    const facts = JSON.parse(await done('show', NAME)) as { versions: string[]; photos: number[] };
    return { versions: facts.versions, photos: facts.photos };
  };
  await photos('life/a', 10, 3);
  await photos('life/b', 190, 3);
  const place = path.join(folder, 'life');
  const out = path.join(folder, 'life.safetensors');
  try {
    await done('train', place, '--name', NAME, '--out', out, '--push');
    const first = await shown();
    expect(first).toMatchObject({ versions: [expect.any(String)], photos: [3, 3] });
    await photos('life/b', 190, 5);
    await done('train', place, '--name', NAME, '--out', out);
    await done('push', out);
    const second = await shown();
    expect(second).toMatchObject({ versions: [...first.versions, expect.any(String)], photos: [3, 5] });
    expect(await done('list')).toMatch(new RegExp(`^${NAME} +${second.versions[1]} +2 +8 `, 'm'));
    await done('rollback', NAME);
    expect(await shown()).toEqual(first);
    const { classes, formula } = JSON.parse(await done('export', '--name', NAME)) as {
      formula: string;
      classes: { label: string; weight: number[] }[];
    };
    expect(formula).toContain('temperature');
    expect(classes.map(({ label, weight }) => [label, weight.length])).toEqual([
      ['a', 4096],
      ['b', 4096],
    ]);
    expect(await done('verify', place, '--name', NAME)).toMatch(/accuracy/);
  } finally {
    await done('delete', NAME);
  }
  // wrangler's own warnings come before it.
  expect((await run('show', NAME)).err).toMatch(/^error: expected a published head .*, found none.*\n$/m);
  expect(await done('list')).not.toContain(NAME);
}, 300_000);
