// "None of these" of the default model, as `npm run weights -- known` measures it on photos of ../shared that it was not fitted on:
// few photos of its classes are rejected, and photos of other things are told from them.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { defaultModelFile } from '../../tools/workers/local-worker.ts';

const TOOL = path.join(import.meta.dirname, '../../tools/weights/index.ts');
const PHOTOS = path.join(import.meta.dirname, '../../../shared/photos');

test.skipIf(!existsSync(PHOTOS))(
  'the false rejections, the strangers found, the area under the curve',
  async () => {
    const { file } = await defaultModelFile();
    const folders = ['--photos', path.join(PHOTOS, 'ten-classes'), '--others', path.join(PHOTOS, 'assorted')];
    const { stdout } = await promisify(execFile)(process.execPath, [TOOL, 'known', file, ...folders]);
    const figure = (line: RegExp) => Number(line.exec(stdout)?.[1] ?? Number.NaN);
    const rejected = figure(/none of these at reject=0\.05: ([\d.]+) %/);
    expect(rejected).toBeGreaterThanOrEqual(3);
    expect(rejected).toBeLessThanOrEqual(7);
    expect(figure(/other things found: ([\d.]+) %/)).toBeGreaterThanOrEqual(30);
    expect(figure(/area under the curve: ([\d.]+)/)).toBeGreaterThanOrEqual(0.86);
  },
  300_000,
);
