// A folder of photos as a training takes it: a folder a class, `none` for photos of other things.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { OperatorError } from '../../weights/operator-error.ts';

export interface LabelledPhoto {
  file: string;
  /** undefined: of something else. */
  label: string | undefined;
}

/** The folder whose photos are of no class. */
export const NONE = 'none';

/** Every file below the folders of `folder`, sorted. Hidden files are left out. Throws OperatorError. */
export async function labelledPhotos(folder: string): Promise<LabelledPhoto[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new OperatorError(`${folder}: expected a folder with a folder for each class, found ${error.code}`);
  });
  const classes = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
  if (classes.length === 0)
    throw new OperatorError(
      `${folder}: expected a folder for each class, found ${entries.length} files and no folder`,
    );
  const photos: LabelledPhoto[] = [];
  for (const name of classes.sort()) {
    const files = await readdir(path.join(folder, name), { recursive: true, withFileTypes: true });
    const own = files
      .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
    if (own.length === 0)
      throw new OperatorError(`${path.join(folder, name)}: expected photos, found an empty folder`);
    for (const file of own) photos.push({ file, label: name === NONE ? undefined : name });
  }
  return photos;
}
