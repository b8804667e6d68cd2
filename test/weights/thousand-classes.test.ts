// A network of 1000 classes of random weights: onnxruntime's logits, wrong constants of the normalisation that show, and
// the whole server on it: top_k, labels, sums of WordNet's kinds.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  pictures,
  randomNumbers,
  type TrainedModel,
  trainedModel,
} from '../../tools/fixtures/trained-model.ts';
import { startWorker } from '../../tools/workers/local-worker.ts';
import { imagenetLabels } from '../../weights/data/labels.ts';
import { parentsOf } from '../../weights/data/parents.ts';
import type { FloatModel } from '../../weights/float-model.ts';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import { packModel } from '../../weights/pack.ts';
import { kernelTiles, openEngine } from '../../weights/packed/engine.ts';
import { readPackedFile } from '../../weights/packed/file.ts';
import { encodeCaffemodel } from './encode/caffemodel.ts';
import { argmax, cosine, runFloatOnnx } from './run-float-onnx.ts';

const CLASSES = 1000;
/** Of fc8's weights: logits of some tens, as trained networks have them. */
const SPREAD = 10;

function thousand(seed: number): TrainedModel {
  const narrow = trainedModel('bvlc-alexnet', seed);
  const random = randomNumbers(seed + 1);
  const layers = new Map(narrow.layers);
  const inputs = layers.get('fc8')?.shape[1] ?? 0;
  layers.set('fc8', {
    shape: [CLASSES, inputs],
    weight: Float32Array.from(
      { length: CLASSES * inputs },
      () => (2 * random() - 1) * SPREAD * Math.sqrt(6 / inputs),
    ),
    bias: Float32Array.from({ length: CLASSES }, () => random() - 0.5),
  });
  const network = {
    ...narrow.network,
    layers: narrow.network.layers.map((layer) => (layer.name === 'fc8' ? { ...layer, out: CLASSES } : layer)),
  } as TrainedModel['network'];
  return { ...narrow, network, layers };
}

const model = thousand(61);
const shown = pictures(10, 227, 62);
let folder: string;
let imported: FloatModel;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'thousand-'));
  const file = path.join(folder, 'source');
  writeFileSync(file, encodeCaffemodel(model, { form: 'older' }));
  imported = importFile(loadFile(file), { name: 'thousand' });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function packedLogits(of: FloatModel): Promise<Float32Array[]> {
  const file = path.join(folder, 'packed');
  await packModel(of, kernelTiles(), file);
  return (await openEngine(file)).run(shown).map(({ logits }) => logits);
}

function largestDifference(a: Float32Array[], b: Float32Array[]): number {
  let worst = 0;
  for (const [i, values] of a.entries())
    values.forEach((value, k) => {
      worst = Math.max(worst, Math.abs(value - (b[i]?.[k] ?? 0)));
    });
  return worst;
}

const wanted = runFloatOnnx(model, shown);

test('the classes and logits of onnxruntime on 10 of 10 pictures', async () => {
  const found = await packedLogits(imported);
  for (const [index, expected] of (await wanted).entries()) {
    expect(argmax(found[index] as Float32Array)).toBe(argmax(expected));
    expect(cosine(found[index] as Float32Array, expected)).toBeGreaterThan(0.999);
  }
});

test.each<[string, { k?: number; alpha?: number }]>([
  ['k = 2', { k: 2 }],
  ['alpha not divided by the size', { alpha: 5e-4 }],
  ['alpha divided twice', { alpha: 2e-5 }],
])('a wrong normalisation shows: %s', async (_, wrong) => {
  const layers = imported.network.layers.map((layer) =>
    layer.type === 'lrn' ? { ...layer, ...wrong } : layer,
  );
  const others = await packedLogits({ ...imported, network: { ...imported.network, layers } });
  const difference = largestDifference(others, await wanted);
  expect(difference).toBeGreaterThan(5);
  expect(difference).toBeGreaterThan(3 * largestDifference(await packedLogits(imported), await wanted));
  const cosines = (await wanted).map((expected, i) => cosine(others[i] as Float32Array, expected));
  expect(Math.min(...cosines)).toBeLessThan(0.999);
});

