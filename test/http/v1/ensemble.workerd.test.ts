// Ensembles: the mean of what each member says alone, of heads, the model itself and another model of the bucket; and what
// cannot be averaged is refused.
import { describe, expect, inject, test } from 'vitest';
import { packedTensors } from '../../../src/engine/weights.ts';
import { encodeHead } from '../../../src/heads/file.ts';
import {
  encodePointer,
  headVersion,
  pointerKey,
  versionKey,
  withVersion,
} from '../../../src/heads/published.ts';
import { train } from '../../../src/heads/train.ts';
import { modelInfoOf } from '../../../src/model/header.ts';
import { encodeHeader, headerEnd, parseHeader } from '../../../src/model/safetensors.ts';
import { writeModelInfo } from '../../../src/network/model-info.ts';
import { inferShapes } from '../../../src/network/shapes.ts';
import { OPTIONS, someExamples } from '../../heads/examples.ts';
import { answer, bindings, bytesOf, jpeg, post, send } from '../worker.ts';

const tiny = bytesOf(inject('tinyModel'));
const header = parseHeader(tiny.subarray(0, headerEnd(tiny)));
const info = modelInfoOf(header);

/** Another model: the tiny one with its last layer's biases raised one after the other. */
async function storeModel(name: string, change: Partial<typeof info> = {}, filler = 0): Promise<string> {
  const data = tiny.slice(header.dataStart);
  const bias = header.tensors.get('fc8.bias');
  if (!bias) throw new Error('expected fc8.bias');
  const view = new DataView(data.buffer);
  for (let i = 0; i < 10; i++)
    view.setFloat32(bias.offset + 4 * i, view.getFloat32(bias.offset + 4 * i, true) + i / 4, true);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  const sha256 = digest.toHex();
  const tensors = inferShapes(info.network).flatMap((shapes) => packedTensors(shapes, info.tiles));
  const head = encodeHeader(writeModelInfo({ ...info, ...change, name, sha256 }), tensors);
  const file = new Uint8Array(head.length + data.length + filler);
  file.set(head);
  file.set(data, head.length);
  const key = `${name}-${sha256.slice(0, 12)}.safetensors`;
  await bindings.MODELS?.put(key, file);
  return key;
}

async function publish(name: string, labels: string[]): Promise<void> {
  const backbone = { name: 'tiny', sha256: info.sha256 };
  const { head } = train(someExamples(labels, 25), { ...OPTIONS, name, backbone });
  const encoded = await encodeHead(head);
  const version = headVersion(encoded.sha256);
  await bindings.MODELS?.put(versionKey(name, version), encoded.bytes);
  await bindings.MODELS?.put(pointerKey(name), encodePointer(withVersion(undefined, version)));
}

const labels = info.labels.map(({ words }) => words);
await publish('like-tiny', labels);
await publish('unlike', ['one', 'two']);
const second = await storeModel('second');
await storeModel('shifted', { labels: [...info.labels].reverse() });
await storeModel('smaller', { preprocess: { ...info.preprocess, resizeTo: 90 } });
await storeModel('huge', {}, 72_000_000);

interface Found {
  predictions: { index: number; score: number }[];
  ensemble?: { name: string }[];
  uncertainty?: { samples: number; mutual_information: number };
}

async function scores(query: string, model?: string): Promise<{ scores: number[]; found: Found }> {
  const response = await send(
    `/v1/classify?top_k=0&${query}`,
    { method: 'POST', body: jpeg },
    model === undefined ? {} : { MODEL: model },
  );
  expect(response.status).toBe(200);
  const found = (await response.json()) as Found;
  return {
    found,
    scores: found.predictions.toSorted((a, b) => a.index - b.index).map(({ score }) => score),
  };
}

function mean(lists: readonly number[][]): number[] {
  return (lists[0] ?? []).map((_, i) => lists.reduce((sum, list) => sum + (list[i] ?? 0), 0) / lists.length);
}

describe('/v1/classify?ensemble=', () => {
  test('a head and its model', async () => {
    const own = await scores('');
    const head = await scores('head=like-tiny');
    const both = await scores('ensemble=tiny,like-tiny');
    mean([own.scores, head.scores]).forEach((value, i) => {
      expect(both.scores[i]).toBeCloseTo(value, 6);
    });
    expect(both.found.ensemble?.map(({ name }) => name)).toEqual(['like-tiny', 'tiny']);
    expect(both.found.uncertainty).toMatchObject({ samples: 2 });
    expect(both.found.uncertainty?.mutual_information).toBeGreaterThan(0);
  });

  test('another model of the bucket', async () => {
    const own = await scores('');
    const both = await scores('ensemble=tiny,second');
    // Raising the biases by i / 4 multiplies each probability by e^(i / 4), up to their sum.
    const raised = own.scores.map((score, i) => score * Math.exp(i / 4));
    const sum = raised.reduce((a, b) => a + b);
    mean([own.scores, raised.map((score) => score / sum)]).forEach((value, i) => {
      expect(both.scores[i]).toBeCloseTo(value, 5);
    });
    expect(second).toMatch(/^second-/);
  });

  test('with crops, light and dropout, too', async () => {
    const { found } = await scores('ensemble=tiny,second,like-tiny&crops=10&relight=2&dropout=2');
    expect(found.uncertainty?.samples).toBe(12);
    expect(found.predictions.reduce((all, { score }) => all + score, 0)).toBeCloseTo(1, 5);
  });

  test.each([
    ['ensemble=tiny,unlike', 400, 'models of the classes of'],
    ['ensemble=tiny,shifted', 400, 'models of the classes of'],
    ['ensemble=tiny,smaller', 400, 'read pictures as'],
    ['ensemble=tiny', 400, '2 to 8 names'],
    ['ensemble=tiny,second&head=unlike', 400, 'without head'],
    ['ensemble=tiny,nobody', 404, 'no model or head nobody'],
    ['ensemble=tiny,second,shifted', 413, 'one model beside tiny'],
  ])('%s is %i', async (query, status, detail) => {
    const refused = await answer(post(`/v1/classify?${query}`, jpeg));
    expect(refused.status).toBe(status);
    expect(refused.detail).toContain(detail);
  });

  test('a model that does not fit beside the first: 413 with the bytes', async () => {
    const refused = await answer(post('/v1/classify?ensemble=tiny,huge', jpeg));
    expect(refused).toMatchObject({ status: 413, limit: { memory_bytes: expect.any(Number) } });
    expect(refused.detail).toMatch(/huge takes 7\d{7}$/);
  });
});
