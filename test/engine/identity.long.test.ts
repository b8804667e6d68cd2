// The same bits on every machine: logits and probabilities of the default model with and without AVX-VNNI, without
// AVX, with the build that has no relaxed SIMD, in a batch and alone, in Node and in workerd.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { colorShift, shifted } from '../../src/classify/relight.ts';
import { averagePredictions } from '../../src/classify/ten-crop.ts';
import { PHOTO_COLORS } from '../../src/network/colors.ts';
import { defaultModelFile, type LocalWorker, startWorker } from '../../tools/workers/local-worker.ts';
import { openEngine } from '../../weights/packed/engine.ts';
import { hexBits, IDENTITY_DROPOUT, identityPictures, identitySpread } from './logits.ts';

let model: { key: string; file: string };
let expected: string[];

async function logitsOf(build: string, flags: string[]): Promise<string[]> {
  const script = path.join(import.meta.dirname, 'logits.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, model.file, build]);
  return stdout.trim().split('\n');
}

beforeAll(async () => {
  model = await defaultModelFile();
  expected = await logitsOf('relaxed', []);
});

describe('logits are the same bits', () => {
  test.each([
    ['relaxed', '--no-enable-avx-vnni'],
    ['relaxed', '--no-enable-avx'],
    ['relaxed', '--liftoff-only'],
    ['simd128', '--no-flush-bytecode'],
    ['simd128', '--no-enable-avx'],
  ])('%s build, node %s', async (build, flag) => {
    expect(await logitsOf(build, [flag])).toEqual(expected);
  });

  test('one picture at a time and in a batch', async () => {
    const engine = await openEngine(model.file);
    const alone = identityPictures(engine.inputSize).flatMap((picture) => engine.run([picture]));
    const bits = alone.map(({ logits, probabilities }) => `${hexBits(logits)} ${hexBits(probabilities)}`);
    expect(expected.slice(1, 1 + bits.length)).toEqual(bits);
  });
});

describe('workerd', () => {
  let worker: LocalWorker;
  beforeAll(async () => {
    worker = await startWorker({ MODEL: model.key }, { onLog: () => {} });
    await worker.bucket.put(model.key, await readFile(model.file));
  });
  afterAll(() => worker.stop());

  test('logits through HTTP are the bits that Node computes', async () => {
    // A 256x256 PNG is neither resized nor changed by decoding: its centre is the network's picture.
    const size = 256;
    const [pixels = new Uint8Array(0)] = identityPictures(size);
    const png = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
      .png()
      .toBuffer();
    const response = await fetch(new URL('/v1/classify?include=logits&top_k=0', worker.url), {
      method: 'POST',
      body: new Uint8Array(png),
    });
    const { logits } = (await response.json()) as { logits: number[] };
    const engine = await openEngine(model.file);
    const offset = 14;
    const row = engine.inputSize * 3;
    const crop = new Uint8Array(engine.inputSize * row);
    for (let y = 0; y < engine.inputSize; y++)
      crop.set(pixels.subarray(((y + offset) * size + offset) * 3).subarray(0, row), y * row);
    const [prediction] = engine.run([crop]);
    expect(hexBits(Float32Array.from(logits))).toBe(hexBits(prediction?.logits ?? new Float32Array(0)));
    const varied = await fetch(
      new URL('/v1/classify?top_k=0&relight=2&dropout=18&seed=2012&include=logits', worker.url),
      { method: 'POST', body: new Uint8Array(png) },
    );
    const samples = [0, 1].flatMap((copy) =>
      engine.runDropped([shifted(crop, colorShift(PHOTO_COLORS, 2012, copy))], IDENTITY_DROPOUT).flat(),
    );
    const answer = (await varied.json()) as {
      logits: number[];
      uncertainty: { samples: number; entropy: number; mutual_information: number };
    };
    const expectedLogits = averagePredictions(samples).logits;
    expect(hexBits(Float32Array.from(answer.logits))).toBe(hexBits(expectedLogits));
    expect(answer.uncertainty.samples).toBe(36);
    const { entropy, mutual_information } = answer.uncertainty;
    expect(`${entropy} ${mutual_information}`).toBe(identitySpread(samples));
  });
});
