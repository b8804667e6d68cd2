// The two places of wrangler.toml that weights have to do with: `MODEL`, the key of the current model, and the
// name of the bucket. Edited as text, so that the file's comments stay.
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OperatorError } from '../weights/operator-error.ts';

export const CONFIG_PATH = path.join(import.meta.dirname, '../wrangler.toml');

/** In every environment that is not commented out. */
const MODEL = /^(MODEL\s*=\s*)"([^"]*)"/gm;
const BUCKET = /^bucket_name\s*=\s*"([^"]*)"/m;

export interface WorkerConfig {
  model: string;
  bucketName: string;
}

/** Throws OperatorError when one of the two lines is missing. */
export async function readConfig(file = CONFIG_PATH): Promise<WorkerConfig> {
  const text = await readFile(file, 'utf8');
  const model = text.matchAll(MODEL).next().value?.[2];
  const bucketName = BUCKET.exec(text)?.[1];
  if (model === undefined || bucketName === undefined)
    throw new OperatorError(
      `wrangler.toml: expected a line ${model === undefined ? 'MODEL' : 'bucket_name'} = "...", found none`,
    );
  return { model, bucketName };
}

/** Names another current model. At once: `wrangler dev` watches the file, and ends when it reads half of it. */
export async function useModel(key: string, file = CONFIG_PATH): Promise<void> {
  const text = await readFile(file, 'utf8');
  const temporary = `${file}.part`;
  await writeFile(
    temporary,
    text.replace(MODEL, (_, start: string) => `${start}"${key}"`),
  );
  await rename(temporary, file);
}
