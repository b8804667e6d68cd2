// The loader against a bucket that misbehaves: what each request gets, how often the object is read, and that the
// next request works.
import { beforeEach, describe, expect, inject, test } from 'vitest';
import kernelsModule from '../../build/kernels.wasm';
import { ServiceError } from '../../src/errors.ts';
import { modelKey } from '../../src/model/key.ts';
import { type LoadSettings, ModelLoader } from '../../src/model/loader.ts';
import { encodeHeader, headerEnd, parseHeader } from '../../src/model/safetensors.ts';
import { FaultyBucket, flipped } from './faulty-bucket.ts';

const KEY = 'tiny.safetensors';
const good = Uint8Array.from(atob(inject('tinyModel')), (char) => char.charCodeAt(0));
const header = parseHeader(good.slice(0, headerEnd(good)));
/** The file's own key, with the checksums of its data and header. */
const OWN_KEY = modelKey(
  'tiny',
  header.metadata.sha256 ?? '',
  hex(await crypto.subtle.digest('SHA-256', good.slice(0, header.dataStart))),
);
const QUICK: Partial<LoadSettings> = { stallMs: 60, pollMs: 5, deadlineMs: 2_000, chunkBytes: 8192 };

function hex(bytes: ArrayBuffer): string {
  return new Uint8Array(bytes).toHex();
}

/** The model file with other metadata. */
function withMetadata(changes: Record<string, string>): Uint8Array {
  const tensors = [...header.tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const start = encodeHeader({ ...header.metadata, ...changes }, tensors);
  const bytes = new Uint8Array(start.byteLength + header.dataBytes);
  bytes.set(start);
  bytes.set(good.subarray(header.dataStart), start.byteLength);
  return bytes;
}

let bucket: FaultyBucket;
let loader: ModelLoader;
const load = (from: R2Bucket | undefined = bucket.asR2) => loader.load(from, KEY, () => undefined);
async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ServiceError ? error.code : String(error);
}

beforeEach(() => {
  bucket = new FaultyBucket(good);
  loader = new ModelLoader(kernelsModule, QUICK);
});

/** After any fault: the next request loads the good object. */
async function expectRecovery(): Promise<void> {
  bucket.put(good);
  bucket.faults = {};
  const engine = await load();
  expect(engine.info.sha256).toBe(header.metadata.sha256);
  expect(engine.weights(0, engine.weightBytes)).toEqual(good.subarray(header.dataStart));
}

test('20 requests share one read', async () => {
  const engines = await Promise.all(Array.from({ length: 20 }, () => load()));
  expect(new Set(engines).size).toBe(1);
  expect(bucket.reads).toEqual([0]);
  await expectRecovery();
});

test('the description is there before the weights', async () => {
  bucket.faults = { stallAfter: good.byteLength - 5000 };
  const info = await loader.describe(bucket.asR2, KEY, () => undefined);
  expect(info.name).toBe('tiny');
  expect(loader.engine).toBeUndefined();
});

describe('objects that cannot be used: each its own error, at once, and the next request works', () => {
  const kTooLarge = JSON.stringify({ ...JSON.parse(header.metadata.tiles ?? ''), convBlock: 16 });
  const cases: [string, string, Uint8Array][] = [
    ['an empty object', 'model-damaged', new Uint8Array(0)],
    ['five bytes', 'model-damaged', good.slice(0, 5)],
    ['a cut header', 'model-truncated', good.slice(0, 200)],
    ['missing last byte', 'model-truncated', good.slice(0, -1)],
    ['half of the weights', 'model-truncated', good.slice(0, good.length / 2)],
    ['another format', 'model-version', withMetadata({ format: 'alexnet-edge/0' })],
    ['other tiles', 'model-tiles', withMetadata({ tiles: kTooLarge })],
    [
      'a network that does not fit',
      'model-damaged',
      withMetadata({ network: '{"input":{"size":67,"channels":3},"layers":[]}' }),
    ],
    ['metadata that is no JSON', 'model-damaged', withMetadata({ labels: '[' })],
    ['labels of another form', 'model-damaged', withMetadata({ labels: 'null' })],
    ['no preprocessing', 'model-damaged', withMetadata({ preprocess: '{}' })],
    ['a flipped bit in the weights', 'model-checksum', flipped(good, good.length - 1000)],
    ['another checksum', 'model-checksum', withMetadata({ sha256: '0'.repeat(64) })],
    ['no safetensors', 'model-damaged', new TextEncoder().encode('x'.repeat(500))],
  ];
  test.each(cases)('%s: %s', async (_, code, bytes) => {
    bucket.put(bytes);
    expect(await codeOf(load())).toBe(code);
    expect(bucket.reads.length).toBe(1);
    expect(await codeOf(load())).toBe(code);
    expect(bucket.reads.length).toBe(1);
    expect(bucket.refusals).toBe(1);
    await expectRecovery();
  });

  test('no bucket', async () => {
    const none = loader.load(undefined, KEY, () => undefined);
    expect(await codeOf(none)).toBe('model-bucket-missing');
    await expectRecovery();
  });

  test('no object', async () => {
    const empty = { get: async () => null } as unknown as R2Bucket;
    expect(await codeOf(load(empty))).toBe('model-missing');
    await expectRecovery();
  });
});

