// What may lie in a bucket under a model's key already. The key holds the checksum of the weights alone, so two files
// of the same name and weights but other labels or another preprocessing share it. Refuses to put one in the place of
// the other: running Workers and cached answers rely on a key that never changes its meaning.
import type { ModelInfo } from '../../src/network/model-info.ts';
import { OperatorError } from '../operator-error.ts';
import { modelKey, type PackedFile, parsePackedHeader } from './file.ts';

const FIELDS = ['tiles', 'network', 'preprocess', 'labels', 'source', 'sha256'] as const;

/** What an object says of itself; undefined when it is damaged or no model at all. */
function readInfo(stored: Uint8Array): ModelInfo | undefined {
  try {
    return parsePackedHeader(stored).info;
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}

/**
 * Whether the stored object is this model, by its header. False for an object that may be replaced: damaged, or not
 * what its key says. Throws OperatorError for another model of the same key.
 *
 * @param stored the object's first bytes, its whole header or more
 */
export function isSameModel({ key, info }: PackedFile, stored: Uint8Array): boolean {
  const found = readInfo(stored);
  if (!found || modelKey(found) !== key) return false;
  const other = FIELDS.filter((field) => JSON.stringify(found[field]) !== JSON.stringify(info[field]));
  if (other.length > 0)
    throw new OperatorError(
      `${key}: expected this file in the bucket or none, found the same weights with other ${other.join(', ')}: ` +
        'import the file under another name (--name)',
    );
  return true;
}
