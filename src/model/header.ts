// What the header of a packed model file says, checked: format version, then every field that the Worker uses.
// The packer writes it (weights/pack.ts); a file from elsewhere ends in an error that names the field.
import * as v from 'valibot';
import { ServiceError } from '../errors.ts';
import { type Known, KnownField } from '../network/known.ts';
import { MODEL_FORMAT, type ModelInfo, type Tiles } from '../network/model-info.ts';
import type { SafetensorsHeader } from './safetensors.ts';

function parseField<T>(key: string, metadata: Record<string, string>): T {
  const text = metadata[key];
  if (text === undefined)
    throw new ServiceError('model-damaged', `__metadata__.${key}: expected a value, found none`);
  try {
    // The packer wrote it from the same type, and the checksum of the data says which packer: shapes are checked
    // against the tensors when the plan is made.
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new ServiceError(
      'model-damaged',
      `__metadata__.${key}: expected JSON, found ${text.slice(0, 40)}`,
      {
        cause,
      },
    );
  }
}

function parseKnown(text: string): Known {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ServiceError('model-damaged', '__metadata__.known: expected JSON', { cause });
  }
  const result = v.safeParse(KnownField, json);
  if (result.success) return result.output;
  throw new ServiceError('model-damaged', `__metadata__.known: ${result.issues[0].message}`.slice(0, 200));
}

/** Throws ServiceError: model-version for another format, model-damaged for a missing or malformed field. */
export function readModelInfo({ metadata }: SafetensorsHeader): ModelInfo {
  const format = metadata.format ?? 'none';
  if (format !== MODEL_FORMAT)
    throw new ServiceError(
      'model-version',
      `expected a model file of format ${MODEL_FORMAT}, found ${format}; pack it again: npm run weights -- import`,
    );
  const sha256 = metadata.sha256 ?? '';
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new ServiceError('model-damaged', `__metadata__.sha256: expected 64 hex digits, found "${sha256}"`);
  return {
    format,
    name: metadata.name ?? 'unnamed',
    tiles: parseField('tiles', metadata),
    network: parseField('network', metadata),
    preprocess: parseField('preprocess', metadata),
    labels: parseField('labels', metadata),
    source: parseField('source', metadata),
    sha256,
    ...(metadata.known === undefined ? {} : { known: parseKnown(metadata.known) }),
  };
}

/** Throws ServiceError model-tiles, naming the constant that differs. */
export function checkTiles(found: Tiles, expected: Tiles): void {
  for (const key of ['convBlock', 'denseBlock', 'kStep'] as const)
    if (found[key] !== expected[key])
      throw new ServiceError(
        'model-tiles',
        `the kernels have ${key} ${expected[key]}, the model file was packed for ${found[key]}; ` +
          'pack it again: npm run weights -- import',
      );
}
