// The options of `npm run bulk` and of the package's `alexnet-edge bulk`, and what they do: every photo of a folder, or of
// a bucket, with all cores. The file of results is also where a run goes on that was stopped. Exit status: 0 when every
// photo has a result, 1 when some failed, 130 when stopped.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Photos } from './photos.ts';
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

export interface BulkOptions {
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

/** Adds the options that do not depend on where photos and model come from. */
export function withBulkOptions(command: Command): Command {
  return command
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
    .option('--head <file>', 'a head file (train): classify by it')
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
    .option('--again', 'begin anew, whatever the file holds');
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

/** Returns the exit status. @param model its packed file */
export async function bulk(photos: Photos, model: string, options: BulkOptions): Promise<number> {
  const { format, topK, crops, exif, reject, include, head, npy, moveIntoFolders, threads, again } = options;
  const { out = `results.${format}` } = options;
  try {
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
