// `import FILE`: any published weights file to a packed model file.
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { readWeightsFile } from '../import/form.ts';
import { type ImportOptions, importModel } from '../import/import-model.ts';
import { readLabels } from '../import/labels.ts';
import { SourceFile } from '../import/source-file.ts';
import { kernelTiles } from '../kernel-tiles.ts';
import { packModel } from '../pack.ts';
import { type PackedFile, readPackedFile } from '../packed-file.ts';
import { withProgress } from './progress.ts';

export interface ImportCommand extends Omit<ImportOptions, 'labels'> {
  /** Path of a label file. */
  labels?: string;
  /** Where the packed file goes; build/<key> when not given. */
  out?: string;
}

/** Imports, packs and says what it did. Throws ImportError; nothing is written then. */
export async function importFile(
  file: string,
  { labels, out, ...options }: ImportCommand,
): Promise<PackedFile> {
  const source = SourceFile.open(file);
  try {
    const weights = readWeightsFile(source);
    const imported = importModel(weights, source, {
      ...options,
      ...(labels && { labels: readLabels(labels) }),
    });
    const { model, form, variant, notes } = imported;
    console.log(
      `${source.name}: ${form}, ${variant ?? 'a network of its own'}, ${model.labels.length} classes`,
    );
    for (const note of notes) console.log(`  ${note}`);
    const target = out ?? `build/${model.name}.safetensors`;
    await mkdir(path.dirname(target), { recursive: true });
    const tiles = await kernelTiles();
    await withProgress('packing', (update) => packModel(model, tiles, target, update));
    const packed = await readPackedFile(target);
    const place = out ?? path.join('build', packed.key);
    if (place !== target) await rename(target, place);
    console.log(`${place}: ${(packed.bytes / 1e6).toFixed(1)} MB, key ${packed.key}`);
    return { ...packed, path: place };
  } finally {
    source.close();
  }
}
