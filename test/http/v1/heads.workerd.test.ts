// Heads over HTTP: by query, and as models of their own names in every dialect.
import { describe, expect, test } from 'vitest';
import { encodeHead } from '../../../src/heads/file.ts';
import {
  encodePointer,
  headVersion,
  pointerKey,
  versionKey,
  withVersion,
} from '../../../src/heads/published.ts';
import { train } from '../../../src/heads/train.ts';
import { OPTIONS, someExamples } from '../../heads/examples.ts';
import { answer, bindings, form, jpeg, jpegBase64, png, post, postJson, send } from '../worker.ts';

const { models } = (await (await send('/v1/models')).json()) as {
  models: { name: string; sha256: string }[];
};
const [backbone] = models;
if (!backbone) throw new Error('expected a model');

async function publish(name: string, labels: string[], sha256 = backbone?.sha256 ?? ''): Promise<string> {
  const { head } = train(someExamples(labels, 25), { ...OPTIONS, name, backbone: { name: 'tiny', sha256 } });
  const encoded = await encodeHead(head);
  const version = headVersion(encoded.sha256);
  await bindings.MODELS?.put(versionKey(name, version), encoded.bytes);
  await bindings.MODELS?.put(pointerKey(name), encodePointer(withVersion(undefined, version)));
  return version;
}

const version = await publish('shoes', ['boot', 'sandal', 'slipper']);
await publish('colors', ['blue', 'red']);
await publish('foreign', ['x', 'y'], 'cd'.repeat(32));

interface Known {
  known: number;
  none_of_these: boolean;
  heads?: {
    model: { name: string };
    predictions: { label: string }[];
    known: number;
    none_of_these: boolean;
  }[];
}

