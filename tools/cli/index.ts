// The command line of the published package: `npx alexnet-edge COMMAND`. Errors are one line and exit status 1.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import { ServiceError } from '../../src/errors.ts';
import { inWords, OperatorError } from '../../weights/operator-error.ts';
import { PUBLISHED } from '../../weights/published.ts';
import { type BulkOptions, withBulkOptions } from '../bulk/command.ts';
import { type ClassifyCommand, classifyPhotos } from './classify.ts';
import { type DeployCommand, deployFolder } from './deploy.ts';
import { cacheFolder, modelOf, writeDefault } from './model.ts';
import { type ServeCommand, serve } from './serve.ts';

const { version } = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../../package.json'), 'utf8'),
) as { version: string };
const MODEL = new Option('--model <file>', 'a packed model; without it: the ten classes that come along');

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new OperatorError(`expected a number, found ${inWords(text)}`);
  return value;
}

const program = new Command('alexnet-edge')
  .description(
    "The AlexNet of 2012: photos to classes, in Node, as a server, in one's own Cloudflare account",
  )
  .version(version)
  .showHelpAfterError('(--help tells what there is)');

program
  .command('classify')
  .description('say what is on photos; one line each, or JSON')
  .argument('<photos...>', 'JPEG, PNG, GIF, BMP or WebP files')
  .addOption(MODEL)
  .option('--head <file>', 'a head of your own classes (train)')
  .option('--top-k <count>', 'classes of each photo', number, 3)
  .addOption(new Option('--crops <count>', '10: corners and centre, mirrored too').choices(['1', '10']))
  .option('--json', 'one JSON object a line, as POST /v1/classify answers')
  .action((photos: string[], options: ClassifyCommand) => classifyPhotos(photos, options));

withBulkOptions(
  program
    .command('bulk')
    .description('classify all photos of a folder with all cores; a stopped run goes on')
    .argument('<folder>')
    .addOption(MODEL),
).action(async (folder: string, options: BulkOptions & { model?: string }) => {
  const { bulk } = await import('../bulk/command.ts');
  const { folderPhotos } = await import('../bulk/photos.ts');
  const { path: model } = await modelOf(options.model);
  process.exitCode = await bulk(await folderPhotos(folder), model, options);
});

program
  .command('get')
  .description(
    'put a model into a file: the default one, or a published one (downloaded, checked and packed)',
  )
  .argument('[name]', `default, ${PUBLISHED.map(({ name }) => name).join(', ')}`, 'default')
  .option('--out <file>', 'where (default: NAME.safetensors)')
  .action(async (name: string, { out = `${name}.safetensors` }: { out?: string }) => {
    if (name === 'default') {
      const { key, bytes } = await writeDefault(out);
      console.log(`${out}: ${(bytes / 1e6).toFixed(1)} MB, key ${key}`);
      return;
    }
    const { getPublished } = await import('../weights/get.ts');
    await getPublished(name, { downloads: path.join(cacheFolder(), 'downloads'), out });
  });

program
  .command('train')
  .description('train a head from a folder with a folder of photos for each class (none/: of other things)')
  .argument('<folder>')
  .requiredOption('--name <name>', 'name of the head: a-z, 0-9 and -')
  .addOption(MODEL)
  .option('--mirror', 'try mirrored photos as examples, too')
  .option('--out <file>', 'the head file (default: NAME.safetensors)')
  .action(
    async (folder: string, options: { name: string; model?: string; mirror?: boolean; out?: string }) => {
      const { trainFolder } = await import('../heads/train.ts');
      const { model, ...command } = options;
      await trainFolder(folder, await modelOf(model), { out: `${options.name}.safetensors`, ...command });
    },
  );

program
  .command('serve')
  .description('serve page and API on this machine (needs the package workerd beside this one)')
  .addOption(MODEL)
  .option('--port <port>', 'TCP port', number, 8787)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--head <files...>', 'heads to publish')
  .action((options: ServeCommand) => serve(options));

program
  .command('deploy')
  .description("deploy Worker, page and model to one's own Cloudflare account (needs the package wrangler)")
  .argument('[folder]', 'where the Worker is written, with its wrangler.toml', 'alexnet-edge-worker')
  .addOption(MODEL)
  .option('--dry-run', 'write the folder, say what would be done')
  .action((folder: string, options: DeployCommand) => deployFolder(folder, options));

try {
  await program.parseAsync();
} catch (error) {
  const fromSystem = error instanceof Error && 'syscall' in error;
  if (!(error instanceof OperatorError) && !(error instanceof ServiceError) && !fromSystem) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
