// The photos of a run: files below a folder, or objects of a bucket. Both by names that stay the same from run to run,
// in an order that does, too.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { OperatorError } from '../../weights/operator-error.ts';

export interface Photos {
  /** Names, sorted: paths with slashes below the folder, or keys. */
  names: string[];
  /** Files or objects that are no photos by their ending. */
  others: number;
  /** A file that a thread can read; undefined where the bytes come from `read`. */
  file(name: string): string | undefined;
  read(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What is taken for a photo; some of them the decoder refuses, and then they are listed. */
const PHOTO = /\.(?:jpe?g|jpe|jfif|png|gif|bmp|webp|avif|hei[cf]|tiff?)$/i;

export function isPhoto(name: string): boolean {
  return PHOTO.test(name);
}

/** Throws OperatorError where there is no folder, or no photo in it. */
export async function folderPhotos(folder: string): Promise<Photos> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new OperatorError(`${folder}: expected a folder of photos, found ${error.code}`);
    },
  );
  const files = entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  const names = files.filter(isPhoto).sort();
  if (names.length === 0)
    throw new OperatorError(`${folder}: expected photos, found ${files.length} other files`);
  return {
    names,
    others: files.length - names.length,
    file: (name) => path.join(folder, name),
    read: () => Promise.reject(new Error('a thread reads it')),
    close: async () => {},
  };
}
