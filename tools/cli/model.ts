// The model of a command: the file that it names, or the default one, unpacked once into the user's cache.
import { mkdirSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { homedir, platform, tmpdir } from 'node:os';
import path from 'node:path';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import { isPacked } from '../../weights/formats/safetensors/safetensors.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { compressedModelKey, DEFAULT_MODEL_PATH, unpackModel } from '../../weights/packed/brotli.ts';
import { type PackedFile, readPackedFile } from '../../weights/packed/file.ts';
import { withProgress } from '../progress.ts';

/** By the custom of each system; where it cannot be written, the folder of temporary files. */
export function cacheFolder(): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  const own = {
    win32: LOCALAPPDATA ?? path.join(homedir(), 'AppData/Local'),
    darwin: path.join(homedir(), 'Library/Caches'),
  }[platform() as string];
  for (const base of [own ?? XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), tmpdir()])
    try {
      const folder = path.join(base, 'alexnet-edge');
      mkdirSync(folder, { recursive: true });
      return folder;
    } catch {
      // The next one.
    }
  throw new OperatorError(`${tmpdir()}: expected a folder that can be written, found none; set TMPDIR`);
}

async function defaultFile(): Promise<PackedFile> {
  const file = path.join(cacheFolder(), await compressedModelKey(DEFAULT_MODEL_PATH));
  const kept = await readPackedFile(file).catch(() => undefined);
  if (kept) return kept;
  return withProgress('unpacking the default model', (update) =>
    unpackModel(DEFAULT_MODEL_PATH, file, update),
  );
}

/** Throws OperatorError for what is no packed model. */
export async function modelOf(file: string | undefined): Promise<PackedFile> {
  if (file === undefined) return defaultFile();
  if (!isPacked(loadFile(file)))
    throw new OperatorError(`${file}: expected a packed model (alexnet-edge get), found other weights`);
  return readPackedFile(file);
}

/** Writes the default model to `out`. */
export async function writeDefault(out: string): Promise<PackedFile> {
  const packed = await defaultFile();
  await copyFile(packed.path, out);
  return packed;
}
