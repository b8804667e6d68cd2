// How heads lie in the bucket. `heads/NAME/VERSION.safetensors` never changes, VERSION being the first 12 digits of its
// checksum; `heads/NAME/current` (JSON) names the version in use and those before it, oldest first.
import * as v from 'valibot';
import { badParameter, quotedExcerpt, ServiceError } from '../errors.ts';
import { HEAD_NAME } from './head.ts';

const VERSION = v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/));
/** Versions that can be rolled back to. */
const MAX_VERSIONS = 20;
export const MAX_POINTER_BYTES = 4_096;
export const HEADS_PREFIX = 'heads/';

const PointerField = v.strictObject({
  versions: v.pipe(v.array(VERSION), v.minLength(1), v.maxLength(MAX_VERSIONS)),
});

/** The versions of a head, the one in use last. */
export type Pointer = v.InferOutput<typeof PointerField>;

export function headVersion(sha256: string): string {
  return sha256.slice(0, 12);
}

/** Throws ServiceError bad-parameter: nothing of a name reaches a key unchecked. */
export function checkHeadName(name: string): string {
  if (HEAD_NAME.test(name)) return name;
  throw badParameter('head', 'a name of 1 to 64 of a-z, 0-9 and -, not beginning with -', {
    subject: `head ${quotedExcerpt(name)}`,
  });
}

export function pointerKey(name: string): string {
  return `${HEADS_PREFIX}${checkHeadName(name)}/current`;
}

export function versionKey(name: string, version: string): string {
  return `${HEADS_PREFIX}${checkHeadName(name)}/${v.parse(VERSION, version)}.safetensors`;
}

/** Throws ServiceError head-damaged. */
export function parsePointer(bytes: Uint8Array): Pointer {
  try {
    return v.parse(PointerField, JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new ServiceError('head-damaged', 'heads/NAME/current: expected {"versions": [...]}', { cause });
  }
}

export function encodePointer(pointer: Pointer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(JSON.stringify(pointer)));
}

/** With another version in use; the oldest are forgotten. */
export function withVersion(pointer: Pointer | undefined, version: string): Pointer {
  const before = (pointer?.versions ?? []).filter((each) => each !== version);
  return { versions: [...before, version].slice(-MAX_VERSIONS) };
}

/** The version before in use again. Throws ServiceError not-found where there is none. */
export function rolledBack(name: string, { versions }: Pointer): Pointer {
  if (versions.length > 1) return { versions: versions.slice(0, -1) };
  throw new ServiceError('not-found', `head ${name} has no version before ${versions[0]}`);
}
