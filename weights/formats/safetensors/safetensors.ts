// safetensors: 8 bytes header length, a JSON header {name: {dtype, shape, data_offsets}}, then the data.
// Source: the format section of the safetensors project's README.
import { OperatorError } from '../../operator-error.ts';
import { ELEMENT_BYTES, type ElementType } from '../element-type.ts';
import { metadataOptions, readKeyed } from '../keyed.ts';
import { Cursor, type SourceFile } from '../source-file.ts';
import { type StoredTensor, tensorAt } from '../stored-tensor.ts';
import type { WeightFile } from '../weight-file.ts';

/** The format's own limit is 100 MB; a network's header has a few kilobytes. */
const HEADER_BYTES = 8 << 20;

/** The header as JSON and the position of the data. */
export function readSafetensorsHeader(source: SourceFile): { header: Record<string, unknown>; data: number } {
  const length = new Cursor(source, 0, source.size, 'safetensors header').u64();
  if (length > HEADER_BYTES)
    throw new OperatorError(`safetensors header: expected at most ${HEADER_BYTES} bytes, found ${length}`);
  const text = new TextDecoder().decode(source.read(8, length, 'safetensors header'));
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new OperatorError('safetensors header: expected JSON, found other text');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw new OperatorError('safetensors header: expected an object, found another value');
  return { header: header as Record<string, unknown>, data: 8 + length };
}

export function readSafetensors(source: SourceFile): WeightFile {
  const { header, data } = readSafetensorsHeader(source);
  const { __metadata__: metadata, ...entries } = header;
  const tensors = Object.entries(entries).map(([name, entry]) => readEntry(source, name, entry, data));
  return {
    form: 'safetensors',
    detail: `safetensors, ${tensors.length} tensors`,
    tensors,
    read: (options) => readKeyed(tensors, options, metadataOptions(metadata)),
  };
}

function readEntry(source: SourceFile, name: string, entry: unknown, data: number): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2)
    throw new OperatorError(
      `${name}: expected shape and data_offsets, found ${JSON.stringify(entry).slice(0, 80)}`,
    );
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype))
    throw new OperatorError(
      `${name}: expected dtype ${Object.keys(ELEMENT_BYTES).join(', ')}, found ${dtype}`,
    );
  const [begin = 0, end = 0] = offsets;
  return tensorAt(source, name, shape, dtype as ElementType, data + begin, end - begin);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}
