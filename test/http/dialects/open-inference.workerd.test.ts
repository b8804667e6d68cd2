// Requests as KServe's REST examples and tritonclient (HTTP, its default binary form) send them.
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  answer,
  expectedPredictions,
  jpeg,
  jpegBase64,
  png,
  post,
  postJson,
  send,
  text,
} from '../worker.ts';

const INFER = '/v2/models/tiny/infer';
const SIZE = 67;

interface Tensor {
  name: string;
  datatype: string;
  shape: number[];
  data: (number | string)[];
  parameters?: { binary_data_size: number };
}
interface InferAnswer {
  id?: string;
  model_name: string;
  model_version: string;
  outputs: Tensor[];
}

async function infer(response: Promise<Response>): Promise<InferAnswer> {
  const settled = await response;
  expect(settled.status).toBe(200);
  return (await settled.json()) as InferAnswer;
}

/** A body as tritonclient.http builds it: JSON, then the inputs' bytes. */
function binaryRequest(json: object, ...tensors: Uint8Array[]): Promise<Response> {
  const header = new TextEncoder().encode(JSON.stringify(json));
  return post(INFER, new Blob([header, ...tensors]), {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(header.byteLength),
  });
}

/** BYTES elements in Triton's binary form. */
function byteElements(...elements: Uint8Array[]): Uint8Array {
  const parts = elements.flatMap((element) => [
    ...new Uint8Array(Uint32Array.of(element.length).buffer),
    ...element,
  ]);
  return Uint8Array.from(parts);
}

function imageInput(...images: string[]) {
  return { name: 'image', shape: [images.length], datatype: 'BYTES', data: images };
}

async function expectedProb(): Promise<number[]> {
  const prob: number[] = [];
  for (const { index, score } of await expectedPredictions()) prob[index] = score;
  return prob;
}

describe('metadata and health', () => {
  const cases: [string, unknown][] = [
    ['/v2', { name: 'alexnet-edge', extensions: ['classification', 'binary_tensor_data'] }],
    ['/v2/health/live', { live: true }],
    ['/v2/health/ready', { ready: true }],
    ['/v2/models/tiny/ready', { name: 'tiny', ready: true }],
    [
      '/v2/models/tiny',
      {
        name: 'tiny',
        inputs: [
          { name: 'image', datatype: 'BYTES', shape: [-1] },
          { name: 'data', datatype: 'FP32', shape: [-1, 3, SIZE, SIZE] },
        ],
        outputs: [
          { name: 'prob', datatype: 'FP32', shape: [-1, 10] },
          { name: 'logits', datatype: 'FP32', shape: [-1, 10] },
          { name: 'embedding', datatype: 'FP32', shape: [-1, 48] },
        ],
      },
    ],
  ];
  it.each(cases)('%s', async (path, expected) => {
    const response = await send(path);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject(expected as object);
  });

  it('takes the version that it names', async () => {
    const { versions } = (await (await send('/v2/models/tiny')).json()) as { versions: string[] };
    expect((await send(`/v2/models/tiny/versions/${versions[0]}/ready`)).status).toBe(200);
    expect((await send('/v2/models/tiny/versions/1')).status).toBe(404);
    const { model_version } = await infer(
      postJson(`/v2/models/tiny/versions/${versions[0]}/infer`, { inputs: [imageInput(jpegBase64)] }),
    );
    expect(model_version).toBe(versions[0]);
  });
});

