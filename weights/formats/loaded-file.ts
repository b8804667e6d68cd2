// A weights file in memory, whole: its tensors are views of this one buffer until they are widened to float32. The
// largest file that people have of such a network, a checkpoint with an optimizer's state, has some 700 MB.
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { OperatorError } from '../operator-error.ts';

/** What one buffer of Node holds for sure. */
const LIMIT_BYTES = 2_000_000_000;

export interface LoadedFile {
  path: string;
  name: string;
  bytes: Buffer<ArrayBuffer>;
}

/** Reads a regular file of 1 to 2,000,000,000 bytes. Throws OperatorError. */
export function loadFile(file: string): LoadedFile {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw new OperatorError(
      `${file}: expected a readable file, found ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory())
      throw new OperatorError(
        `${file}: expected a weights file, found a folder (a TensorFlow SavedModel or Paddle's? give the file of weights in it)`,
      );
    if (!stat.isFile() || stat.size === 0)
      throw new OperatorError(
        `${file}: expected a weights file, found ${stat.isFile() ? 'an empty file' : 'no file'}`,
      );
    if (stat.size > LIMIT_BYTES)
      throw new OperatorError(`${file}: expected at most ${LIMIT_BYTES} bytes, found ${stat.size}`);
    return { path: file, name: path.basename(file), bytes: readFileSync(descriptor) };
  } finally {
    closeSync(descriptor);
  }
}

export type DigestName = 'sha256' | 'sha1' | 'git-blob';

/** A hash of content that has `length` bytes. `git-blob` is Git's name of it: SHA-1 of "blob <length>\0" and the content. */
export function hasherOf(name: DigestName, length: number): Hash {
  const hash = createHash(name === 'sha256' ? 'sha256' : 'sha1');
  return name === 'git-blob' ? hash.update(`blob ${length}\0`) : hash;
}

export function digestOf(bytes: Uint8Array, name: DigestName): string {
  return hasherOf(name, bytes.length).update(bytes).digest('hex');
}
