// The key of a model in the bucket: NAME-DDDDDDDDDDDD-HHHHHHHHHHHH.safetensors, the first digits of the SHA-256 of the
// file's data section and of its header. Together they are the checksum of the whole file, and it lies where the file
// cannot change it: in the Worker's settings. A key without digits is taken as it is.
import { ServiceError } from '../errors.ts';

const DIGITS = 12;
const KEY = /-([0-9a-f]{12})-([0-9a-f]{12})\.safetensors$/;

/** @param sha256 of the data, hex @param headerSha256 of the header with its length, hex */
export function modelKey(name: string, sha256: string, headerSha256: string): string {
  return `${name}-${sha256.slice(0, DIGITS)}-${headerSha256.slice(0, DIGITS)}.safetensors`;
}

/** Throws ServiceError model-damaged when the header is not the one that the key names. */
export function checkHeader(key: string, headerSha256: string): void {
  const expected = KEY.exec(key)?.[2];
  if (expected !== undefined && !headerSha256.startsWith(expected))
    throw new ServiceError(
      'model-damaged',
      `model ${key}: expected a header of SHA-256 ${expected}..., found ${headerSha256.slice(0, DIGITS)}...; ` +
        'upload it again: npm run weights -- push',
    );
}
