// `npm run weights -- COMMAND`: float weights in, packed model out, into R2. Errors are one line on standard
// error and exit status 1.
import { Command, Option } from 'commander';
import { SafetensorsError } from '../../src/model/safetensors.ts';
import { ServiceError } from '../../src/errors.ts';
import { ImportError } from '../float-model.ts';
import type { ImportOptions } from '../import/import-file.ts';
import { PREPROCESS } from '../import/preprocess-presets.ts';
import { VARIANTS } from '../import/variants.ts';
import { PUBLISHED } from '../published.ts';
import { getCommand } from './get-command.ts';
import { DEFAULT_FOLDER, importCommand } from './import-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { pushCommand } from './push-command.ts';
import { verifyCommand } from './verify-command.ts';

const program = new Command('weights')
  .description('Imports published AlexNet weights, packs them for the Worker and puts them into R2.')
  .showHelpAfterError();

function withImportOptions(command: Command): Command {
  return command
    .option('--name <name>', "name of the model, part of its key; the network's name without it")
    .option('--labels <file>', 'synset_words.txt, imagenet_class_index.json or one class name a line')
    .option('--licence <text>', 'licence of the weights, kept in the model file')
    .addOption(new Option('--variant <variant>', 'the network that a file without a graph is').choices(VARIANTS))
    .addOption(
      new Option('--preprocess <preset>', 'how pictures were prepared for training').choices(Object.keys(PREPROCESS)),
    )
    .option('--out <folder>', 'where the packed file goes', DEFAULT_FOLDER);
}

withImportOptions(program.command('import').argument('<file>', 'caffemodel, ONNX, npy, PyTorch or safetensors'))
  .description('packs a file of float weights')
  .action(async (file: string, options: ImportOptions & { out: string }) => importCommand(file, options));

withImportOptions(program.command('get').argument('[name]', `one of: ${PUBLISHED.map(({ name }) => name).join(', ')}`))
  .description('downloads a published file (resumes, checks its checksum) and packs it; without a name: lists them')
  .option('--from <url>', 'another address of the same file')
  .option('--downloads <folder>', 'where the download goes', 'build/downloads')
  .action(async (name: string | undefined, options) => getCommand(name, options));

program
  .command('inspect')
  .description('prints what a file holds, float or packed')
  .argument('<file>')
  .option('--json', 'as JSON')
  .action((file: string, options: { json?: boolean }) => inspectCommand(file, options));

program
  .command('verify')
  .description('compares a packed model with its float source on photos')
  .argument('<packed>')
  .requiredOption('--source <file>', 'the float weights that it was made from')
  .requiredOption('--photos <folder>', 'JPEG, PNG, WebP, GIF or AVIF files, searched in subfolders too')
  .option('--limit <count>', 'at most so many photos, spread over the folder', (text) => Number.parseInt(text, 10))
  .addOption(new Option('--variant <variant>', 'as for import').choices(VARIANTS))
  .addOption(new Option('--preprocess <preset>', 'as for import').choices(Object.keys(PREPROCESS)))
  .option('--json', 'as JSON')
  .action(async (packed: string, options) => verifyCommand(packed, options));

program
  .command('push')
  .description('puts a packed model into R2 and makes it the current one')
  .argument('<packed>')
  .option('--remote', 'into the bucket at Cloudflare, through wrangler; without it into the local one')
  .option('--no-use', 'leave MODEL in wrangler.toml as it is')
  .action(async (packed: string, options) => pushCommand(packed, options));

try {
  await program.parseAsync();
} catch (error) {
  const known = error instanceof ImportError || error instanceof SafetensorsError || error instanceof ServiceError;
  const text = known || !(error instanceof Error) ? String((error as Error).message ?? error) : `unexpected: ${error.stack}`;
  process.stderr.write(`weights: ${known ? text.replaceAll('\n', ' ') : text}\n`);
  process.exitCode = 1;
}
