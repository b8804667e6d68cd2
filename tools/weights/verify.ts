// `verify PACKED --source FILE --photos DIR`: the comparison as a table or as JSON.
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import type { ReadOptions } from '../../weights/formats/weight-file.ts';
import { withMean, withMeanImage } from '../../weights/mean-image.ts';
import { readPackedFile } from '../../weights/packed/file.ts';
import { listPhotos, readTruth } from '../../weights/photos.ts';
import { verify } from '../../weights/verify.ts';
import { withProgress } from '../progress.ts';
import { table } from '../table.ts';

export interface VerifyCommand extends ReadOptions {
  source: string;
  photos: string;
  truth?: string;
  limit: number;
  meanImage?: string;
  json?: boolean;
}

/** Prints the comparison. Throws OperatorError. */
export async function verifyFile(packed: string, options: VerifyCommand): Promise<void> {
  const photos = listPhotos(options.photos, options.limit);
  const truth = options.truth === undefined ? undefined : readTruth(options.truth);
  const { bytes: packedBytes } = await readPackedFile(packed);
  const source = loadFile(options.source);
  const imported = importFile(source, options);
  const { meanImage } = options;
  const model = await (meanImage === undefined ? withMean(imported) : withMeanImage(imported, meanImage));
  const found = await withProgress('comparing', (progress) =>
    verify(packed, model, photos, { truth, progress }),
  );
  const sizes = { sourceBytes: source.bytes.length, packedBytes };
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ packed, source: options.source, ...sizes, ...found }, null, 2)}\n`,
    );
    return;
  }
  const rows: [string, string][] = [
    ['photos', String(found.photos)],
    ['same class', percent(found.agreement)],
    ['probability difference, mean', found.meanDifference.toFixed(5)],
    ['probability difference, worst', found.worstDifference.toFixed(5)],
    ['size', `${sizes.sourceBytes} -> ${sizes.packedBytes} bytes`],
  ];
  const { accuracy } = found;
  for (const of of accuracy ? (['float', 'packed'] as const) : [])
    rows.push([
      `accuracy, ${of}`,
      `top-1 ${percent(accuracy?.[of].top1)}, top-5 ${percent(accuracy?.[of].top5)} of ${accuracy?.photos} photos of known class`,
    ]);
  const layers = found.layers.map(({ layer, mean, worst }) => [layer, mean.toFixed(6), worst.toFixed(6)]);
  process.stdout.write(
    `${table(['measured', 'value'], rows)}\n${table(['layer', 'cosine, mean', 'worst'], layers)}`,
  );
}

function percent(share = 0): string {
  return `${(100 * share).toFixed(2)} %`;
}
