// The model that `npm start` serves: the current one of wrangler.toml, or the one that --model names: a published file
// (downloaded and imported once), a packed file, or a file of float weights (imported). All end in the local bucket.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { loadFile } from '../weights/formats/loaded-file.ts';
import { isPacked } from '../weights/formats/safetensors/safetensors.ts';
import { inWords, OperatorError } from '../weights/operator-error.ts';
import { compressedModelKey, DEFAULT_MODEL_PATH, unpackModel } from '../weights/packed/brotli.ts';
import { type PackedFile, readPackedFile } from '../weights/packed/file.ts';
import { PUBLISHED, type PublishedFile } from '../weights/published.ts';
import { putLocal, withLocalBucket } from './bucket.ts';
import { readConfig } from './config.ts';
import { withProgress } from './progress.ts';
import { getPublished } from './weights/get.ts';
import { importAndPack } from './weights/import.ts';

const BUILD = path.join(import.meta.dirname, '../build');
const DOWNLOADS = path.join(BUILD, 'downloads');

/** A published file that was imported before, under its own name. */
async function importedBefore({ name, sources }: PublishedFile): Promise<PackedFile | undefined> {
  const files = (await readdir(BUILD)).filter(
    (file) => file.startsWith(`${name}-`) && file.endsWith('.safetensors'),
  );
  for (const file of files) {
    const packed = await readPackedFile(path.join(BUILD, file)).catch(() => undefined);
    if (packed?.info.name === name && packed.info.source.from === sources[0]) return packed;
  }
  return undefined;
}

async function unpackDefault(): Promise<PackedFile> {
  const key = await compressedModelKey(DEFAULT_MODEL_PATH);
  return withProgress('unpacking the default model', (update) =>
    unpackModel(DEFAULT_MODEL_PATH, path.join(BUILD, key), update),
  );
}

/** The packed file that a name or a path stands for. Throws OperatorError. */
export async function resolveModel(chosen: string): Promise<PackedFile> {
  const published = PUBLISHED.find(({ name }) => name === chosen);
  if (published) {
    const packed =
      (await importedBefore(published)) ?? (await getPublished(chosen, { downloads: DOWNLOADS }));
    if (packed) return packed;
  }
  if (chosen === 'default') return unpackDefault();
  if (!(await stat(chosen).catch(() => undefined)))
    throw new OperatorError(
      `--model: expected default, ${PUBLISHED.map(({ name }) => name).join(', ')} or a file, found ${inWords(chosen)}`,
    );
  return isPacked(loadFile(chosen)) ? readPackedFile(chosen) : importAndPack(chosen, {});
}

/**
 * Leaves the model in the local bucket and returns its key. Without a choice: wrangler.toml's, which must be there or be
 * the default one. Throws OperatorError.
 */
export async function provideModel(chosen: string | undefined): Promise<string> {
  const packed = chosen === undefined ? undefined : await resolveModel(chosen);
  const { model } = await readConfig();
  return withLocalBucket(async (bucket) => {
    const store = (file: PackedFile) =>
      withProgress('storing it in the local bucket', (update) => putLocal(bucket, file, update));
    if (packed) {
      await store(packed);
      const { labels, source } = packed.info;
      console.log(
        `serving ${packed.key}: ${labels.length} classes, from ${source.from}; licence ${source.licence}; ` +
          `accuracy: ${source.accuracy ?? 'not known'}`,
      );
      return packed.key;
    }
    if (await bucket.head(model)) return model;
    const packaged = await compressedModelKey(DEFAULT_MODEL_PATH);
    if (model !== packaged)
      throw new OperatorError(
        `MODEL: expected ${model} in the local bucket, found none: npm run weights -- push build/${model}, ` +
          `or set MODEL = "${packaged}" in wrangler.toml`,
      );
    await store(await unpackDefault());
    return model;
  });
}
