// Publishing heads, and going back. A version's file is written before the pointer that names it, and removed after it:
// whoever reads in between, or after a publisher was killed in between, sees a whole head, the old one or the new one.
import type { StoredObjects } from '../model/objects.ts';
import {
  encodePointer,
  HEADS_PREFIX,
  MAX_POINTER_BYTES,
  type Pointer,
  parsePointer,
  pointerKey,
  rolledBack,
  versionKey,
  withVersion,
} from './published.ts';

/** Undefined where no head of this name is published. Throws ServiceError head-damaged; rejects as the bucket does. */
export async function readPointer(
  objects: Pick<StoredObjects, 'get'>,
  name: string,
): Promise<Pointer | undefined> {
  const bytes = await objects.get(pointerKey(name), MAX_POINTER_BYTES);
  return bytes && parsePointer(bytes);
}

type Publishing = Pick<StoredObjects, 'get' | 'put' | 'remove'>;

/** Puts a version in use; the same one again changes nothing. Versions that the pointer forgets are removed. */
export async function publishVersion(
  objects: Publishing,
  name: string,
  version: string,
  bytes: Uint8Array,
): Promise<Pointer> {
  const before = await readPointer(objects, name);
  await objects.put(versionKey(name, version), bytes);
  if (before?.versions.at(-1) === version) return before;
  const pointer = withVersion(before, version);
  await objects.put(pointerKey(name), encodePointer(pointer));
  const forgotten = (before?.versions ?? []).filter((each) => !pointer.versions.includes(each));
  await objects.remove(forgotten.map((each) => versionKey(name, each)));
  return pointer;
}

/** The version before in use again; undefined where none is published. Throws ServiceError not-found without one before. */
export async function rollBack(objects: Publishing, name: string): Promise<Pointer | undefined> {
  const before = await readPointer(objects, name);
  if (!before) return undefined;
  const pointer = rolledBack(name, before);
  await objects.put(pointerKey(name), encodePointer(pointer));
  return pointer;
}

/** Takes a head away with everything that was ever published of it. False where there was nothing. */
export async function removeHead(
  objects: Pick<StoredObjects, 'remove' | 'keys'>,
  name: string,
): Promise<boolean> {
  const pointer = pointerKey(name);
  const keys = await objects.keys(`${HEADS_PREFIX}${name}/`);
  await objects.remove(keys.filter((key) => key === pointer));
  await objects.remove(keys.filter((key) => key !== pointer));
  return keys.length > 0;
}