describe('/v1/classify?head=', () => {
  test('one head: its classes, its name, its p-value', async () => {
    const found = await answer(post('/v1/classify?head=shoes', jpeg));
    expect(found.model).toMatchObject({ name: 'shoes', version });
    expect(found.predictions.map(({ label }) => label).sort()).toEqual(['boot', 'sandal', 'slipper']);
    expect(found.predictions.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
    const { known, none_of_these } = found as unknown as Known;
    expect(known).toBeGreaterThan(0);
    expect(none_of_these).toBe(known < 0.05);
  });

  test('reject moves the threshold', async () => {
    const { known } = (await answer(post('/v1/classify?head=shoes', jpeg))) as unknown as Known;
    const strict = (await answer(post('/v1/classify?head=shoes&reject=0.5', jpeg))) as unknown as Known;
    expect(strict).toMatchObject({ known, none_of_these: known < 0.5 });
    for (const reject of ['0', '0.01', '0.6', '1', 'x', '-0.1'])
      expect((await post(`/v1/classify?reject=${reject}`, jpeg)).status, reject).toBe(400);
  });

  test('several heads: each says what it says alone', async () => {
    const both = (await answer(post('/v1/classify?head=shoes,colors', jpeg))) as unknown as Known;
    expect(both.heads?.map(({ model }) => model.name)).toEqual(['shoes', 'colors']);
    for (const { model, predictions, known } of both.heads ?? []) {
      const alone = await answer(post(`/v1/classify?head=${model.name}`, jpeg));
      expect(alone).toMatchObject({ predictions, known });
    }
  });

  test('ten crops, forms', async () => {
    expect((await answer(post('/v1/classify?head=shoes&crops=10', jpeg))).predictions).toHaveLength(3);
    const found = await answer(post('/v1/classify?head=colors', form({ a: jpeg, b: png }), {}));
    expect(found.results?.map(({ predictions }) => predictions?.length)).toEqual([2, 2]);
  });

  test('without a head nothing changes', async () => {
    const found = await answer(post('/v1/classify', jpeg));
    expect(found.model.name).toBe('tiny');
    expect(found).not.toHaveProperty('known');
    expect(found).not.toHaveProperty('heads');
  });

  test.each([
    ['nowhere', 404, /there is no head nowhere/],
    ['../x', 400, /head: expected/],
    ['Shoes', 400, /head: expected/],
    ['foreign', 409, /trained on model tiny cdcdcdcdcdcd, here runs tiny/],
    ['a,b,c,d,e,f,g,h,i', 400, /head: expected/],
  ])('head=%s: %i', async (name, status, message) => {
    const found = await post(`/v1/classify?head=${encodeURIComponent(name)}`, jpeg);
    expect(found.status).toBe(status);
    expect((await answer(found)).detail).toMatch(message);
  });
});

describe('a head is a model of its own name', () => {
  test('/v1/models', async () => {
    const list = (await (await send('/v1/models')).json()) as { heads: string[] };
    expect(list.heads).toEqual(expect.arrayContaining(['colors', 'foreign', 'shoes']));
    const one = (await (await send('/v1/models/shoes')).json()) as {
      name: string;
      classes: number;
      accuracy: string;
    };
    expect(one).toMatchObject({
      name: 'shoes',
      classes: 3,
      accuracy: expect.stringMatching(/by leave-one-out/),
    });
    expect((await send('/v1/models/nowhere')).status).toBe(404);
  });

  test('Hugging Face', async () => {
    const found = (await (await post('/models/me/shoes', jpeg)).json()) as { label: string }[];
    expect(found.map(({ label }) => label).sort()).toEqual(['boot', 'sandal', 'slipper']);
  });

  test('Workers AI', async () => {
    const found = (await (await post('/ai/run/@cf/me/colors', jpeg)).json()) as {
      result: { label: string }[];
    };
    expect(found.result.map(({ label }) => label).sort()).toEqual(['blue', 'red']);
  });

  test('TensorFlow Serving', async () => {
    const body = { instances: [{ b64: jpegBase64 }] };
    const found = (await (await postJson('/v1/models/shoes:predict', body)).json()) as {
      predictions: { label: string; probabilities: number[] }[];
    };
    expect(found.predictions[0]?.probabilities).toHaveLength(3);
  });

  test('known in the dialects is that of the own route; without calibration there is none', async () => {
    const own = (await answer(post('/v1/classify?head=shoes', jpeg))) as unknown as Known;
    const { known, none_of_these } = own;
    const body = { instances: [{ b64: jpegBase64 }] };
    const tensorflow = (await (await postJson('/v1/models/shoes:predict', body)).json()) as object;
    expect(tensorflow).toMatchObject({ predictions: [{ known, none_of_these }] });
    const plain = (await (await postJson('/v1/models/tiny:predict', body)).json()) as {
      predictions: object[];
    };
    expect(plain.predictions[0]).not.toHaveProperty('known');
    const workersAi = (await (await post('/ai/run/@cf/me/shoes', jpeg)).json()) as { messages: string[] };
    expect(workersAi.messages).toEqual(none_of_these ? [`none of these: known ${known}`] : []);

    const inputs = [{ name: 'image', shape: [1], datatype: 'BYTES', data: [jpegBase64] }];
    const outputs = [{ name: 'known' }];
    const infer = async (model: string, wanted: object) => postJson(`/v2/models/${model}/infer`, wanted);
    const inferred = (await (await infer('shoes', { inputs, outputs })).json()) as object;
    expect(inferred).toMatchObject({
      outputs: [{ name: 'known', datatype: 'FP32', shape: [1, 1], data: [Math.fround(known)] }],
    });
    const all = (await (await infer('shoes', { inputs })).json()) as { outputs: { name: string }[] };
    expect(all.outputs.map(({ name }) => name)).toEqual(['prob', 'logits', 'embedding', 'known']);
    const refused = await infer('tiny', { inputs, outputs });
    expect([refused.status, (await answer(refused)).error]).toEqual([
      400,
      expect.stringMatching(/calibrated/),
    ]);
    const metadata = (await (await send('/v2/models/tiny')).json()) as { outputs: { name: string }[] };
    expect(metadata.outputs.map(({ name }) => name)).toEqual(['prob', 'logits', 'embedding']);
  });

  test('photos of other things are said to be none of these, in Workers AI by a message', async () => {
    // Quantiles above every score: whatever comes is a stranger.
    const { head } = train(someExamples(['a', 'b'], 25), {
      ...OPTIONS,
      name: 'strict',
      backbone: { name: 'tiny', sha256: backbone.sha256 },
    });
    head.known.quantiles.fill(1e9);
    const { bytes, sha256 } = await encodeHead(head);
    await bindings.MODELS?.put(versionKey('strict', headVersion(sha256)), bytes);
    await bindings.MODELS?.put(
      pointerKey('strict'),
      encodePointer(withVersion(undefined, headVersion(sha256))),
    );
    const found = (await (await post('/ai/run/strict', jpeg)).json()) as { messages: string[] };
    expect(found.messages).toEqual([`none of these: known ${1 / 65}`]);
  });

  test('Open Inference Protocol', async () => {
    const body = { inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data: [jpegBase64] }] };
    const found = (await (await postJson('/v2/models/shoes/infer', body)).json()) as {
      model_name: string;
      outputs: { name: string; shape: number[] }[];
    };
    expect(found.model_name).toBe('shoes');
    expect(found.outputs.find(({ name }) => name === 'prob')?.shape).toEqual([1, 3]);
    const meta = (await (await send('/v2/models/colors')).json()) as { outputs: { shape: number[] }[] };
    expect(meta.outputs[0]?.shape).toEqual([-1, 2]);
  });
});
