// A v2 inference request, read and checked: JSON alone, or JSON followed by binary tensors
// (Inference-Header-Content-Length). Source: Open Inference Protocol v2, Triton extensions.
import * as v from 'valibot';
import type { ImageSource } from '../../../classify/classifier.ts';
import { badParameter, ServiceError } from '../../../errors.ts';
import type { Budget } from '../../../isolate/budget.ts';
import { Upload } from '../../../isolate/upload.ts';
import type { ModelInfo } from '../../../network/model-info.ts';
import { decodeBase64 } from '../../body/base64.ts';
import { readBytes, readJson, wholeBody } from '../../body/body.ts';
import { MAX_ELEMENTS } from '../../body/json-cost.ts';
import { parseJson } from '../../openapi/validation.ts';
import {
  badInput,
  elementCount,
  MAX_RANK,
  readBinaryFloats,
  readByteElements,
  readFloats,
  readStrings,
} from './tensors.ts';

const size = 'a whole number';
const count = v.pipe(v.number(size), v.integer(size), v.minValue(0, size));
const flag = v.optional(v.boolean('true or false'));

/** Characters of a request's own id, which the answer repeats. */
const MAX_ID = 256;

export const OUTPUTS = ['prob', 'logits', 'embedding', 'known'] as const;

const Input = v.strictObject({
  name: v.picklist(['image', 'data'], 'image or data'),
  shape: v.pipe(
    v.array(v.pipe(count, v.minValue(1)), 'a list of sizes'),
    v.minLength(1, 'at least one size'),
    v.maxLength(MAX_RANK, `at most ${MAX_RANK} sizes`),
  ),
  datatype: v.picklist(['BYTES', 'FP32'], 'BYTES or FP32'),
  parameters: v.optional(v.looseObject({ binary_data_size: v.optional(count) }, 'an object')),
  data: v.optional(
    v.pipe(v.array(v.unknown(), 'an array'), v.maxLength(MAX_ELEMENTS, `at most ${MAX_ELEMENTS} elements`)),
  ),
});

const Output = v.strictObject({
  name: v.picklist(OUTPUTS, OUTPUTS.join(', ')),
  parameters: v.optional(
    v.looseObject({ binary_data: flag, classification: v.optional(count) }, 'an object'),
  ),
});

export const InferBody = v.strictObject({
  id: v.optional(v.pipe(v.string('text'), v.maxLength(MAX_ID, `text of at most ${MAX_ID} characters`))),
  parameters: v.optional(v.looseObject({ binary_data_output: flag }, 'an object')),
  inputs: v.pipe(v.array(Input, 'an array'), v.length(1, 'one input, image or data')),
  outputs: v.optional(
    v.pipe(v.array(Output, 'an array'), v.maxLength(OUTPUTS.length, `at most ${OUTPUTS.length} outputs`)),
  ),
});

export interface WantedOutput {
  name: (typeof OUTPUTS)[number];
  binary: boolean;
  /** Number of "value:index:label" strings instead of values; 0 = values. */
  classification: number;
}

export interface InferRequest {
  id: string | undefined;
  /** Image files, or f32 [n][3][size][size] as the network was trained on. */
  input: { images: ImageSource[] } | { data: Float32Array; pictures: number };
  outputs: WantedOutput[];
}

type InputTensor = v.InferOutput<typeof Input>;

function readImages(input: InputTensor, binary: Uint8Array | undefined): ImageSource[] {
  const elements = elementCount(input.shape);
  if (input.datatype !== 'BYTES' || input.shape.slice(1).some((side) => side !== 1))
    throw badInput('image', 'BYTES of shape [n] or [n,1]', `${input.datatype} [${input.shape}]`);
  if (binary) return readByteElements('image', binary, elements);
  return readStrings('image', input.data ?? [], elements).map((text, i) => decodeBase64(text, `image.${i}`));
}

function readData(input: InputTensor, binary: Uint8Array | undefined, { network }: ModelInfo) {
  const { size: side, channels } = network.input;
  const [pictures = 0, ...rest] = input.shape;
  if (input.datatype !== 'FP32' || rest.join() !== [channels, side, side].join())
    throw badInput(
      'data',
      `FP32 of shape [n,${channels},${side},${side}]`,
      `${input.datatype} [${input.shape}]`,
    );
  const elements = elementCount(input.shape);
  const data = binary
    ? readBinaryFloats('data', binary, elements)
    : readFloats('data', input.data ?? [], elements);
  return { data, pictures };
}

/** JSON and the bytes after it. Throws ServiceError: empty-body, too-many-bytes, bad-request. */
async function readParts(
  request: Request,
  limits: { json: number; binary: number },
  budget: Budget,
): Promise<{ json: unknown; binary: Uint8Array }> {
  const header = request.headers.get('inference-header-content-length');
  if (header === null)
    return { json: await readJson(await wholeBody(request, limits.json, budget)), binary: new Uint8Array(0) };
  const length = /^\d{1,9}$/.test(header) ? Number(header) : Number.NaN;
  if (length > limits.json)
    throw new ServiceError(
      'too-many-bytes',
      `JSON before the tensors: expected at most ${limits.json} bytes`,
      {
        members: { limit: { bytes: limits.json } },
      },
    );
  const bytes = await readBytes(request, limits.binary, budget);
  if (!(length <= bytes.byteLength))
    throw badParameter(
      'Inference-Header-Content-Length',
      `a number up to the body's ${bytes.byteLength} bytes`,
      { got: header },
    );
  const json = await readJson(new Upload(bytes.subarray(0, length)));
  return { json, binary: bytes.subarray(length) };
}

/** Throws ServiceError: bad-parameter, bad-request, empty-body, too-many-bytes, too-many-files. */
export async function readInferRequest(
  request: Request,
  model: ModelInfo,
  limits: { json: number; binary: number; files: number },
  budget: Budget,
): Promise<InferRequest> {
  const { json, binary } = await readParts(request, limits, budget);
  const body = parseJson(InferBody, json);
  const [input] = body.inputs;
  if (!input) throw badParameter('inputs', 'one input, image or data', { got: 'none' });
  const pictures = input.shape[0] ?? 0;
  if (pictures > limits.files)
    throw new ServiceError(
      'too-many-files',
      `inputs: expected at most ${limits.files} pictures, got ${pictures}`,
      {
        members: { limit: { files: limits.files } },
      },
    );
  const binarySize = input.parameters?.binary_data_size;
  if ((binarySize ?? 0) !== binary.byteLength || (binarySize === undefined && !input.data))
    throw badInput(
      input.name,
      'data, or binary_data_size bytes after the JSON',
      `${binarySize ?? 'neither'} and ${binary.byteLength} bytes`,
    );
  const bytes = binarySize === undefined ? undefined : binary;
  const allBinary = body.parameters?.binary_data_output ?? false;
  const there = OUTPUTS.filter((name) => name !== 'known' || model.known);
  const missing = body.outputs?.find(({ name }) => !there.includes(name));
  if (missing)
    throw new ServiceError(
      'bad-parameter',
      `outputs: expected ${there.join(', ')}, got ${missing.name}, which needs a calibrated model`,
      { members: { parameter: 'outputs' } },
    );
  const wanted: v.InferOutput<typeof Output>[] = body.outputs ?? there.map((name) => ({ name }));
  return {
    id: body.id,
    input: input.name === 'image' ? { images: readImages(input, bytes) } : readData(input, bytes, model),
    outputs: wanted.map(({ name, parameters }) => ({
      name,
      binary: parameters?.binary_data ?? allBinary,
      classification: parameters?.classification ?? 0,
    })),
  };
}
