// `verify PACKED --source FILE --photos DIR`: the comparison as a table or as JSON.
import { importFile } from '../../weights/formats/import-file.ts';
import { loadFile } from '../../weights/formats/loaded-file.ts';
import type { ReadOptions } from '../../weights/formats/weight-file.ts';
import { openEngine } from '../../weights/packed/engine.ts';
import { listPhotos } from '../../weights/photos.ts';
import { verify } from '../../weights/verify.ts';
import { withProgress } from '../progress.ts';
import { table } from '../table.ts';

export interface VerifyCommand extends ReadOptions {
  source: string;
  photos: string;
  limit?: number;
  json?: boolean;
}

/** Prints the comparison. Throws OperatorError. */
export async function verifyFile(packed: string, options: VerifyCommand): Promise<void> {
  const photos = listPhotos(options.photos, options.limit);
  const engine = await openEngine(packed);
  const source = loadFile(options.source);
  const model = importFile(source, options);
  const found = await withProgress('comparing', (update) => verify(engine, model, photos, update));
  const sizes = { sourceBytes: source.bytes.length, weightBytes: engine.weightBytes };
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ packed, source: options.source, ...sizes, ...found }, null, 2)}\n`,
    );
    return;
  }
  const rows: [string, string][] = [
    ['photos', String(found.photos)],
    ['same class', `${(100 * found.agreement).toFixed(2)} %`],
    ['probability difference, mean', found.meanDifference.toFixed(5)],
    ['probability difference, worst', found.worstDifference.toFixed(5)],
    ['size', `${sizes.sourceBytes} -> ${sizes.weightBytes} bytes`],
  ];
  const layers = found.layers.map(({ layer, mean, worst }) => [layer, mean.toFixed(6), worst.toFixed(6)]);
  process.stdout.write(
    `${table(['measured', 'value'], rows)}\n${table(['layer', 'cosine, mean', 'worst'], layers)}`,
  );
}
