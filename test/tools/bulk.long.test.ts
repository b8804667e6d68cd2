// `npm run bulk`: every photo once, whatever stops it; what it says, in which forms, and how it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { imageLimits } from '../../src/image/limits.ts';
import { withLocalBucket } from '../../tools/bucket.ts';
import { bucketPhotos } from '../../tools/bulk/bucket.ts';
import { csvRow, parseCsv } from '../../tools/bulk/csv.ts';
import { copyPath, folderName } from '../../tools/bulk/folders.ts';
import { photograph } from '../../tools/fixtures/photograph.ts';
import { defaultModelFile } from '../../tools/workers/local-worker.ts';
import { openEngine } from '../../weights/packed/engine.ts';
import { decodeModule } from '../support/exact-pixels.ts';

const root = path.join(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'bulk-test-'));
const photos = path.join(folder, 'photos');
const COUNT = 1_000;
const BROKEN = ['sub/broken.jpg', 'text.png'];
let names: string[];
let jpeg: Buffer;

interface Ended {
  status: number | null;
  said: string;
}

/** Runs the command; `during` sees the process. */
async function bulk(
  args: string[],
  during: (child: ReturnType<typeof spawn>) => Promise<void> = async () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, ['tools/bulk/index.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  const ended = once(child, 'close');
  await during(child);
  const [status] = (await ended) as [number | null];
  return { status, said };
}

const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** Sends the signal when the file of results has a few lines. */
const stopAt = (file: string, signal: NodeJS.Signals) => async (child: ReturnType<typeof spawn>) => {
  const some = () => existsSync(file) && statSync(file).size > 10_000;
  for (let look = 0; !some() && child.exitCode === null && look < 10_000; look++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill(signal);
};

beforeAll(async () => {
  mkdirSync(path.join(photos, 'sub'), { recursive: true });
  jpeg = await photograph(300, 200).jpeg().toBuffer();
  const file = path.join(folder, 'photo.jpg');
  writeFileSync(file, jpeg);
  names = Array.from({ length: COUNT }, (_, i) => `${i % 3 ? '' : 'sub/'}p${String(i).padStart(4, '0')}.jpg`);
  for (const name of names) linkSync(file, path.join(photos, name));
  writeFileSync(path.join(photos, 'sub/broken.jpg'), jpeg.subarray(0, 2_000));
  writeFileSync(path.join(photos, 'text.png'), 'this is no image');
  writeFileSync(path.join(photos, 'notes.txt'), 'no photo');
  names = [...names, ...BROKEN].sort();
});
afterAll(() => rmSync(folder, { recursive: true }));

test('stopped by Ctrl-C, then killed, then whole: no photo twice, none missing', async () => {
  const out = path.join(folder, 'r.ndjson');
  const npy = path.join(folder, 'r.npy');
  const sorted = path.join(folder, 'sorted');
  const args = [photos, '--out', out, '--npy', npy, '--move-into-folders', sorted, '--top-k', '2'];
  const first = await bulk(args, stopAt(out, 'SIGINT'));
  expect(first.status).toBe(130);
  const stopped = linesOf(out).length;
  expect(first.said).toContain(`stopped at ${stopped} of ${names.length}; the same command goes on`);
  expect(stopped).toBeGreaterThan(5);
  expect(stopped).toBeLessThan(names.length);

  // As a kill in the middle of a write leaves it.
  appendFileSync(out, '{"key":"p0001.jpg","mod');
  appendFileSync(npy, 'half a row');
  const { status, said } = await bulk(args);
  expect(status).toBe(1);
  expect(said).toContain(`${stopped} photos are there already, ${names.length - stopped} are left`);
  expect(said).toContain('1 other files are left out');
  expect(said).toMatch(/2 photos failed:\n {2}sub\/broken\.jpg: .+\n {2}text\.png: .+\n/);

  const lines = linesOf(out);
  expect(lines.map(({ key }) => key)).toEqual(names);
  expect(lines.filter(({ problem }) => problem).map(({ key }) => key)).toEqual(BROKEN);
  const good = lines.filter(({ problem }) => !problem);

  // What the engine says of the photo, by another way.
  const engine = await openEngine((await defaultModelFile()).file);
  const { preprocess, labels } = engine.info;
  const decoder = new ImageDecoder(decodeModule());
  const read = { preprocess, limits: imageLimits({}), exif: 'apply', area: 'crop' } as const;
  const [expected] = engine.run([(await decoder.decode(new Uint8Array(jpeg), read)).pixels]);
  const best = expected?.probabilities.indexOf(Math.max(...expected.probabilities)) ?? -1;
  for (const { predictions } of good) {
    expect(predictions).toHaveLength(2);
    expect(predictions[0]).toMatchObject({ index: best, score: expected?.probabilities[best] });
  }

  const bytes = readFileSync(npy);
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00');
  const header = bytes.subarray(10, 128).toString('latin1');
  expect(header).toMatch(
    new RegExp(`^{'descr': '<f4', 'fortran_order': False, 'shape': \\(${good.length}, 4096\\), } *\n$`),
  );
  const vectors = new Float32Array(new Uint8Array(bytes.subarray(128)).buffer);
  expect(vectors.length).toBe(good.length * 4096);
  for (const row of [0, good.length - 1])
    expect(vectors.subarray(row * 4096, (row + 1) * 4096)).toEqual(expected?.embedding);

  const none = good[0].none_of_these ? 'none-of-these' : folderName(labels[best]?.words ?? '');
  expect(readdirSync(sorted)).toEqual([none]);
  const copies = readdirSync(path.join(sorted, none), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  );
  expect(copies).toHaveLength(good.length);

  const again = await bulk(args);
  expect([again.status, linesOf(out).length]).toEqual([1, names.length]);
  expect(again.said).toContain('0 are left');
});

test('CSV; exit status 0 when none failed; another form of the file is refused', async () => {
  const own = path.join(folder, 'few');
  mkdirSync(own);
  const odd = ['a,b.jpg', 'quote".jpg', 'new\nline.jpg'];
  for (const name of odd) writeFileSync(path.join(own, name), jpeg);
  const out = path.join(folder, 'r.csv');
  expect(await bulk([own, '--format', 'csv', '--out', out, '--top-k', '1', '--threads', '1'])).toMatchObject({
    status: 0,
  });
  const [header, ...rows] = parseCsv(readFileSync(out, 'utf8')).rows;
  expect(header?.slice(0, 3)).toEqual(['key', 'problem', 'model']);
  expect(rows.map(([key]) => key)).toEqual([...odd].sort());
  expect(rows.every((row) => row.length === header?.length)).toBe(true);
  const refused = await bulk([own, '--format', 'csv', '--out', out, '--top-k', '3', '--threads', '1']);
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.said).toMatch(/error: .*expected the columns .*--again/);
});

test('refusals are one line', async () => {
  for (const [args, said] of [
    [[], /^error: expected a folder, or --bucket/],
    [[path.join(folder, 'nowhere')], /^error: .*expected a folder of photos, found ENOENT/],
    [[photos, '--top-k', '1.5'], /expected a whole number from 0 to 1000/],
  ] as const) {
    const ended = await bulk([...args]);
    expect(ended).toMatchObject({ status: 1 });
    expect(ended.said).toMatch(said);
  }
});

test('the photos of a local bucket', async () => {
  const state = path.join(folder, 'state');
  await withLocalBucket(async (bucket) => {
    for (const key of ['a/1.jpg', 'a/ö?#.PNG', 'a/readme.txt', 'b/2.jpg']) await bucket.put(key, key);
  }, state);
  const found = await bucketPhotos('local', 'a/', 'models', state);
  try {
    expect(found.names).toEqual(['a/1.jpg', 'a/ö?#.PNG']);
    expect(found.others).toBe(1);
    expect(new TextDecoder().decode(await found.read('a/ö?#.PNG'))).toBe('a/ö?#.PNG');
    await expect(found.read('a/3.jpg')).rejects.toThrow(/gone/);
  } finally {
    await found.close();
  }
});

describe('CSV', () => {
  test('what is written is read back, up to the last whole row', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'ö', ' ') });
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 }),
        fc.nat(30),
        (rows, cut) => {
          const texts = rows.map(csvRow);
          const whole = texts.join('');
          expect(parseCsv(whole)).toEqual({ rows, end: whole.length });
          const last = texts.at(-1) ?? '';
          const kept = Math.min(cut, Math.max(last.length - 1, 0));
          const part = whole.slice(0, whole.length - last.length + kept);
          expect(parseCsv(part)).toEqual({ rows: rows.slice(0, -1), end: whole.length - last.length });
        },
      ),
    );
  });
});

test('folders of classes stay in their folder', () => {
  expect(folderName('French horn')).toBe('French-horn');
  expect(folderName('../..')).toBe('unnamed');
  expect(copyPath('/x', 'a/b', 'c/d.jpg')).toBe(path.join('/x/a-b/c/d.jpg'));
  expect(() => copyPath('/x', 'a', '../../d.jpg')).toThrow(/below the folder/);
});
