// `npm run bulk -- FOLDER`: command.ts with this clone's model and the buckets that wrangler knows.
import { Command, Option } from 'commander';
import { build } from '../../assembly/build.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { readConfig } from '../config.ts';
import { modelFile } from '../model-file.ts';
import { type BulkOptions, bulk, withBulkOptions } from './command.ts';
import { folderPhotos, type Photos } from './photos.ts';

interface BucketOptions {
  bucket?: 'local' | 'remote';
  prefix: string;
  name?: string;
}

const command = withBulkOptions(
  new Command('bulk')
    .description('classify all photos of a folder or a bucket with all cores')
    .argument('[folder]', 'a folder of photos')
    .addOption(new Option('--bucket <where>', 'a bucket instead of a folder').choices(['local', 'remote']))
    .option('--prefix <text>', 'what the keys of the bucket begin with', '')
    .option('--name <bucket>', 'the bucket (default: PHOTOS of wrangler.toml)'),
).parse();

async function openPhotos(folder: string | undefined, options: BucketOptions): Promise<Photos> {
  const { bucket, prefix, name } = options;
  if ((folder === undefined) === (bucket === undefined))
    throw new OperatorError('expected a folder, or --bucket: npm run bulk -- FOLDER');
  if (folder !== undefined) return folderPhotos(folder);
  // wrangler takes seconds to start: loaded when it is needed.
  const { bucketPhotos } = await import('./bucket.ts');
  return bucketPhotos(bucket ?? 'local', prefix, name);
}

try {
  const options = command.opts<BulkOptions & BucketOptions>();
  const photos = await openPhotos(command.args[0], options);
  await build(process.env.KERNELS ?? 'relaxed', false);
  const { path: model } = await modelFile((await readConfig()).model);
  process.exitCode = await bulk(photos, model, options);
} catch (error) {
  const fromSystem = error instanceof Error && 'syscall' in error;
  if (!(error instanceof OperatorError) && !fromSystem) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
