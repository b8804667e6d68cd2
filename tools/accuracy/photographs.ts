// The photographs of a folder that holds one folder per class, named by its WordNet id (synset): n01440764/a.jpg.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { OperatorError } from '../../weights/operator-error.ts';

export interface LabelledPhoto {
  synset: string;
  /** As the reference names it: synset/name. */
  name: string;
  path: string;
}

const PHOTO = /\.(jpe?g|png|gif|bmp|webp)$/i;

/** Sorted by class and name. Throws OperatorError for a folder without any. */
export function labelledPhotos(folder: string): LabelledPhoto[] {
  const photos: LabelledPhoto[] = [];
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      for (const file of readdirSync(path.join(folder, entry.name)))
        if (PHOTO.test(file))
          photos.push({
            synset: entry.name,
            name: `${entry.name}/${file}`,
            path: path.join(folder, entry.name, file),
          });
    }
  } catch (error) {
    throw new OperatorError(
      `${folder}: expected a folder of photos, found ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  if (photos.length === 0)
    throw new OperatorError(
      `${folder}: expected a folder for each class with photos in it, such as ${folder}/n01440764/1.jpg, found none`,
    );
  return photos.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Throws OperatorError when a folder's name is no class of the model. */
export function requireKnown(photos: readonly LabelledPhoto[], synsets: ReadonlySet<string>): void {
  const unknown = [...new Set(photos.map(({ synset }) => synset))].filter((synset) => !synsets.has(synset));
  if (unknown.length > 0)
    throw new OperatorError(
      `${unknown.join(', ')}: expected folders named by classes of the model (${[...synsets].slice(0, 3).join(', ')}, ` +
        `... ${synsets.size} in all), found ${unknown.length} other${unknown.length > 1 ? 's' : ''}`,
    );
}
