// `import FILE`: float weights to `<name>-<checksum>.safetensors`, written under a temporary name until complete.
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { importFile, type ImportOptions } from '../import/import-file.ts';
import { SourceFile } from '../import/source-file.ts';
import { modelKey } from '../model-key.ts';
import { packModel } from '../pack.ts';
import { kernelTiles } from '../packed-model.ts';
import { progressBar } from './progress-bar.ts';

export const DEFAULT_FOLDER = 'build/models';

/** Returns the path of the packed file, which is also printed. Throws ImportError; nothing is written then. */
export async function importCommand(file: string, options: ImportOptions & { out: string }): Promise<string> {
  const source = SourceFile.open(file);
  const bar = progressBar('pack', true);
  try {
    const model = importFile(source, options);
    const tiles = kernelTiles();
    await mkdir(options.out, { recursive: true });
    const temporary = path.join(options.out, `.import-${process.pid}`);
    try {
      const info = await packModel(model, tiles, temporary, (done, total) => bar.update(done, total));
      const packed = path.join(options.out, modelKey(info));
      await rename(temporary, packed);
      bar.stop();
      const { preprocess } = info;
      process.stdout.write(
        `${packed}\n` +
          `  ${info.labels.length} classes, licence: ${info.source.licence}\n` +
          `  trained on ${preprocess.trainedOn}, ${preprocess.resize} to ${preprocess.resizeTo}, crop ${preprocess.crop}, ` +
          `mean ${preprocess.mean.map((value) => Number(value.toFixed(3))).join(', ')}\n` +
          `next: npm run weights -- push ${packed}\n`,
      );
      return packed;
    } finally {
      await rm(temporary, { force: true });
    }
  } finally {
    bar.stop();
    source.close();
  }
}
