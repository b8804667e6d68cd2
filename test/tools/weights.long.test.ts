// The command line as a user calls it: exit status, one line of error, nothing written; import, inspect, verify.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pictures, trainedModel } from '../../tools/fixtures/trained-model.ts';
import { encodeCaffemodel } from '../weights/encode/caffemodel.ts';
import { encodeTorchZip } from '../weights/encode/torch.ts';

const CLI = path.join(import.meta.dirname, '../../tools/weights/index.ts');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

async function weights(...args: string[]): Promise<Run> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder });
  const run: Run = { status: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    run.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    run.stderr += chunk;
  });
  run.status = await new Promise((resolve) => child.once('close', resolve));
  return run;
}

test('import, inspect, verify', async () => {
  writeFileSync(path.join(folder, 'net'), encodeCaffemodel(trainedModel('caffenet', 2), { form: 'older' }));
  writeFileSync(
    path.join(folder, 'names.txt'),
    Array.from({ length: 10 }, (_, i) => `thing ${i}`).join('\n'),
  );
  const imported = await weights(
    'import',
    'net',
    '--name',
    'mine',
    '--labels',
    'names.txt',
    '--licence',
    'CC0',
  );
  expect(imported).toMatchObject({ status: 0 });
  const [key = ''] = readdirSync(path.join(folder, 'build'));
  expect(key).toMatch(/^mine-[0-9a-f]{12}-[0-9a-f]{12}\.safetensors$/);
  const packed = path.join('build', key);

  const inspected = await weights('inspect', packed, '--json');
  const found = JSON.parse(inspected.stdout);
  expect(found).toMatchObject({ form: 'packed', key, name: 'mine', source: { from: 'net', licence: 'CC0' } });
  expect(found.labels[3]).toEqual({ words: 'thing 3' });
  expect((await weights('inspect', 'net')).stdout).toMatch(/network: caffenet/);

  mkdirSync(path.join(folder, 'photos'));
  for (const [index, picture] of pictures(4, 300, 8).entries())
    await sharp(picture, { raw: { width: 300, height: 300, channels: 3 } })
      .png()
      .toFile(path.join(folder, 'photos', `${index}.png`));
  const verified = await weights('verify', packed, '--source', 'net', '--photos', 'photos', '--json');
  expect(verified.stderr).not.toMatch(/error/);
  const report = JSON.parse(verified.stdout);
  expect(report).toMatchObject({ photos: 4, agreement: 1 });
  expect(report.worstDifference).toBeLessThan(0.05);
  expect(report.meanDifference).toBeLessThanOrEqual(report.worstDifference);
  expect(report.layers).toHaveLength(14);
  for (const { layer, worst } of report.layers) expect(worst, layer).toBeGreaterThan(0.99);
  const limited = await weights('verify', packed, '--source', 'net', '--photos', 'photos', '--limit', '1');
  expect(limited.stdout).toMatch(/photos +1\n/);
});

test.each([
  ['a file that is not there', ['import', 'nothing'], /nothing: expected a readable file, found ENOENT/],
  ['an empty file', ['import', 'empty'], /found an empty file/],
  ['a truncated file', ['import', 'truncated'], /expected a directory at the end/],
  ['a NaN, found while packing', ['import', 'nan'], /conv3[^:]*: expected finite numbers, found NaN/],
  ['a folder', ['import', '.'], /expected a .*file, found /],
  ['float weights pushed', ['push', 'whole'], /expected/],
  ['an address that is none', ['get', 'caffenet', '--from', 'nowhere'], /nowhere: expected an address/],
  ['a name that is no key', ['import', 'whole', '--name', '../x'], /name: expected lower-case letters/],
  ['an unknown published file', ['get', 'vgg'], /get: expected alexnet, /],
  [
    'photos that are not there',
    ['verify', 'whole', '--source', 'whole', '--photos', 'none'],
    /expected a folder of photos/,
  ],
])('%s: one line, status 1, nothing written', async (_, args, message) => {
  const whole = encodeTorchZip(trainedModel('torchvision', 2));
  const place = path.join(folder, 'errors');
  mkdirSync(place, { recursive: true });
  writeFileSync(path.join(folder, 'empty'), '');
  writeFileSync(path.join(folder, 'whole'), whole);
  const broken = trainedModel('bvlc-alexnet', 2);
  broken.layers.get('conv3')?.weight.fill(Number.NaN, 5, 6);
  writeFileSync(path.join(folder, 'nan'), encodeCaffemodel(broken, { form: 'newer' }));
  writeFileSync(path.join(folder, 'truncated'), whole.subarray(0, 100_000));
  const out = args[0] === 'import' ? ['--out', path.join(place, 'packed')] : [];
  const run = await weights(...args, ...out);
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(message);
  expect(run.stderr.trim().split('\n')).toHaveLength(1);
  expect(readdirSync(place)).toEqual([]);
});

test('the published files are listed', async () => {
  const { status, stdout } = await weights('get');
  expect(status).toBe(0);
  expect(stdout).toMatch(/bvlc-alexnet +243862414/);
});
