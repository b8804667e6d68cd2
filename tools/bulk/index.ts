// `npm run bulk -- FOLDER`: every photo of a folder, or of a bucket, with all cores. The file of results is also where a
// run goes on that was stopped. Exit status: 0 when every photo has a result, 1 when some failed, 130 when stopped.
import { Command, InvalidArgumentError, Option } from 'commander';
import { build } from '../../assembly/build.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { readConfig } from '../config.ts';
import { modelFile } from '../model-file.ts';
import { folderPhotos, type Photos } from './photos.ts';
import { run } from './run.ts';

const STOPPED = 130;

function number(min: number, max: number, whole = true) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max) || (whole && !Number.isInteger(value)))
      throw new InvalidArgumentError(`expected a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`);
    return value;
  };
}

interface BulkOptions {
  bucket?: 'local' | 'remote';
  prefix: string;
  name?: string;
  out?: string;
  format: 'ndjson' | 'csv';
  npy?: string;
  moveIntoFolders?: string;
  head?: string;
  topK: number;
  crops: '1' | '10';
  exif: 'apply' | 'ignore';
  reject: number;
  include?: string;
  threads?: number;
  again?: boolean;
}

const command = new Command('bulk')
  .description('classify all photos of a folder or a bucket with all cores')
  .argument('[folder]', 'a folder of photos')
  .addOption(new Option('--bucket <where>', 'a bucket instead of a folder').choices(['local', 'remote']))
  .option('--prefix <text>', 'what the keys of the bucket begin with', '')
  .option('--name <bucket>', 'the bucket (default: PHOTOS of wrangler.toml)')
  .option(
    '--out <file>',
    'the file of results (default: results.ndjson, results.csv); a run goes on behind it',
  )
  .addOption(new Option('--format <format>', 'of that file').choices(['ndjson', 'csv']).default('ndjson'))
  .option(
    '--npy <file>',
    'vectors (embeddings) of the photos with a result, a row each, in the order of the file',
  )
  .option('--move-into-folders <folder>', 'copy each photo into a folder of its class')
  .option('--head <file>', 'a head file (npm run heads -- train): classify by it')
  .addOption(new Option('--top-k <n>', 'classes of a photo; 0 = all').argParser(number(0, 1000)).default(5))
  .addOption(
    new Option('--crops <n>', 'the centre crop, or the mean of ten').choices(['1', '10']).default('1'),
  )
  .addOption(
    new Option('--exif <what>', 'the orientation of the camera')
      .choices(['apply', 'ignore'])
      .default('apply'),
  )
  .addOption(
    new Option('--reject <share>', 'photos with `known` below it are none of these')
      .argParser(number(0.02, 0.5, false))
      .default(0.05),
  )
  .addOption(new Option('--include <what>', 'more in NDJSON').choices(['logits', 'embedding']))
  .addOption(new Option('--threads <n>', 'default: one a core').argParser(number(1, 256)))
  .option('--again', 'begin anew, whatever the file holds')
  .parse();

async function openPhotos(folder: string | undefined, options: BulkOptions): Promise<Photos> {
  const { bucket, prefix, name } = options;
  if ((folder === undefined) === (bucket === undefined))
    throw new OperatorError('expected a folder, or --bucket: npm run bulk -- FOLDER');
  if (folder !== undefined) return folderPhotos(folder);
  // wrangler takes seconds to start: loaded when it is needed.
  const { bucketPhotos } = await import('./bucket.ts');
  return bucketPhotos(bucket ?? 'local', prefix, name);
}

/** The first Ctrl-C lets what has begun end; the second does not. */
function onInterrupt(stop: () => void): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (asked) process.exit(STOPPED);
      asked = true;
      process.stderr.write('\nstopping; once more: at once\n');
      stop();
    });
}

async function main(): Promise<number> {
  const options = command.opts<BulkOptions>();
  const { format, topK, crops, exif, reject, include, head, npy, moveIntoFolders, threads, again } = options;
  const { out = `results.${format}` } = options;
  const photos = await openPhotos(command.args[0], options);
  try {
    await build(process.env.KERNELS ?? 'relaxed', false);
    const { path: model } = await modelFile((await readConfig()).model);
    const print = (line: string) => process.stderr.write(`${line}\n`);
    print(
      `${photos.names.length} photos${photos.others > 0 ? `; ${photos.others} other files are left out` : ''}`,
    );
    const { total, done, failed } = await run({
      photos,
      out,
      thread: {
        model,
        ...(head === undefined ? {} : { head }),
        format,
        topK,
        crops: crops === '10' ? 10 : 1,
        exif,
        reject,
        include: include === 'logits' || include === 'embedding' ? [include] : [],
        embeddings: npy !== undefined,
      },
      threads,
      npy,
      folders: moveIntoFolders,
      again: again ?? false,
      onStop: onInterrupt,
      print,
    });
    if (failed.size > 0) print(`${failed.size} photos failed:`);
    for (const [name, why] of failed) print(`  ${name}: ${why}`);
    if (done < total) {
      print(`stopped at ${done} of ${total}; the same command goes on`);
      return STOPPED;
    }
    print(`results: ${out}`);
    return failed.size > 0 ? 1 : 0;
  } finally {
    await photos.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const fromSystem = error instanceof Error && 'syscall' in error;
  if (!(error instanceof OperatorError) && !fromSystem) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