describe('inference', () => {
  it('KServe REST: all outputs when none is named, the id echoed', async () => {
    const { logits, embedding } = await answer(post('/v1/classify?include=logits,embedding', jpeg));
    const found = await infer(postJson(INFER, { id: 'a-1', inputs: [imageInput(jpegBase64)] }));
    expect(found).toMatchObject({ id: 'a-1', model_name: 'tiny' });
    expect(found.outputs).toEqual([
      { name: 'prob', datatype: 'FP32', shape: [1, 10], data: await expectedProb() },
      { name: 'logits', datatype: 'FP32', shape: [1, 10], data: logits },
      { name: 'embedding', datatype: 'FP32', shape: [1, 48], data: embedding },
    ]);
  });

  it('the classification extension, two pictures', async () => {
    const expected = await expectedPredictions();
    const { outputs } = await infer(
      postJson(INFER, {
        inputs: [{ name: 'image', shape: [2, 1], datatype: 'BYTES', data: [[jpegBase64], [jpegBase64]] }],
        outputs: [{ name: 'prob', parameters: { classification: 3 } }],
      }),
    );
    const strings = expected.slice(0, 3).map(({ score, index, label }) => `${score}:${index}:${label}`);
    expect(outputs).toEqual([
      { name: 'prob', datatype: 'BYTES', shape: [2, 3], data: [...strings, ...strings] },
    ]);
  });

  it('tritonclient: binary input and output', async () => {
    const tensor = byteElements(jpeg, png);
    const response = await binaryRequest(
      {
        inputs: [
          { name: 'image', shape: [2], datatype: 'BYTES', parameters: { binary_data_size: tensor.length } },
        ],
        outputs: [
          { name: 'prob', parameters: { binary_data: true } },
          { name: 'logits', parameters: { binary_data: true, classification: 1 } },
        ],
      },
      tensor,
    );
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    const headerBytes = Number(response.headers.get('inference-header-content-length'));
    const bytes = new Uint8Array(await response.arrayBuffer());
    const json = JSON.parse(new TextDecoder().decode(bytes.slice(0, headerBytes))) as InferAnswer;
    expect(json.outputs).toMatchObject([
      { name: 'prob', datatype: 'FP32', shape: [2, 10], parameters: { binary_data_size: 80 } },
      { name: 'logits', datatype: 'BYTES', shape: [2, 1] },
    ]);
    const prob = new Float32Array(bytes.slice(headerBytes, headerBytes + 80).buffer);
    expect(Array.from(prob.slice(0, 10))).toEqual(await expectedProb());
    const rest = bytes.slice(headerBytes + 80);
    expect(rest.length).toBe(json.outputs[1]?.parameters?.binary_data_size);
    const length = new DataView(rest.buffer).getUint32(0, true);
    const best = new TextDecoder().decode(rest.slice(4, 4 + length));
    const [first] = await expectedPredictions();
    expect(best.split(':').slice(1)).toEqual([String(first?.index), first?.label]);
  });

  it('binary_data_output makes every output binary', async () => {
    const response = await postJson(INFER, {
      parameters: { binary_data_output: true },
      inputs: [imageInput(jpegBase64)],
      outputs: [{ name: 'prob' }],
    });
    expect(response.headers.get('inference-header-content-length')).toMatch(/^\d+$/);
  });

  it('data: preprocessed FP32, as JSON and binary, gives the same bits', async () => {
    const { preprocessing } = (await (await send('/v1/models/tiny')).json()) as {
      preprocessing: { mean: number[]; std: number[] };
    };
    const values = Float32Array.from({ length: 3 * SIZE * SIZE }, (_, i) => {
      const channel = Math.floor(i / (SIZE * SIZE));
      const pixel = (i * 31 + channel * 17) % 256;
      return (pixel - (preprocessing.mean[channel] ?? 0)) / (preprocessing.std[channel] ?? 1);
    });
    const shape = [1, 3, SIZE, SIZE];
    const json = await infer(
      postJson(INFER, {
        inputs: [{ name: 'data', shape, datatype: 'FP32', data: Array.from(values) }],
        outputs: [{ name: 'logits' }],
      }),
    );
    const parameters = { binary_data_size: values.byteLength };
    const binary = await infer(
      binaryRequest(
        { inputs: [{ name: 'data', shape, datatype: 'FP32', parameters }], outputs: [{ name: 'logits' }] },
        new Uint8Array(values.buffer),
      ),
    );
    expect(json.outputs[0]?.data).toHaveLength(10);
    expect(binary.outputs).toEqual(json.outputs);
  });
});

describe('refusals are {"error"} as application/json', () => {
  const image = imageInput(jpegBase64);
  const cases: [string, () => Promise<Response>, number, RegExp][] = [
    ['another model', () => postJson('/v2/models/resnet/infer', { inputs: [image] }), 404, /expected tiny/],
    ['no inputs', () => postJson(INFER, {}), 400, /inputs: expected a value/],
    ['two inputs', () => postJson(INFER, { inputs: [image, image] }), 400, /one input, image or data/],
    [
      'an unknown input',
      () => postJson(INFER, { inputs: [{ ...image, name: 'x' }] }),
      400,
      /image or data, got "x"/,
    ],
    [
      'an unknown output',
      () => postJson(INFER, { inputs: [image], outputs: [{ name: 'y' }] }),
      400,
      /prob, logits/,
    ],
    [
      'a wrong datatype',
      () => postJson(INFER, { inputs: [{ ...image, datatype: 'FP32' }] }),
      400,
      /expected BYTES/,
    ],
    [
      'a wrong count',
      () => postJson(INFER, { inputs: [{ ...image, shape: [2] }] }),
      400,
      /2 elements by its shape, got 1/,
    ],
    [
      'a wrong shape',
      () => postJson(INFER, { inputs: [{ name: 'data', shape: [1, 3, 9, 9], datatype: 'FP32', data: [] }] }),
      400,
      /\[n,3,67,67\]/,
    ],
    [
      'pixels that were not normalised',
      () =>
        postJson(INFER, {
          inputs: [
            {
              name: 'data',
              shape: [1, 3, SIZE, SIZE],
              datatype: 'FP32',
              data: Array(3 * SIZE * SIZE).fill(200),
            },
          ],
        }),
      400,
      /expected \(pixel - mean\) \/ std/,
    ],
    ['text', () => postJson(INFER, { inputs: [imageInput(btoa('some text'))] }), 415, /JPEG/],
    ['raw bytes', () => post(INFER, text), 400, /expected JSON/],
    [
      'too short a binary tensor',
      () =>
        binaryRequest(
          { inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 9 } }] },
          jpeg.slice(0, 3),
        ),
      400,
      /got 9 and 3 bytes/,
    ],
    [
      'a broken element',
      () =>
        binaryRequest(
          { inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 5 } }] },
          Uint8Array.of(9, 0, 0, 0, 1),
        ),
      400,
      /a length and that many bytes/,
    ],
    [
      '17 pictures',
      () => postJson(INFER, { inputs: [{ ...image, shape: [17] }] }),
      413,
      /at most 16 pictures, got 17/,
    ],
    [
      'a wrong header length',
      () => post(INFER, '{}', { 'inference-header-content-length': '99' }),
      400,
      /up to the body's 2 bytes, got 99/,
    ],
    ['an address that is not there', () => send('/v2/nothing'), 404, /no \/v2\/nothing/],
  ];
  it.each(cases)('%s', async (_, request, status, detail) => {
    const response = await request();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/json');
    const body = (await response.json()) as Answer;
    expect(Object.keys(body)).toEqual(['error']);
    expect(body.error).toMatch(detail);
  });
});
