// `import FILE`: any published weights file to a packed model file.
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import type { PreprocessName } from '../../weights/formats/preprocess-presets.ts';
import type { VariantName } from '../../weights/formats/variants.ts';
import { packModel } from '../../weights/pack.ts';
import { kernelTiles } from '../../weights/packed/engine.ts';
import { type PackedFile, readPackedFile } from '../../weights/packed/file.ts';
import { withProgress } from '../progress.ts';

export interface ImportCommand {
  name?: string;
  /** Path of a label file. */
  labels?: string;
  variant?: VariantName;
  preprocess?: PreprocessName;
  licence?: string;
  accuracy?: string;
  /** Bits of a weight of the dense layers: '4', else 8. */
  dense?: string;
  /** Where the packed file goes; build/<key> when not given. */
  out?: string;
}

/** Imports, packs and says what it did. Throws OperatorError; nothing is written then. */
export async function importAndPack(
  file: string,
  { out, accuracy, dense, ...options }: ImportCommand,
): Promise<PackedFile> {
  const source = loadFile(file);
  const model = importFile(source, options);
  if (accuracy) model.source.accuracy = accuracy;
  const target = out ?? `build/${model.name}.safetensors`;
  await mkdir(path.dirname(target), { recursive: true });
  const tiles = kernelTiles();
  await withProgress('packing', (update) => packModel(model, tiles, target, update, dense === '4' ? 4 : 8));
  const packed = await readPackedFile(target);
  const place = out ?? path.join('build', packed.key);
  if (place !== target) await rename(target, place);
  const { resize, resizeTo, crop, trainedOn } = model.preprocess;
  console.log(
    `${source.name}: ${model.labels.length} classes, ${resize} ${resizeTo}, crop ${crop}, trained on ${trainedOn}`,
  );
  console.log(`${place}: ${(packed.bytes / 1e6).toFixed(1)} MB, key ${packed.key}`);
  return { ...packed, path: place };
}
