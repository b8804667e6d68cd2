// The bench itself: a quick run without peers; the peers' networks against our engine, by onnxruntime-web; and that a
// contender with a wrong answer ends the run.
import * as ort from 'onnxruntime-web';
import { describe, expect, test, vi } from 'vitest';
import { BenchError, type Contender } from '../../tools/bench/contender.ts';
import { dequantize, planarInput } from '../../tools/bench/peers/dequantized.ts';
import { largestOutputs } from '../../tools/bench/peers/open.ts';
import { encodeQdqOnnx } from '../../tools/bench/peers/qdq-onnx.ts';
import { verifyAll } from '../../tools/bench/race.ts';
import { reportText } from '../../tools/bench/report.ts';
import { measure } from '../../tools/bench/run.ts';
import { cosine } from '../../tools/bench/statistics.ts';
import { encodeOnnx, LOGITS } from '../../tools/fixtures/encode-onnx.ts';
import { pictures, trainedModel } from '../../tools/fixtures/trained-model.ts';
import { packTrained } from '../support/pack-trained.ts';

async function ortLogits(model: Uint8Array, shown: Uint8Array[], size: number): Promise<Float32Array[]> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
  const logits: Float32Array[] = [];
  for (const picture of shown) {
    const input = new ort.Tensor('float32', planarInput(picture), [1, 3, size, size]);
    logits.push(Float32Array.from((await session.run({ data_0: input }))[LOGITS]?.data as Float32Array));
  }
  await session.release();
  return logits;
}

describe("the peers' files are our network", async () => {
  const trained = trainedModel('bvlc-alexnet', 7);
  const engine = await packTrained(trained, 'bvlc-alexnet');
  const shown = pictures(6, trained.network.input.size, 5);
  const ours = engine.run(shown).map(({ logits }) => logits);
  const model = dequantize(engine);

  test.each([
    { form: 'float32', least: 0.9995, encode: () => encodeOnnx(model) },
    { form: 'int8', least: 0.995, encode: () => encodeQdqOnnx(model, largestOutputs(engine, shown)) },
  ])('$form', async ({ least, encode }) => {
    const theirs = await ortLogits(encode(), shown, trained.network.input.size);
    theirs.forEach((logits, i) => {
      expect(cosine(logits, ours[i] as Float32Array), `picture ${i}`).toBeGreaterThan(least);
    });
  });
});

function answering(name: string, logits: number[]): Contender {
  return { name, detail: '', forward: () => async () => Float32Array.from(logits), close: async () => {} };
}

test.each([
  { fault: 'another class', logits: [1, 1.01, 0] },
  { fault: 'far logits', logits: [1, -1, -1] },
  { fault: 'no number', logits: [Number.NaN, 0, 0] },
])('a contender with $fault ends the run', async ({ logits }) => {
  const picture = new Uint8Array(3);
  await expect(verifyAll([answering('a', [1, 0.9, 0]), answering('b', logits)], [picture])).rejects.toThrow(
    BenchError,
  );
});

test('a quick run without peers times ours and every layer', async () => {
  const progress = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const report = await measure({ quick: true, peers: false, neighbours: 0 });
  progress.mockRestore();
  expect(report.rows.map(({ name }) => name)).toEqual(['ours-node', 'ours-node-8bit']);
  expect(report.layers.map(({ name }) => name).slice(0, 4)).toEqual(['conv1', 'norm1', 'pool1', 'conv2']);
  const parts = report.layers.reduce((sum, { ms }) => sum + ms, 0);
  expect(parts).toBeGreaterThan(0);
  expect(report.breakdown.read_bytes).toBeLessThanOrEqual(report.breakdown.weight_bytes);
  expect(reportText(report)).toMatch(/^ours-node +\d/m);
});
