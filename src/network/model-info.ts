// What a packed model file says of itself: the strings of its safetensors `__metadata__`, which are JSON but for
// format, name and sha256. One schema for the packer that writes them, the tools and the Worker that read them.

import * as v from 'valibot';
import { excerpt, quotedExcerpt } from '../errors.ts';
import { type Colors, ColorsField } from './colors.ts';
import { encodeKnown, type Known, KnownField } from './known.ts';
import type { Layer, Network } from './layer.ts';
import { type Parent, ParentsField } from './parents.ts';
import type { Label, Preprocess } from './preprocess.ts';

/** Version of the packed format. The Worker refuses every other one by name. */
export const MODEL_FORMAT = 'alexnet-edge/1';

/** Sizes that the kernels dictate; exported by the wasm module, stored by the packer, compared when loading. */
export interface Tiles {
  /** Output channels of one block of convolution weights. */
  convBlock: number;
  /** Outputs that a row of dense weights is padded to a multiple of. */
  denseBlock: number;
  /** Inputs (k) that one dot-product lane takes. */
  kStep: number;
}

export interface ModelSource {
  /** Where the weights came from: a file name or an address. */
  from: string;
  sha256: string;
  licence: string;
  /** Reported accuracy, in words, where there is one. */
  accuracy?: string;
}

export interface ModelInfo {
  format: string;
  name: string;
  tiles: Tiles;
  network: Network;
  preprocess: Preprocess;
  labels: Label[];
  source: ModelSource;
  /** SHA-256 of the data section, hex. */
  sha256: string;
  /** How photos of something else are recognized; without it they are not. */
  known?: Known | undefined;
  /** How the colours of its training photos vary; none: as PHOTO_COLORS. */
  colors?: Colors | undefined;
  /** Kinds that several classes are of; none: the classes have no synsets. */
  parents?: Parent[] | undefined;
}

/** Thrown by `readModelInfo`: `version` for another format, else `damaged`; the message names the field. */
export class ModelInfoError extends Error {
  override name = 'ModelInfoError';
  readonly reason: 'version' | 'damaged';

  constructor(reason: 'version' | 'damaged', message: string, options?: { cause: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}

const count = v.pipe(v.number(), v.safeInteger('a whole number'), v.minValue(1));
const finite = v.pipe(v.number(), v.finite('a finite number'));
const channels = v.tuple([finite, finite, finite]);
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const layer = v.variant('type', [
  v.object({
    type: v.literal('conv'),
    name: v.string(),
    kernel: count,
    stride: count,
    pad: v.pipe(v.number(), v.safeInteger('a whole number'), v.minValue(0)),
    groups: count,
    out: count,
    relu: v.boolean(),
    meanMap: v.exactOptional(v.literal(true)),
  }),
  v.object({
    type: v.literal('lrn'),
    name: v.string(),
    size: count,
    alpha: finite,
    beta: finite,
    k: finite,
  }),
  v.object({
    type: v.literal('maxpool'),
    name: v.string(),
    kernel: count,
    stride: count,
    ceil: v.boolean(),
  }),
  v.object({
    type: v.literal('dense'),
    name: v.string(),
    out: count,
    relu: v.boolean(),
    bits: v.exactOptional(v.literal(4)),
  }),
  v.object({ type: v.literal('softmax'), name: v.string() }),
]) satisfies v.GenericSchema<unknown, Layer>;

/** The fields that are JSON texts, in the order in which they are written. */
const FIELDS = {
  tiles: v.object({ convBlock: count, denseBlock: count, kStep: count }),
  network: v.object({
    input: v.object({ size: count, channels: v.literal(3) }),
    layers: v.pipe(v.array(layer), v.minLength(1)),
  }),
  preprocess: v.object({
    resize: v.picklist(['shorter-side', 'warp']),
    resizeTo: count,
    crop: count,
    mean: channels,
    std: channels,
    trainedOn: v.picklist(['RGB', 'BGR']),
  }),
  labels: v.array(v.object({ synset: v.exactOptional(v.string()), words: v.string() })),
  source: v.object({
    from: v.string(),
    sha256: v.string(),
    licence: v.string(),
    accuracy: v.exactOptional(v.string()),
  }),
};

function parseField<S extends v.GenericSchema>(
  key: string,
  schema: S,
  text: string | undefined,
): v.InferOutput<S> {
  const damaged = (message: string, cause?: unknown) =>
    new ModelInfoError('damaged', `__metadata__.${key}: ${message}`, { cause });
  if (text === undefined) throw damaged('expected a value, found none');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(`expected JSON, found ${quotedExcerpt(text)}`, cause);
  }
  return check(key, schema, value);
}

function check<S extends v.GenericSchema>(key: string, schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new ModelInfoError(
    'damaged',
    `__metadata__.${[key, ...(path === null ? [] : [path])].join('.')}: expected ${(issue.expected ?? issue.message).slice(0, 200)}, ` +
      `found ${excerpt(issue.received)}`,
  );
}

/** Parses and checks a file's `__metadata__`. Throws ModelInfoError. */
export function readModelInfo(metadata: Readonly<Record<string, string>>): ModelInfo {
  const format = metadata.format ?? 'none';
  if (format !== MODEL_FORMAT)
    throw new ModelInfoError(
      'version',
      `expected a model file of format ${MODEL_FORMAT}, found ${excerpt(format)}`,
    );
  return {
    format,
    name: check('name', v.string(), metadata.name),
    tiles: parseField('tiles', FIELDS.tiles, metadata.tiles),
    network: parseField('network', FIELDS.network, metadata.network),
    preprocess: parseField('preprocess', FIELDS.preprocess, metadata.preprocess),
    labels: parseField('labels', FIELDS.labels, metadata.labels),
    source: parseField('source', FIELDS.source, metadata.source),
    sha256: check('sha256', hash, metadata.sha256),
    ...(metadata.known === undefined ? {} : { known: parseField('known', KnownField, metadata.known) }),
    ...(metadata.colors === undefined ? {} : { colors: parseField('colors', ColorsField, metadata.colors) }),
    ...(metadata.parents === undefined
      ? {}
      : { parents: parseField('parents', ParentsField, metadata.parents) }),
  };
}

/** The `__metadata__` that `readModelInfo` reads. */
export function writeModelInfo(info: ModelInfo): Record<string, string> {
  return {
    format: info.format,
    name: info.name,
    tiles: JSON.stringify(info.tiles),
    network: JSON.stringify(info.network),
    preprocess: JSON.stringify(info.preprocess),
    labels: JSON.stringify(info.labels),
    source: JSON.stringify(info.source),
    sha256: info.sha256,
    ...(info.known ? { known: encodeKnown(info.known) } : {}),
    ...(info.colors ? { colors: JSON.stringify(info.colors) } : {}),
    ...(info.parents ? { parents: JSON.stringify(info.parents) } : {}),
  };
}
