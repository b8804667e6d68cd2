// The current model's packed file under build/, for those who hand it on.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { OperatorError } from '../weights/operator-error.ts';
import { compressedModelKey, DEFAULT_MODEL_PATH, unpackModel } from '../weights/packed/brotli.ts';
import { type PackedFile, readPackedFile } from '../weights/packed/file.ts';
import { withProgress } from './progress.ts';

/** The default model is unpacked when it is not there. Throws OperatorError for another one that is missing. */
export async function modelFile(key: string): Promise<PackedFile> {
  const file = path.join(import.meta.dirname, '../build', key);
  if (await stat(file).catch(() => undefined)) return readPackedFile(file);
  if (key !== (await compressedModelKey(DEFAULT_MODEL_PATH)))
    throw new OperatorError(`MODEL: expected build/${key}, found none: npm run weights -- get, or import`);
  return withProgress('unpacking the default model', (update) =>
    unpackModel(DEFAULT_MODEL_PATH, file, update),
  );
}
