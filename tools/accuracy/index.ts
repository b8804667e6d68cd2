// `npm run accuracy -- DIR`: sends every photo of DIR (a folder per synset id) to POST /v1/classify and prints how
// often the service is right and how near it is to the float reference. Exit status 1 for an error and for a bar
// that is not met.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { OperatorError } from '../../weights/operator-error.ts';
import { listPhotos } from '../../weights/photos.ts';
import { withProgress } from '../progress.ts';
import { table } from '../table.ts';
import { type Answer, barsOf, type Figures, figuresOf, percent, readReference } from './agreement.ts';
import { measureWay, WAYS, type WayFigures } from './averages.ts';
import { labelledPhotos, requireKnown } from './photographs.ts';
import { embeddings, measureRetrieval } from './retrieval.ts';
import { classifyPhoto, modelSynsets } from './service.ts';

const REFERENCE = path.join(import.meta.dirname, '../../../shared/model/reference.json');

interface AverageOptions {
  url?: string;
  others?: string;
  ways?: string;
  json?: string;
}

interface Options {
  url?: string;
  reference?: string;
  json?: string;
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url?.protocol.startsWith('http'))
    throw new OperatorError(`--url: expected an address such as http://localhost:8787, found "${text}"`);
  return url;
}

const RETRIEVAL = 'retrieval';

async function serviceAt(text: string | undefined): Promise<{ url: URL; stop(): Promise<void> }> {
  if (text !== undefined) return { url: parseUrl(text), stop: async () => {} };
  return withProgress('starting the Worker', async () => (await import('./local-service.ts')).startService());
}

/** Throws OperatorError. */
async function printAverages(folder: string, options: AverageOptions): Promise<void> {
  const photos = labelledPhotos(folder);
  const known = [...WAYS.map(([way]) => way), RETRIEVAL];
  const asked = options.ways?.split(',') ?? known;
  const unknown = asked.find((way) => !known.includes(way));
  if (unknown !== undefined)
    throw new OperatorError(`--ways: expected of ${known.join(', ')}, found "${unknown}"`);
  const chosen = WAYS.filter(([way]) => asked.includes(way));
  const others = options.others === undefined ? [] : listPhotos(options.others);
  const service = await serviceAt(options.url);
  try {
    const { name, synsets } = await modelSynsets(service.url);
    requireKnown(photos, synsets);
    const ways = await withProgress('classifying', async (update) => {
      let count = 0;
      const all = chosen.length * (photos.length + others.length);
      const done: WayFigures[] = [];
      for (const way of chosen)
        done.push(await measureWay(service.url, way, photos, others, () => update(++count, all)));
      return done;
    });
    const found = await withProgress('finding', async (update) => {
      let count = 0;
      return asked.includes(RETRIEVAL)
        ? embeddings(service.url, photos, () => update(++count, photos.length))
        : [];
    });
    const retrieval = found.length > 0 ? measureRetrieval(photos, found) : [];
    const area = (value: number | undefined) => (value === undefined ? '' : value.toFixed(3));
    const rows = ways.map(({ way, top1, calibrationError, known, entropy, mutualInformation }) => [
      way,
      percent(top1),
      calibrationError.toFixed(4),
      area(known),
      area(entropy),
      area(mutualInformation),
    ]);
    const head = [
      'asked',
      'top-1',
      'calibration error',
      'AUC known',
      'AUC entropy',
      'AUC mutual information',
    ];
    process.stdout.write(
      `${name}, ${photos.length} photos, ${others.length} of other things\n${table(head, rows)}\n` +
        table(
          ['the six nearest by', 'same class'],
          retrieval.map(({ way, precision }) => [way, percent(precision)]),
        ),
    );
    if (options.json)
      await writeFile(options.json, `${JSON.stringify({ model: name, ways, retrieval }, null, 2)}\n`);
  } finally {
    await service.stop();
  }
}

async function measure(folder: string, options: Options): Promise<{ model: string; figures: Figures }> {
  const photos = labelledPhotos(folder);
  const file = options.reference ?? (existsSync(REFERENCE) ? REFERENCE : undefined);
  const reference = file === undefined ? new Map() : readReference(file);
  const service = await serviceAt(options.url);
  try {
    const { name, synsets } = await modelSynsets(service.url);
    requireKnown(photos, synsets);
    const answers = await withProgress('classifying', async (update) => {
      const done: Answer[] = [];
      for (const photo of photos) {
        done.push({ photo, predictions: await classifyPhoto(service.url, photo.path) });
        update(done.length, photos.length);
      }
      return done;
    });
    const figures = figuresOf(answers, reference);
    if (!figures.reference && options.reference !== undefined)
      throw new OperatorError(`${options.reference}: expected photos of ${folder}, found none of them`);
    return { model: name, figures };
  } finally {
    await service.stop();
  }
}

const program = new Command('accuracy')
  .description('Top-1 of the running service over labelled photos, and its agreement with the float network')
  .argument('<dir>', 'a folder that holds a folder of photos per class, named by its synset id')
  .option('--url <url>', 'a service that runs already (default: one is started with the default model)')
  .option(
    '--reference <file>',
    'float results to compare with (default: ../shared/model/reference.json if there)',
  )
  .option('--json <file>', 'write the figures')
  .option('--averages', 'measure crops, relight, dropout and retrieval instead, without bars')
  .option('--ways <list>', 'with --averages: only these, with commas')
  .option('--others <dir>', 'with --averages: photos of none of the classes, to be told apart')
  .action(async (folder: string, options: Options & AverageOptions & { averages?: boolean }) => {
    if (options.averages) return printAverages(folder, options);
    if (options.others !== undefined)
      throw new OperatorError('--others: expected together with --averages, found it alone');
    const { model, figures } = await measure(folder, options);
    const bars = figures.reference ? barsOf(figures.reference) : [];
    const rows = [
      ['photos', String(figures.photos), ''],
      ...(figures.reference ? [] : [['top-1', percent(figures.top1), 'no reference']]),
      ['top-5', percent(figures.top5), ''],
      ...bars.map(({ name, value, bar, met }) => [name, value, `${bar}: ${met ? 'met' : 'MISSED'}`]),
    ];
    process.stdout.write(`${model}\n${table(['measured', 'value', 'bar'], rows)}`);
    if (options.json)
      await writeFile(options.json, `${JSON.stringify({ model, ...figures, bars }, null, 2)}\n`);
    if (bars.some(({ met }) => !met)) process.exitCode = 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}
