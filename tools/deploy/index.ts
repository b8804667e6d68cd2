// `npm run deploy`: the Worker, its bucket and its model into a Cloudflare account. `-- --dry-run` needs neither an
// account nor a network, and prints what would be done.
import path from 'node:path';
import { Command } from 'commander';
import { build } from '../../assembly/build.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { CONFIG_PATH } from '../config.ts';
import { modelFile } from '../model-file.ts';
import { buildPage } from '../page/build.ts';
import { readSettings } from './settings.ts';
import { deploy } from './steps.ts';
import { ROOT, wrangler } from './wrangler.ts';

const { dryRun = false, watch } = new Command('deploy')
  .description('deploy the Worker and its model')
  .option('--dry-run', 'print each step, do only those that need no account')
  .option('--watch <bucket/prefix>', 'announce new objects of the bucket PHOTOS to the queue')
  .parse()
  .opts<{ dryRun?: boolean; watch?: string }>();

try {
  const settings = readSettings(CONFIG_PATH);
  await deploy({
    dryRun,
    watch,
    settings,
    wrangler,
    build: async () => {
      await build(process.env.KERNELS ?? 'relaxed', false);
      await buildPage();
    },
    model: () => modelFile(settings.model),
    bundleFolder: path.join(ROOT, 'build/deploy'),
    fetch,
    print: (line) => console.log(line),
  });
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
