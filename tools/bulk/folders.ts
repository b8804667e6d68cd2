// --move-into-folders: a folder for each class, with copies of the photos that are of it. The photos themselves stay
// where they are.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A class as the name of a folder: letters, digits, dashes. */
export function folderName(label: string): string {
  const name = label
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '');
  return name === '' ? 'unnamed' : name;
}

/** Where a photo's copy goes. Throws RangeError for a name that would leave the folder. */
export function copyPath(folder: string, label: string, name: string): string {
  const own = path.join(folder, folderName(label));
  const target = path.join(own, name);
  if (!target.startsWith(own + path.sep)) throw new RangeError(`${name}: expected a name below the folder`);
  return target;
}

/** @param source a file, or the photo's bytes */
export async function copyInto(target: string, source: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  await (typeof source === 'string' ? copyFile(source, target) : writeFile(target, source));
}
