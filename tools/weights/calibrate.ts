// `calibrate PACKED`: how photos of something else are told, fitted and put into the model file. `known PACKED`: what a
// calibrated model says of photos of its classes and of others.
import { dotProducts } from '../../src/engine/gram.ts';
import { calibrate, type Observed } from '../../src/heads/calibrate.ts';
import { MAX_EXAMPLES } from '../../src/heads/examples.ts';
import { quantizeFeatures } from '../../src/heads/features.ts';
import { knownP, knownScore } from '../../src/heads/known.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { readStrangers, writeCalibrated } from '../../weights/packed/calibrated.ts';
import { kernelsModule } from '../../weights/packed/engine.ts';
import { type PackedFile, readPackedFile } from '../../weights/packed/file.ts';
import { listPhotos } from '../../weights/photos.ts';
import { extract } from '../heads/extract.ts';
import { shareLine } from '../heads/report.ts';
import { withProgress } from '../progress.ts';

export interface CalibrateCommand {
  photos?: string;
  others?: string;
  strangers?: string;
  out?: string;
}

interface Activations {
  logits: Float32Array;
  x: Float32Array;
}

/** The layer that the last one reads, and the last. */
function lastLayers({ info }: PackedFile): [string, string] {
  const [before, last] = info.network.layers.filter(({ type }) => type === 'dense').slice(-2);
  if (!before || !last) throw new OperatorError('expected a network of two dense layers or more');
  return [before.name, last.name];
}

async function observe(packed: PackedFile, folder: string, crops: 1 | 10): Promise<Activations[]> {
  const replies = await withProgress(folder, (progress) =>
    extract(listPhotos(folder), {
      model: packed.path,
      layers: lastLayers(packed),
      float: true,
      crops,
      progress,
    }),
  );
  return replies.flatMap(({ file, activations, problem }) => {
    const [x, logits] = activations ?? [];
    if (x && logits) return [{ x, logits }];
    console.error(`skipped ${file}: ${problem}`);
    return [];
  });
}

/** Throws OperatorError. */
export async function calibrateFile(file: string, options: CalibrateCommand): Promise<void> {
  const packed = await readPackedFile(file);
  const out = options.out ?? file;
  if (options.strangers) {
    await writeCalibrated(file, await readStrangers(options.strangers), out);
  } else {
    if (!options.photos) throw new OperatorError('expected --photos DIR, photos of the classes, found none');
    const photos = await observe(packed, options.photos, 1);
    const others = options.others ? await observe(packed, options.others, 1) : [];
    if (photos.length + others.length > MAX_EXAMPLES)
      throw new OperatorError(
        `expected at most ${MAX_EXAMPLES} photos, found ${photos.length + others.length}`,
      );
    const module = kernelsModule();
    const seen = ({ logits, x }: Activations): Observed => ({ logits, features: quantizeFeatures(x) });
    const known = calibrate(photos.map(seen), others.map(seen), lastLayers(packed)[0], (left, right) =>
      dotProducts(module, left, right),
    );
    await writeCalibrated(file, known, out);
  }
  console.log(`${out}: calibrated; store it: npm run weights -- push ${out}`);
}

export interface KnownCommand {
  photos: string;
  others?: string;
  reject: number;
  crops: number;
}

/** Share of pairs in which the photo of the classes scores higher. */
function areaUnderCurve(photos: readonly number[], others: readonly number[]): number {
  const wins = photos.reduce(
    (sum, photo) =>
      sum + others.reduce((all, other) => all + (photo > other ? 1 : photo === other ? 0.5 : 0), 0),
    0,
  );
  return wins / (photos.length * others.length);
}

/** Prints the measured shares. Throws OperatorError. */
export async function measureKnown(
  file: string,
  { photos, others, reject, crops }: KnownCommand,
): Promise<void> {
  const packed = await readPackedFile(file);
  const { known } = packed.info;
  if (!known)
    throw new OperatorError(`${file}: expected a calibrated model, found none: npm run weights -- calibrate`);
  if (crops !== 1 && crops !== 10) throw new OperatorError(`--crops: expected 1 or 10, found ${crops}`);
  const below = (list: Activations[]) =>
    list.filter(({ x, logits }) => knownP(known, x, logits) < reject).length;
  const scores = (list: Activations[]) => list.map(({ x, logits }) => knownScore(known, x, logits));
  const own = await observe(packed, photos, crops);
  process.stdout.write(
    shareLine(`photos of the classes called none of these at reject=${reject}`, below(own), own.length),
  );
  if (!others) return;
  const strange = await observe(packed, others, crops);
  process.stdout.write(
    `${shareLine('photos of other things found', below(strange), strange.length)}` +
      `area under the curve: ${areaUnderCurve(scores(own), scores(strange)).toFixed(3)}\n`,
  );
}