describe('the header is part of what is checked', () => {
  const network = JSON.parse(header.metadata.network ?? '') as { layers: Record<string, unknown>[] };
  const preprocess = JSON.parse(header.metadata.preprocess ?? '') as Record<string, unknown>;

  /** The network with one field of its first layer of a type changed. */
  function withLayer(type: string, changes: Record<string, unknown>): Uint8Array {
    const at = network.layers.findIndex((layer) => layer.type === type);
    const layers = network.layers.map((layer, i) => (i === at ? { ...layer, ...changes } : layer));
    return withMetadata({ network: JSON.stringify({ ...network, layers }) });
  }
  const withPreprocess = (changes: Record<string, unknown>) =>
    withMetadata({ preprocess: JSON.stringify({ ...preprocess, ...changes }) });

  test('the file under its own key is loaded', async () => {
    const engine = await loader.load(bucket.asR2, OWN_KEY, () => undefined);
    expect(engine.info.name).toBe('tiny');
  });

  const believable: [string, Uint8Array][] = [
    ['pad', withLayer('conv', { pad: 1 })],
    ['alpha', withLayer('lrn', { alpha: 0.5 })],
    ['resize', withPreprocess({ resize: 'warp' })],
    ['mean', withPreprocess({ mean: [1, 2, 3] })],
    [
      'labels',
      withMetadata({ labels: JSON.stringify(JSON.parse(header.metadata.labels ?? '').toReversed()) }),
    ],
  ];
  test.each(believable)('another %s under the same key: model-damaged', async (_, bytes) => {
    bucket.put(bytes);
    expect(await codeOf(loader.load(bucket.asR2, OWN_KEY, () => undefined))).toBe('model-damaged');
    await expectRecovery();
  });

  test('each flipped bit of a header is found', async () => {
    for (let at = 0; at < header.dataStart; at += 97) {
      bucket.put(flipped(good, at));
      const code = await codeOf(loader.load(bucket.asR2, OWN_KEY, () => undefined));
      expect(['model-damaged', 'model-truncated'], `byte ${at}`).toContain(code);
    }
    await expectRecovery();
  });

  const impossible: [string, Uint8Array][] = [
    ['a pad as wide as the kernel', withLayer('conv', { pad: 1_000_000 })],
    ['a stride of 0', withLayer('conv', { stride: 0 })],
    ['a kernel that is no number', withLayer('conv', { kernel: 'eleven' })],
    ['a fraction of a kernel', withLayer('conv', { kernel: 2.5 })],
    ['no groups', withLayer('conv', { groups: 0 })],
    ['outputs without an end', withLayer('dense', { out: 2 ** 40 })],
    ['a type that is none', withLayer('lrn', { type: 'attention' })],
    ['an endless alpha', withLayer('lrn', { alpha: 1e300 })],
    ['std of 0', withPreprocess({ std: [0, 1, 1] })],
    ['a mean of null', withPreprocess({ mean: [null, 1, 1] })],
    ['two channels of mean', withPreprocess({ mean: [1, 2] })],
    ['a resize to 0', withPreprocess({ resizeTo: 0 })],
    ['a resize to a million', withPreprocess({ resizeTo: 1_000_000 })],
    ['another crop', withPreprocess({ crop: 13 })],
    ['a network that is null', withMetadata({ network: 'null' })],
    ['a network without layers', withMetadata({ network: '{"input":{"size":67,"channels":3}}' })],
    ['a layer that is null', withMetadata({ network: '{"input":{"size":67,"channels":3},"layers":[null]}' })],
    [
      'a picture of a million pixels a side',
      withMetadata({ network: JSON.stringify({ ...network, input: { size: 1e6, channels: 3 } }) }),
    ],
    ['preprocessing that is a list', withMetadata({ preprocess: '[]' })],
    ['tiles that are null', withMetadata({ tiles: 'null' })],
  ];
  test.each(impossible)('%s: model-damaged at once, and remembered', async (_, bytes) => {
    bucket.put(bytes);
    for (let i = 0; i < 10; i++) expect(await codeOf(load())).toBe('model-damaged');
    expect(bucket.reads).toEqual([0]);
    await expectRecovery();
  });

  test.each([
    ['scale', Number.NaN],
    ['scale', -1],
    ['bias', Number.POSITIVE_INFINITY],
  ])('a %s of %d with a right checksum: model-damaged', async (kind, value) => {
    const [, tensor] = [...header.tensors].find(([name]) => name.endsWith(`.${kind}`)) ?? [];
    const data = good.slice(header.dataStart);
    new DataView(data.buffer).setFloat32(tensor?.offset ?? 0, value, true);
    const sha256 = hex(await crypto.subtle.digest('SHA-256', data));
    const bytes = withMetadata({ sha256 });
    bytes.set(data, bytes.byteLength - data.byteLength);
    bucket.put(bytes);
    expect(await codeOf(load())).toBe('model-damaged');
    await expectRecovery();
  });

  test('ten requests at once and ten more read a damaged object once', async () => {
    loader = new ModelLoader(kernelsModule, { ...QUICK, stallMs: 5_000, deadlineMs: 30_000 });
    bucket.put(flipped(good, good.length - 1000));
    const ten = () => Promise.all(Array.from({ length: 10 }, () => codeOf(load())));
    expect(new Set([...(await ten()), ...(await ten())])).toEqual(new Set(['model-checksum']));
    expect(bucket.reads).toEqual([0]);
    expect(loader.reads).toBe(1);
    await expectRecovery();
  });
});

