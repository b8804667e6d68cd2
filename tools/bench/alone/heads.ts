// `node tools/bench/alone/heads.ts DIR [MORE]...`: heads of folders with a folder of photos for each class. How long reading and
// training take (wall clock, and processor time of all threads); how far leave-one-out and a test lie apart over seeded random
// splits of DIR, 40 photos a class for training and the rest for the test; and what a photo takes with a head and without,
// minima of both, in turn. MORE: further folders, whose classes are trained together with DIR's for the time.
import path from 'node:path';
import { dotProducts } from '../../../src/engine/gram.ts';
import type { Example } from '../../../src/heads/examples.ts';
import { featureLayers, quantizeFeatures } from '../../../src/heads/features.ts';
import { encodeHead } from '../../../src/heads/file.ts';
import { predict } from '../../../src/heads/head.ts';
import { argmax } from '../../../src/heads/known.ts';
import { type Trained, train } from '../../../src/heads/train.ts';
import { OperatorError } from '../../../weights/operator-error.ts';
import { kernelsModule, openEngine } from '../../../weights/packed/engine.ts';
import { photographPixels } from '../../fixtures/photograph.ts';
import { randomNumbers } from '../../fixtures/random.ts';
import { extract } from '../../heads/extract.ts';
import { labelledPhotos } from '../../heads/photos.ts';
import { percent } from '../../heads/report.ts';
import { table } from '../../table.ts';
import { defaultModelFile } from '../../workers/local-worker.ts';

const PER_CLASS = 40;
const SPLITS = 8;
const ROUNDS = 60;

interface Photo {
  label: string;
  /** f32, by layer. */
  activations: Float32Array[];
}

const folders = process.argv.slice(2);
const [first] = folders;
if (first === undefined) throw new OperatorError('expected a folder with a folder for each class');
const { file: model } = await defaultModelFile();
const engine = await openEngine(model);
const layers = featureLayers(engine.info).map(({ name }) => name);
const module = kernelsModule();

/** Runs something and says what it took. */
async function timed<T>(what: string, run: () => Promise<T> | T): Promise<T> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  const result = await run();
  const { user, system } = process.cpuUsage(before);
  const wall = (performance.now() - started) / 1000;
  console.log(`${what}: ${wall.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of processor time`);
  return result;
}

async function read(folder: string): Promise<Photo[]> {
  const photos = (await labelledPhotos(folder)).filter(({ label }) => label !== undefined);
  const files = photos.map(({ file }) => file);
  const replies = await timed(`reading ${files.length} photos of ${path.basename(folder)}`, () =>
    extract(files, { model, layers, float: true, progress: () => undefined }),
  );
  return replies.flatMap(({ activations }, i) => {
    const label = `${path.basename(folder)}/${photos[i]?.label}`;
    return activations ? [{ label, activations }] : [];
  });
}

const exampleOf = ({ label, activations }: Photo): Example => ({
  label,
  layers: Object.fromEntries(
    layers.map((layer, at) => [layer, [quantizeFeatures(activations[at] ?? new Float32Array(0))]]),
  ),
});

function trainOn(photos: readonly Photo[]): Trained {
  const backbone = { name: engine.info.name, sha256: engine.info.sha256 };
  return train(photos.map(exampleOf), {
    name: 'bench',
    backbone,
    layers,
    dotProducts: (left, right) => dotProducts(module, left, right),
  });
}

/** Of each class 40 photos, and the rest, by a seeded shuffle (Fisher and Yates). */
function split(photos: readonly Photo[], seed: number): { own: Photo[]; rest: Photo[] } {
  const random = randomNumbers(seed);
  const [own, rest]: [Photo[], Photo[]] = [[], []];
  for (const label of new Set(photos.map((photo) => photo.label))) {
    const some = photos.filter((photo) => photo.label === label);
    for (let i = some.length - 1; i > 0; i--) {
      const other = Math.floor(random() * (i + 1));
      [some[i], some[other]] = [some[other] as Photo, some[i] as Photo];
    }
    own.push(...some.slice(0, PER_CLASS));
    rest.push(...some.slice(PER_CLASS));
  }
  return { own, rest };
}

function accuracyOf({ head }: Trained, photos: readonly Photo[]): number {
  const { labels, layer } = head.facts;
  const right = photos.filter(({ label, activations }) => {
    const { logits } = predict(head, activations[layers.indexOf(layer)] ?? new Float32Array(0));
    return labels[argmax(logits)] === label;
  });
  return right.length / photos.length;
}

const photos = await read(first);
const rows: string[][] = [];
const differences: number[] = [];
let trained: Trained | undefined;
for (let seed = 1; seed <= SPLITS; seed++) {
  const { own, rest } = split(photos, seed);
  const run = () => trainOn(own);
  trained = seed === 1 ? await timed(`training on ${own.length} photos`, run) : run();
  const leftOut = trained.head.facts.correct / own.length;
  const test = accuracyOf(trained, rest);
  differences.push(leftOut - test);
  rows.push([String(seed), trained.head.facts.layer, percent(leftOut), percent(test)]);
}
process.stdout.write(table(['split', 'layer', 'leave-one-out', 'test'], rows));
const mean = differences.reduce((sum, each) => sum + each, 0) / SPLITS;
const spread = Math.sqrt(differences.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (SPLITS - 1));
console.log(
  `leave-one-out less test: ${(100 * mean).toFixed(1)} points in the mean, standard deviation ${(100 * spread).toFixed(1)}`,
);

if (folders.length > 1) {
  const all = [...photos];
  for (const folder of folders.slice(1)) all.push(...(await read(folder)));
  await timed(`training on ${all.length} photos`, () => trainOn(all));
}

if (trained) {
  const { head } = trained;
  console.log(`head file: ${(await encodeHead(head)).bytes.length} bytes`);
  const picture = photographPixels(engine.inputSize, engine.inputSize);
  const time = (run: () => void): number => {
    const started = performance.now();
    run();
    return performance.now() - started;
  };
  let [plain, withHead] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    plain = Math.min(
      plain,
      time(() => engine.run([picture])),
    );
    withHead = Math.min(
      withHead,
      time(() => {
        const [[x] = []] = engine.activations([picture], [head.facts.layer]);
        predict(head, x ?? new Float32Array(0));
      }),
    );
  }
  console.log(
    `a photo without a head ${plain.toFixed(2)} ms, with one ${withHead.toFixed(2)} ms: ${(withHead / plain).toFixed(2)}`,
  );
}
