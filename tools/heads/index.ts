// The command line of heads: `npm run heads -- COMMAND`. Errors are one line and exit status 1.
import { Command } from 'commander';
import { ServiceError } from '../../src/errors.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { readConfig } from '../config.ts';
import { modelFile } from '../model-file.ts';
import type { StoreCommand } from './published.ts';
import { type TrainCommand, trainFolder } from './train.ts';

const program = new Command('heads').description('Train and publish classifiers of your own classes');

/** wrangler takes seconds to start: loaded when it is needed. */
const published = () => import('./published.ts');

function withStore(command: Command): Command {
  return command.option('--remote', "the account's bucket instead of the local one");
}

withStore(
  program
    .command('train')
    .description('train a head from a folder with a folder of photos for each class (none/: of other things)')
    .argument('<folder>')
    .requiredOption('--name <name>', 'name of the head: a-z, 0-9 and -')
    .option('--mirror', 'try mirrored photos as examples, too')
    .option('--out <file>', 'the head file (default: build/heads/NAME-VERSION.safetensors)')
    .option('--push', 'publish it'),
).action(async (folder: string, options: TrainCommand & StoreCommand & { push?: boolean }) => {
  const packed = await modelFile((await readConfig()).model);
  const { bytes, version } = await trainFolder(folder, packed, options);
  if (options.push) await (await published()).publish(options.name, version, bytes, options);
});

withStore(
  program
    .command('verify')
    .description('classify a folder of labelled photos with a head')
    .argument('<folder>')
    .option('--name <name>', 'a published head')
    .option('--file <file>', 'a head file'),
).action(async (folder: string, options: StoreCommand & { name?: string; file?: string }) => {
  const packed = await modelFile((await readConfig()).model);
  const { verifyFolder } = await import('./verify.ts');
  const { readHead } = await published();
  await verifyFolder(folder, packed, await readHead(options));
});

withStore(program.command('push').description('publish a head file').argument('<file>')).action(
  async (file: string, options: StoreCommand) => (await published()).pushFile(file, options),
);
withStore(program.command('list').description('the published heads')).action(async (options: StoreCommand) =>
  (await published()).list(options),
);
withStore(program.command('show').description('what a head says of itself').argument('<name>')).action(
  async (name: string, options: StoreCommand) => (await published()).show(name, options),
);
withStore(
  program.command('rollback').description('the version before in use again').argument('<name>'),
).action(async (name: string, options: StoreCommand) => (await published()).rollback(name, options));
withStore(
  program.command('delete').description('take a head away, with all its versions').argument('<name>'),
).action(async (name: string, options: StoreCommand) => (await published()).remove(name, options));
withStore(
  program
    .command('export')
    .description('a head as JSON on standard output, for other programs')
    .option('--name <name>', 'a published head')
    .option('--file <file>', 'a head file'),
).action(async (options: StoreCommand & { name?: string; file?: string }) =>
  (await published()).exportJson(options),
);

try {
  await program.parseAsync();
} catch (error) {
  const fromSystem = error instanceof Error && 'syscall' in error;
  if (!(error instanceof OperatorError) && !(error instanceof ServiceError) && !fromSystem) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