describe('streams that break', () => {
  test('a reset in mid-stream goes on where it stopped', async () => {
    bucket.faults = { resetAfter: good.byteLength / 2, times: 1 };
    await load();
    expect(bucket.reads.length).toBe(2);
    expect(bucket.reads[1]).toBeGreaterThan(header.dataStart);
    await expectRecovery();
  });

  test('a stall in mid-stream is noticed, and one request goes on for all', async () => {
    bucket.faults = { stallAfter: good.byteLength / 2, times: 1 };
    const engines = await Promise.all(Array.from({ length: 5 }, () => load()));
    expect(new Set(engines).size).toBe(1);
    expect(bucket.reads.length).toBe(2);
    await expectRecovery();
  });

  test('a slow first byte is waited for', async () => {
    bucket.faults = { slowMs: 40 };
    await load();
    expect(bucket.reads).toEqual([0]);
  });

  test('an owner whose first byte never comes is replaced', async () => {
    bucket.faults = { slowMs: 100_000, times: 1 };
    await load();
    expect(bucket.reads).toEqual([0, 0]);
  });

  test('a bucket that always fails: three tries, then model-unreachable; not remembered', async () => {
    bucket.faults = { error: new Error('get: We encountered an internal error. (10001)') };
    expect(await codeOf(load())).toBe('model-unreachable');
    expect(bucket.reads.length).toBe(3);
    await expectRecovery();
  });

  test('one 5xx is tried again', async () => {
    bucket.faults = { error: new Error('get: We encountered an internal error. (10001)'), times: 1 };
    await load();
    expect(bucket.reads.length).toBe(2);
  });

  test('an object that is replaced while it is read is read anew', async () => {
    bucket.faults = { resetAfter: good.byteLength / 2, times: 1, replaced: true };
    const engine = await load();
    expect(engine.weights(0, engine.weightBytes)).toEqual(good.subarray(header.dataStart));
    expect(bucket.reads[1]).toBeGreaterThan(header.dataStart);
    expect(bucket.reads[2]).toBe(0);
  });

  test('a stream that never moves ends in model-timeout, and every waiting request with it', async () => {
    loader = new ModelLoader(kernelsModule, { ...QUICK, stallMs: 500, deadlineMs: 200 });
    bucket.faults = { stallAfter: 0 };
    const codes = await Promise.all([codeOf(load()), codeOf(load())]);
    expect(codes).toEqual(['model-timeout', 'model-timeout']);
    await scheduler.wait(320);
    await expectRecovery();
  });
});

test('after a trap the engine is dropped and loaded again', async () => {
  const first = await load();
  loader.drop();
  const second = await load();
  expect(second).not.toBe(first);
  expect(bucket.reads).toEqual([0, 0]);
});
