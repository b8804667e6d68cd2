// Requests as TensorFlow Serving's documentation and its example clients send them.
import { describe, expect, inject, it } from 'vitest';
import { answer, bytesOf, expectedPredictions, jpegBase64, post, postJson, send } from '../worker.ts';

const pngBase64 = inject('png');

interface Predictions {
  predictions: { classes: number; label: string; probabilities: number[] }[];
}

async function version(): Promise<string> {
  const response = await send('/v1/models/tiny');
  const { model_version_status } = (await response.json()) as { model_version_status: { version: string }[] };
  return model_version_status[0]?.version ?? '';
}

describe('TensorFlow Serving', () => {
  const instances: [string, object][] = [
    ['{"b64"}', { b64: jpegBase64 }],
    ['{"image_bytes": {"b64"}}', { image_bytes: { b64: jpegBase64 } }],
    ['{"image": {"b64"}}', { image: { b64: jpegBase64 } }],
  ];
  it.each(instances)('predicts %s', async (_, instance) => {
    const response = await postJson('/v1/models/tiny:predict', { instances: [instance] });
    expect(response.status).toBe(200);
    const { predictions } = (await response.json()) as Predictions;
    const expected = await expectedPredictions();
    expect(predictions).toHaveLength(1);
    const [{ classes, label, probabilities } = { classes: -1, label: '', probabilities: [] }] = predictions;
    expect([classes, label]).toEqual([expected[0]?.index, expected[0]?.label]);
    expect(expected.map(({ index }) => probabilities[index])).toEqual(expected.map(({ score }) => score));
  });

  it('reads the body whatever curl -d calls it, several instances in order', async () => {
    const body = JSON.stringify({
      signature_name: 'serving_default',
      instances: [{ b64: pngBase64 }, { b64: jpegBase64 }],
    });
    const response = await post('/v1/models/tiny:predict', body, {
      'content-type': 'application/x-www-form-urlencoded',
    });
    const { predictions } = (await response.json()) as Predictions;
    const png = await answer(post('/v1/classify?top_k=1', bytesOf(pngBase64)));
    expect(predictions.map(({ classes }) => classes)).toEqual([
      png.predictions[0]?.index,
      (await expectedPredictions())[0]?.index,
    ]);
  });

  it('tells the model status, and takes that version', async () => {
    const response = await send('/v1/models/tiny');
    expect(await response.json()).toMatchObject({
      name: 'tiny',
      model_version_status: [
        {
          version: expect.stringMatching(/^\d+$/),
          state: 'AVAILABLE',
          status: { error_code: 'OK', error_message: '' },
        },
      ],
    });
    const path = `/v1/models/tiny/versions/${await version()}:predict`;
    expect((await postJson(path, { instances: [{ b64: jpegBase64 }] })).status).toBe(200);
  });

  it('answers the status of the version that is served', async () => {
    const response = await send(`/v1/models/tiny/versions/${await version()}`);
    expect(await response.json()).toEqual({
      model_version_status: [
        { version: await version(), state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } },
      ],
    });
    for (const path of ['/v1/models/tiny/versions/1', '/v1/models/other/versions/1'])
      expect([path, (await send(path)).status]).toEqual([path, 404]);
  });

  it.each(['', '/versions/N'])('answers its metadata%s: the signature that :predict has', async (where) => {
    const number = await version();
    const response = await send(`/v1/models/tiny${where.replace('N', number)}/metadata`);
    const body = (await response.json()) as {
      model_spec: object;
      metadata: {
        signature_def: {
          signature_def: { serving_default: { inputs: object; outputs: Record<string, object> } };
        };
      };
    };
    expect(body.model_spec).toEqual({ name: 'tiny', signature_name: '', version: number });
    const { inputs, outputs } = body.metadata.signature_def.signature_def.serving_default;
    expect(inputs).toEqual({
      image_bytes: {
        dtype: 'DT_STRING',
        tensor_shape: { dim: [{ size: '-1', name: '' }], unknown_rank: false },
        name: 'image_bytes:0',
      },
    });
    const answered = await postJson('/v1/models/tiny:predict', { instances: [{ b64: jpegBase64 }] });
    const { predictions } = (await answered.json()) as Predictions;
    expect(Object.keys(outputs).toSorted()).toEqual(Object.keys(predictions[0] ?? {}).toSorted());
    expect(outputs.probabilities).toMatchObject({
      dtype: 'DT_FLOAT',
      tensor_shape: {
        dim: [
          { size: '-1', name: '' },
          { size: String(predictions[0]?.probabilities.length), name: '' },
        ],
      },
    });
  });

  const refused: [string, string, unknown, number, RegExp][] = [
    [
      'another model',
      '/v1/models/half_plus_two:predict',
      { instances: [{ b64: jpegBase64 }] },
      404,
      /expected tiny/,
    ],
    [
      'another version',
      '/v1/models/tiny/versions/1:predict',
      { instances: [{ b64: jpegBase64 }] },
      404,
      /version 1;/,
    ],
    [
      'numbers',
      '/v1/models/tiny:predict',
      { instances: [1, 2] },
      400,
      /instances.0: expected \{"b64": base64\}, got 1/,
    ],
    ['no instances', '/v1/models/tiny:predict', { instances: [] }, 400, /at least one instance/],
    [
      'the column format',
      '/v1/models/tiny:predict',
      { inputs: { b64: jpegBase64 } },
      400,
      /inputs|instances/,
    ],
    [
      'wrong base64',
      '/v1/models/tiny:predict',
      { instances: [{ b64: '&' }] },
      400,
      /instances.0: expected base64/,
    ],
    [
      '17 instances',
      '/v1/models/tiny:predict',
      { instances: Array(17).fill({ b64: 'AAAA' }) },
      413,
      /at most 16, got 17/,
    ],
    ['text', '/v1/models/tiny:predict', { instances: [{ b64: btoa('some text') }] }, 415, /JPEG/],
    [
      'another signature',
      '/v1/models/tiny:predict',
      { instances: [{ b64: 'AAAA' }], signature_name: 'x' },
      400,
      /serving_default, got "x"/,
    ],
  ];
  it.each(refused)('refuses %s', async (_, path, body, status, detail) => {
    const response = await postJson(path, body);
    expect(response.status).toBe(status);
    expect((await answer(response)).error).toMatch(detail);
  });
});
