// `import FILE`: any published weights file to a packed model file.
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { release } from '../../src/image/pixels.ts';
import { IMAGENET_COLORS } from '../../src/network/colors.ts';
import { comparePhoto } from '../../weights/compare.ts';
import { FloatForward, type LoadedLayer } from '../../weights/float-forward.ts';
import type { FloatModel } from '../../weights/float-model.ts';
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import type { PreprocessName } from '../../weights/formats/network/preprocess-presets.ts';
import type { VariantName } from '../../weights/formats/network/variants.ts';
import { withMean, withMeanImage } from '../../weights/mean-image.ts';
import { packModel } from '../../weights/pack.ts';
import { kernelTiles, openEngine } from '../../weights/packed/engine.ts';
import { type PackedFile, readPackedFile } from '../../weights/packed/file.ts';
import { withProgress } from '../progress.ts';

const SAMPLE = path.join(import.meta.dirname, '../../src/page/samples/church.jpg');

export interface ImportCommand {
  name?: string;
  /** Path of a label file. */
  labels?: string;
  variant?: VariantName;
  preprocess?: PreprocessName;
  licence?: string;
  accuracy?: string;
  /** Path of a mean image. */
  meanImage?: string;
  /** Bits of a weight of the dense layers: '4', else 8. */
  dense?: string;
  /** 'imagenet': the published principal components of its photos' colours go into the file. */
  colors?: string;
  /** Where the packed file goes; build/<key> when not given. */
  out?: string;
}

/** Imports, packs and says what it did. Throws OperatorError; nothing is written then. */
export async function importAndPack(
  file: string,
  { out, accuracy, dense, colors, meanImage, ...options }: ImportCommand,
): Promise<PackedFile> {
  const source = loadFile(file);
  const imported = importFile(source, options);
  const model = await (meanImage === undefined ? withMean(imported) : withMeanImage(imported, meanImage));
  if (accuracy) model.source.accuracy = accuracy;
  if (colors === 'imagenet') model.colors = IMAGENET_COLORS;
  const target = out ?? `build/${model.name}.safetensors`;
  await mkdir(path.dirname(target), { recursive: true });
  const tiles = kernelTiles();
  await withProgress('packing', (update) => packModel(model, tiles, target, update, dense === '4' ? 4 : 8));
  const packed = await readPackedFile(target);
  const place = out ?? path.join('build', packed.key);
  if (place !== target) await rename(target, place);
  for (const note of model.notes ?? []) console.log(note);
  const { resize, resizeTo, crop, trainedOn } = model.preprocess;
  console.log(
    `${source.name}: ${model.labels.length} classes, ${resize} ${resizeTo}, crop ${crop}, trained on ${trainedOn}`,
  );
  console.log(`${place}: ${(packed.bytes / 1e6).toFixed(1)} MB, key ${packed.key}`);
  const { difference, sameClass } = await withProgress('comparing a picture', () => proof(model, place));
  console.log(
    `float and packed network on a sample picture: ${sameClass ? 'same class' : 'ANOTHER CLASS'}, largest difference of a ` +
      `probability ${difference.toFixed(4)}`,
  );
  return { ...packed, path: place };
}

/** A sample picture through the float network, a layer's weights at a time, and through the packed one. */
async function proof(model: FloatModel, packed: string): Promise<{ difference: number; sameClass: boolean }> {
  let last: LoadedLayer | undefined;
  const float = new FloatForward({
    ...model,
    meanPixels: await model.meanImage?.read(),
    layer: async (name) => {
      // Two large layers do not fit beside the file.
      if (last) release(last.weight);
      const found = model.layers[name];
      last = found && { weight: await found.weight.read(), bias: await found.bias.read() };
      return last;
    },
  });
  const compared = await comparePhoto(await openEngine(packed), float, SAMPLE);
  return { difference: compared.difference, sameClass: compared.float[0] === compared.packed[0] };
}
