// The head file: a small safetensors file. Tensors: `weight` i8 [rows][inputs], `scale` and `bias` f32 [rows] (one row
// a class, and one more where there is a detector), `quantiles` f32 [classes][64]. `__metadata__`: format, `head` (JSON,
// the schema below) and sha256, of the bytes of `head` and the data section. Refuses whatever differs, by name.

import * as v from 'valibot';
import { excerpt, ServiceError } from '../errors.ts';
import { sha256Hex } from '../model/checksum.ts';
import { encodeHeader, parseHeader, SafetensorsError, type SafetensorsHeader } from '../model/safetensors.ts';
import { QUANTILES } from '../network/known.ts';
import { HEAD_NAME, type Head } from './head.ts';

export const HEAD_FORMAT = 'alexnet-edge-head/1';
/** 1,000 classes of 4,096 inputs and what belongs to them. */
export const MAX_HEAD_FILE_BYTES = 5_000_000;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const positive = v.pipe(finite, v.gtValue(0));

const HeadField = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.regex(HEAD_NAME)),
    backbone: v.strictObject({ name: v.string(), sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) }),
    layer: v.string(),
    inputs: v.pipe(count, v.minValue(1)),
    labels: v.pipe(v.array(v.string()), v.minLength(2)),
    temperature: positive,
    lambda: positive,
    mirrored: v.boolean(),
    photos: v.array(count),
    strangers: count,
    correct: count,
    energy: v.strictObject({ mean: finite, std: positive }),
    detector: v.optional(v.strictObject({ std: positive })),
  }),
  v.check(({ labels, photos }) => labels.length === photos.length, 'as many photos as labels'),
);

function tensorsOf(classes: number, rows: number, inputs: number) {
  return [
    { name: 'weight', dtype: 'I8', shape: [rows, inputs] },
    { name: 'scale', dtype: 'F32', shape: [rows] },
    { name: 'bias', dtype: 'F32', shape: [rows] },
    { name: 'quantiles', dtype: 'F32', shape: [classes, QUANTILES] },
  ];
}

async function digestOf(text: string, data: Uint8Array): Promise<string> {
  const head = new TextEncoder().encode(text);
  const bytes = new Uint8Array(head.length + data.length);
  bytes.set(head);
  bytes.set(data, head.length);
  return sha256Hex(bytes);
}

function joined(parts: readonly (Int8Array | Float32Array | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return bytes;
}

/** The file and its checksum. */
export async function encodeHead({
  facts,
  weight,
  scale,
  bias,
  known,
}: Head): Promise<{ bytes: Uint8Array<ArrayBuffer>; sha256: string }> {
  const { detector, energy, quantiles } = known;
  const rows = facts.labels.length + (detector ? 1 : 0);
  const extra = detector
    ? { weight: detector.weight, scale: [detector.scale], bias: [detector.bias] }
    : { weight: new Int8Array(0), scale: [], bias: [] };
  const data = joined([
    weight,
    extra.weight,
    Float32Array.from([...scale, ...extra.scale]),
    Float32Array.from([...bias, ...extra.bias]),
    quantiles,
  ]);
  const text = JSON.stringify({ ...facts, energy, ...(detector ? { detector: { std: detector.std } } : {}) });
  const sha256 = await digestOf(text, data);
  const header = encodeHeader(
    { format: HEAD_FORMAT, head: text, sha256 },
    tensorsOf(facts.labels.length, rows, facts.inputs),
  );
  return { bytes: joined([header, data]), sha256 };
}

function damaged(message: string, cause?: unknown): ServiceError {
  return new ServiceError('head-damaged', `head file: ${message}`, cause === undefined ? {} : { cause });
}

function headerOf(bytes: Uint8Array): SafetensorsHeader {
  try {
    return parseHeader(bytes);
  } catch (error) {
    if (error instanceof SafetensorsError) throw damaged(error.message, error);
    throw error;
  }
}

function fieldOf(text: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw damaged(`__metadata__.head: expected JSON, found ${excerpt(text)}`, cause);
  }
  const result = v.safeParse(HeadField, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  throw damaged(`__metadata__.head ${path}: ${issue.message}`.slice(0, 200));
}

/** Throws ServiceError head-damaged for anything that encodeHead has not written. */
export async function decodeHead(file: Uint8Array): Promise<{ head: Head; sha256: string }> {
  const { metadata, tensors, dataStart, dataBytes } = headerOf(file);
  if (metadata.format !== HEAD_FORMAT)
    throw damaged(`expected format ${HEAD_FORMAT}, found ${excerpt(metadata.format ?? 'none')}`);
  if (file.length !== dataStart + dataBytes)
    throw damaged(`expected ${dataStart + dataBytes} bytes, found ${file.length}`);
  const text = metadata.head ?? '';
  const { energy, detector, ...facts } = fieldOf(text);
  const classes = facts.labels.length;
  const expected = tensorsOf(classes, classes + (detector ? 1 : 0), facts.inputs);
  for (const { name, dtype, shape } of expected) {
    const found = tensors.get(name);
    if (found?.dtype !== dtype || found.shape.join() !== shape.join())
      throw damaged(
        `tensor ${name}: expected ${dtype} [${shape}], found ${found ? `${found.dtype} [${found.shape}]` : 'none'}`,
      );
  }
  // A copy of its own: aligned for floats, and nothing of the upload stays in memory with it.
  const data = file.slice(dataStart);
  const sha256 = await digestOf(text, data);
  if (metadata.sha256 !== sha256)
    throw damaged(`expected SHA-256 ${excerpt(metadata.sha256 ?? 'none')}, found ${sha256}`);
  const at = (name: string) => tensors.get(name)?.offset ?? 0;
  const floats = (name: string, length: number) =>
    new Float32Array(data.slice(at(name), at(name) + length * 4).buffer);
  const rows = classes + (detector ? 1 : 0);
  const weight = new Int8Array(data.buffer, at('weight'), rows * facts.inputs);
  const scale = floats('scale', rows);
  const bias = floats('bias', rows);
  const row = detector && {
    weight: weight.subarray(classes * facts.inputs),
    scale: scale[classes] as number,
    bias: bias[classes] as number,
    std: detector.std,
  };
  return {
    head: {
      facts,
      weight: weight.subarray(0, classes * facts.inputs),
      scale: scale.slice(0, classes),
      bias: bias.slice(0, classes),
      known: {
        layer: facts.layer,
        energy,
        ...(row ? { detector: row } : {}),
        quantiles: floats('quantiles', classes * QUANTILES),
      },
    },
    sha256,
  };
}

/** Throws ServiceError head-backbone unless the head was trained on this model. */
export function checkBackbone(
  { facts: { name, backbone } }: Head,
  model: { name: string; sha256: string },
): void {
  if (backbone.sha256 === model.sha256) return;
  throw new ServiceError(
    'head-backbone',
    `head ${name} was trained on model ${excerpt(backbone.name)} ${backbone.sha256.slice(0, 12)}, here runs ` +
      `${model.name} ${model.sha256.slice(0, 12)}: train it again: npm run heads -- train`,
  );
}
