// The current model's packed file under build/, for those who hand it on.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { withProgress } from './cli/progress.ts';
import { compressedModelKey, DEFAULT_MODEL_PATH, unpackModel } from './default-model.ts';
import { ImportError } from './float-model.ts';
import { type PackedFile, readPackedFile } from './packed-file.ts';

/** The default model is unpacked when it is not there. Throws ImportError for another one that is missing. */
export async function modelFile(key: string): Promise<PackedFile> {
  const file = path.join(import.meta.dirname, '../build', key);
  if (await stat(file).catch(() => undefined)) return readPackedFile(file);
  if (key !== (await compressedModelKey(DEFAULT_MODEL_PATH)))
    throw new ImportError(`MODEL: expected build/${key}, found none: npm run weights -- get, or import`);
  return withProgress('unpacking the default model', (update) =>
    unpackModel(DEFAULT_MODEL_PATH, file, update),
  );
}
