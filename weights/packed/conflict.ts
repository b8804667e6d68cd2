// Whether what lies in a bucket under a model's key is that model. The key holds the checksums of data and header, so
// another header under it is a damaged object or none of ours, and may be replaced.
import { OperatorError } from '../operator-error.ts';
import { type PackedFile, parsePackedHeader } from './file.ts';

/** @param stored the object's first bytes, its whole header or more */
export function isSameModel({ key }: PackedFile, stored: Uint8Array): boolean {
  try {
    return parsePackedHeader(stored).key === key;
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}
