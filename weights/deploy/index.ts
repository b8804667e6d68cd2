// `npm run deploy`: the Worker, its bucket and its model into a Cloudflare account. `-- --dry-run` needs neither an
// account nor a network, and prints what would be done.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { build } from '../../assembly/build.ts';
import { withProgress } from '../cli/progress.ts';
import { compressedModelKey, DEFAULT_MODEL_PATH, unpackModel } from '../default-model.ts';
import { ImportError } from '../float-model.ts';
import { type PackedFile, readPackedFile } from '../packed-file.ts';
import { CONFIG_PATH } from '../worker-config.ts';
import { readSettings } from './settings.ts';
import { deploy } from './steps.ts';
import { ROOT, wrangler } from './wrangler.ts';

/** The file under build/; the default model is unpacked when it is not there. Throws ImportError. */
async function modelFile(key: string): Promise<PackedFile> {
  const file = path.join(ROOT, 'build', key);
  if (await stat(file).catch(() => undefined)) return readPackedFile(file);
  if (key !== (await compressedModelKey(DEFAULT_MODEL_PATH)))
    throw new ImportError(`MODEL: expected build/${key}, found none: npm run weights -- get, or import`);
  return withProgress('unpacking the default model', (update) =>
    unpackModel(DEFAULT_MODEL_PATH, file, update),
  );
}

const { dryRun = false } = new Command('deploy')
  .description('deploy the Worker and its model')
  .option('--dry-run', 'print each step, do only those that need no account')
  .parse()
  .opts<{ dryRun?: boolean }>();

try {
  const settings = readSettings(CONFIG_PATH);
  await deploy({
    dryRun,
    settings,
    wrangler,
    build: () => build(process.env.KERNELS ?? 'relaxed', false),
    model: () => modelFile(settings.model),
    bundleFolder: path.join(ROOT, 'build/deploy'),
    fetch,
    print: (line) => console.log(line),
  });
} catch (error) {
  if (!(error instanceof ImportError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
