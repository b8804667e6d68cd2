// 4-bit quantization: the best centers against trying every cut, pruned zeros, layers that are a codebook already, and
// a whole packed model through the engine: batch and single give the same bits, close to the float source's.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { randomNumbers } from '../../tools/fixtures/random.ts';
import { pictures } from '../../tools/fixtures/trained-model.ts';
import { bestCenters, quantizeCodes } from '../../weights/codebook.ts';
import { packModel } from '../../weights/pack.ts';
import { kernelTiles, openEngine } from '../../weights/packed/engine.ts';
import { tinyModel } from '../support/tiny-model.ts';
import { cosine } from './run-float-onnx.ts';

function squaredError(values: number[], centers: ArrayLike<number>): number {
  return values.reduce(
    (sum, value) => sum + Math.min(...Array.from(centers, (center) => (value - center) ** 2)),
    0,
  );
}

/** Least error of any partition into `clusters` runs, by trying all of them. */
function leastError(values: number[], clusters: number): number {
  if (clusters === 1) {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return squaredError(values, [mean]);
  }
  let least = Infinity;
  for (let cut = 1; cut <= values.length - clusters + 1; cut++)
    least = Math.min(
      least,
      leastError(values.slice(0, cut), 1) + leastError(values.slice(cut), clusters - 1),
    );
  return least;
}

test('the centers are the best of all', () => {
  const next = randomNumbers(3);
  for (const clusters of [1, 2, 3, 4]) {
    const values = Array.from({ length: 11 }, () => next() ** 3 * 10).sort((a, b) => a - b);
    const { center } = bestCenters(
      { center: Float64Array.from(values), count: new Float64Array(11).fill(1) },
      clusters,
    );
    expect(center).toHaveLength(clusters);
    expect(squaredError(values, center)).toBeCloseTo(leastError(values, clusters), 9);
  }
});

function decibels(
  values: Float32Array,
  { codes, codebook, scales }: ReturnType<typeof quantizeCodes>,
): number {
  const columns = values.length / scales.length;
  let signal = 0;
  let noise = 0;
  values.forEach((value, i) => {
    const found = (codebook[codes[i] ?? 0] ?? 0) * (scales[Math.floor(i / columns)] ?? 0);
    signal += value ** 2;
    noise += (found - value) ** 2;
  });
  return 10 * Math.log10(signal / noise);
}

test('gaussian weights of rows of any size reach 19 dB; zeros of a pruned layer stay zeros', () => {
  const next = randomNumbers(8);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const dense = Float32Array.from(
    { length: 64 * 512 },
    (_, i) => gaussian() * 2 ** (Math.floor(i / 512) % 7),
  );
  expect(decibels(dense, quantizeCodes(dense, 64, 'w'))).toBeGreaterThan(19);
  const pruned = dense.map((value) => (next() < 0.9 ? 0 : value));
  const { codes, codebook } = quantizeCodes(pruned, 64, 'w');
  pruned.forEach((value, i) => {
    if (value === 0) expect(codebook[codes[i] ?? 0]).toBe(0);
  });
  expect(Math.max(...codebook.map(Math.abs))).toBeLessThanOrEqual(127);
});

test('a layer that is a codebook already keeps its values within the rounding to bytes', () => {
  const next = randomNumbers(4);
  const values = Array.from({ length: 16 }, (_, i) => (i === 7 ? 0 : (i - 7.3) * 0.011));
  const layer = Float32Array.from({ length: 32 * 64 }, () => values[Math.floor(next() * 16)] ?? 0);
  expect(decibels(layer, quantizeCodes(layer, 32, 'w'))).toBeGreaterThan(40);
});

test('weights that are not finite end in one line', () => {
  expect(() => quantizeCodes(Float32Array.of(1, NaN), 1, 'fc6.weight')).toThrow(
    'tensor fc6.weight: expected finite values, found NaN at 1',
  );
});

test('a model with 4-bit layers: the same bits alone and in a batch, and near the 8-bit one', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'codes-'));
  try {
    const four = path.join(folder, 'four');
    const eight = path.join(folder, 'eight');
    const info = await packModel(tinyModel(), kernelTiles(), four, undefined, 4);
    await packModel(tinyModel(), kernelTiles(), eight);
    const bits = info.network.layers.flatMap((layer) => (layer.type === 'dense' ? [layer.bits] : []));
    expect(bits).toEqual([4, 4, undefined]);
    const engine = await openEngine(four);
    const batch = pictures(5, engine.inputSize, 1);
    const together = engine.run(batch);
    const reference = (await openEngine(eight)).run(batch);
    batch.forEach((picture, i) => {
      expect(engine.run([picture])[0]?.logits).toEqual(together[i]?.logits);
      const near = cosine(
        together[i]?.logits ?? new Float32Array(),
        reference[i]?.logits ?? new Float32Array(),
      );
      expect(near).toBeGreaterThan(0.97);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