describe("WordNet's kinds of ImageNet's classes", () => {
  const labels = imagenetLabels();
  const parents = parentsOf(labels);
  const named = (words: string) => parents.find((each) => each.words.split(', ')[0] === words);

  test.each([
    ['dog', [151, 268]],
    ['domestic cat', [281, 285]],
    ['cat', [281, 287]],
    ['spider', [72, 77]],
    ['shark', [2, 4]],
  ])('%s', (words, classes) => {
    expect(named(words)?.classes).toEqual(classes);
  });

  test('none is above all classes or one, none is there twice', () => {
    const sets = parents.map(({ classes }) => classes.join());
    expect(new Set(sets).size).toBe(sets.length);
    expect(named('entity')).toBeUndefined();
    for (const { classes } of parents) expect(classes.join()).not.toMatch(/^(\d+),\1$/);
    expect(JSON.stringify(parents).length).toBeLessThan(50_000);
  });

  test('labels without synsets have none', () => {
    expect(parentsOf([{ words: 'a' }, { words: 'b' }])).toEqual([]);
  });
});

interface Answer {
  predictions: { index: number; synset: string; label: string; score: number }[];
  parents?: { synset: string; label: string; score: number; classes: number }[];
}

interface Operation {
  security: Record<string, string[]>[];
  requestBody?: { content: Record<string, { example?: object }> };
}

test('the server: top_k, labels, parents, examples', async () => {
  const file = path.join(folder, 'served');
  await packModel(imported, kernelTiles(), file);
  const { key } = await readPackedFile(file);
  const worker = await startWorker({ MODEL: key }, { onLog: () => undefined });
  try {
    await worker.bucket.put(key, readFileSync(file));
    const raw = { width: 227, height: 227, channels: 3 as const };
    const body = new Uint8Array(await sharp(shown[0], { raw }).png().toBuffer());
    const classify = async (query: string) => {
      const response = await fetch(new URL(`/v1/classify?${query}`, worker.url), { method: 'POST', body });
      return { status: response.status, answer: (await response.json()) as Answer };
    };
    const all = await classify('top_k=0&parents=1');
    expect(all.status).toBe(200);
    expect(all.answer.predictions).toHaveLength(CLASSES);
    expect((await classify('top_k=1000')).answer.predictions).toHaveLength(CLASSES);
    expect((await classify('top_k=7')).answer.predictions).toHaveLength(7);
    expect((await classify('top_k=1001')).status).toBe(400);
    expect((await classify('parents=2')).status).toBe(400);
    expect((await classify('top_k=1')).answer).not.toHaveProperty('parents');
    const scores = new Map(all.answer.predictions.map(({ index, score }) => [index, score]));
    const parents = all.answer.parents ?? [];
    expect(parents.length).toBeGreaterThan(0);
    expect(parents.length).toBeLessThanOrEqual(20);
    expect(parents.map(({ classes }) => classes)).toEqual(
      parents.map(({ classes }) => classes).sort((a, b) => a - b),
    );
    for (const { synset, score, classes } of parents) {
      const ranges =
        imported.labels.length === CLASSES
          ? parentsOf(imported.labels).find((each) => each.synset === synset)?.classes
          : [];
      let [sum, count] = [0, 0];
      for (let i = 0; i < (ranges ?? []).length; i += 2)
        for (let index = ranges?.[i] ?? 0; index <= (ranges?.[i + 1] ?? -1); index++) {
          sum += scores.get(index) ?? 0;
          count++;
        }
      expect(classes).toBe(count);
      expect(score).toBeCloseTo(sum, 5);
      expect(score).toBeGreaterThanOrEqual(0.05);
    }
    const details = (await (await fetch(new URL('/v1/models/thousand', worker.url))).json()) as {
      labels: { label: string; synset: string }[];
    };
    expect(details.labels).toHaveLength(CLASSES);
    expect(details.labels[999]).toMatchObject({ synset: 'n15075141' });

    // Each example of the document is answered by this model, too.
    const ask = (path: string, init: RequestInit = {}) => fetch(new URL(path, worker.url), init);
    const document = (await (await ask('/openapi.json')).json()) as {
      paths: Record<string, Record<string, Operation>>;
    };
    const { versions } = (await (await ask('/v2/models/thousand')).json()) as { versions: string[] };
    let asked = 0;
    for (const [template, operations] of Object.entries(document.paths)) {
      if (template.startsWith('/v1/index') || template.startsWith('/v1/heads')) continue;
      const address = template
        .replace(/\{(model|name)\}/, 'thousand')
        .replace('{version}', versions[0] ?? '');
      const example = operations.post?.requestBody?.content['application/json']?.example;
      if (address.includes('{') || !example || operations.post?.security.every((need) => need.write_token))
        continue;
      const headers = { 'content-type': 'application/json' };
      const answer = await ask(address, { method: 'POST', body: JSON.stringify(example), headers });
      expect([address, answer.status]).toEqual([address, 200]);
      asked++;
    }
    expect(asked).toBeGreaterThan(4);
  } finally {
    await worker.stop();
  }
});
