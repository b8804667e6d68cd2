// The published widths, 61 M parameters and 1000 classes: with LONG=1 in the environment a file of each form is
// imported by the command line in a process of its own, which must stay below 700 MB. Without it only the network's
// size is checked. The seconds are printed, not judged.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { inferShapes } from '../../src/network/shapes.ts';
import { variantNetwork } from '../../weights/import/variants.ts';
import { readPackedFile } from '../../weights/packed-file.ts';
import { FORMATS } from './formats.ts';
import { runCommand } from './import-process.ts';
import { trainedModel } from './trained-model.ts';

const LABELS = [
  'caffemodel, V1 layers',
  'ONNX, opset 12',
  'npy, Python 2',
  'Paddle, protocol 2',
  'PyTorch zip',
  'safetensors, F16',
];

test('AlexNet has 60,965,224 parameters and 724,406,816 multiply-adds', () => {
  const layers = inferShapes(variantNetwork('bvlc-alexnet'));
  expect(layers.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(60_965_224);
  expect(layers.reduce((sum, { macs }) => sum + macs, 0)).toBe(724_406_816);
});

function importFullSize(label: string): void {
  const format = FORMATS.find((each) => each.label === label);
  if (!format) throw new Error(`no format ${label}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'full-size-'));
  try {
    const file = path.join(folder, 'source');
    const out = path.join(folder, 'packed');
    writeFileSync(file, format.encode(trainedModel(format.variant, 1, true)));
    const { variant, preprocess } = format.options;
    const options = [
      ...(variant ? ['--variant', variant] : []),
      ...(preprocess ? ['--preprocess', preprocess] : []),
    ];
    const { status, stderr, seconds, megabytes } = runCommand('import', file, '--out', out, ...options);
    expect(status, stderr).toBe(0);
    console.log(
      `${label}: ${(statSync(file).size / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB of memory`,
    );
    expect(megabytes).toBeLessThan(700);
    expect(readPackedFile(out).info.labels).toHaveLength(1000);
    expect(statSync(out).size).toBeLessThan(65_000_000);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// A vitest case is declared only where it will run: nothing of the suite is ever marked as skipped.
if (process.env.LONG) for (const label of LABELS) test(label, () => importFullSize(label), 300_000);
