// The command line of the weights: `npm run weights -- COMMAND`. Errors are one line and exit status 1.
import { Command, Option } from 'commander';
import { NetworkError } from '../../src/network/shapes.ts';
import { compressModel, DEFAULT_MODEL_PATH } from '../default-model.ts';
import { ImportError } from '../float-model.ts';
import { PREPROCESS } from '../import/preprocess-presets.ts';
import { VARIANTS } from '../import/variants.ts';
import { PUBLISHED } from '../published.ts';
import { type GetCommand, getPublished } from './get.ts';
import { type ImportCommand, importAndPack } from './import.ts';
import { inspectFile } from './inspect.ts';
import { withProgress } from './progress.ts';
import { type PushCommand, pushFile } from './push.ts';
import { type VerifyCommand, verifyPacked } from './verify.ts';

const program = new Command('weights').description(
  'Import, inspect, compare and store the weights of a model',
);

function withImportOptions(command: Command): Command {
  return command
    .option('--labels <file>', 'labels: synset_words.txt, imagenet_class_index.json, or one a line')
    .option('--name <name>', "name of the model, part of its key (default: the network's)")
    .option('--out <file>', 'the packed file (default: build/<key>)')
    .addOption(
      new Option('--variant <name>', 'the network, where the file does not say it').choices(VARIANTS),
    )
    .addOption(
      new Option('--preprocess <name>', 'how training prepared a picture').choices(Object.keys(PREPROCESS)),
    )
    .option('--licence <text>', 'licence of the weights, for the model file')
    .option('--accuracy <text>', 'reported accuracy, for the model file');
}

withImportOptions(program.command('import'))
  .description(
    'turn a published weights file (caffemodel, ONNX, npy, PyTorch, safetensors) into a packed model',
  )
  .argument('<file>', 'the weights; the form is told from the content')
  .action(async (file: string, options: ImportCommand) => {
    await importAndPack(file, options);
  });

withImportOptions(program.command('get'))
  .description('download a published file (resumes, checks its checksum) and import it; no name: list them')
  .argument('[name]', PUBLISHED.map(({ name }) => name).join(', '))
  .option('--from <url>', 'another address of the same file')
  .option('--downloads <folder>', 'where the downloaded file is kept', 'build/downloads')
  .action((name: string | undefined, options: GetCommand) => getPublished(name, options));

program
  .command('inspect')
  .description('print what a file holds, float or packed')
  .argument('<file>')
  .option('--json', 'as JSON')
  .action((file: string, options: { json?: boolean }) => inspectFile(file, options));

program
  .command('verify')
  .description('compare a packed model with its float source on photos')
  .argument('<packed>')
  .requiredOption('--source <file>', 'the float weights that it was made from')
  .requiredOption('--photos <folder>', 'JPEG, PNG, WebP or GIF files, searched in subfolders too')
  .option('--limit <count>', 'at most so many photos, spread over the folder', Number)
  .addOption(new Option('--variant <name>', 'as for import').choices(VARIANTS))
  .addOption(new Option('--preprocess <name>', 'as for import').choices(Object.keys(PREPROCESS)))
  .option('--json <file>', 'write the figures as JSON too')
  .action((packed: string, options: VerifyCommand) => verifyPacked(packed, options));

program
  .command('push')
  .description('store a packed model in the bucket and name it in wrangler.toml')
  .argument('<file>', 'a packed model')
  .option('--remote', "the account's bucket instead of the local one")
  .option('--no-use', 'leave MODEL in wrangler.toml as it is')
  .action((file: string, options: PushCommand) => pushFile(file, options));

program
  .command('pack-default')
  .description('make the committed default model (weights/*.br) from the trained float16 file')
  .argument('[file]', 'the trained weights', '../shared/model/alexnet-ten-classes.f16.safetensors')
  .action(async (file: string) => {
    const packed = await importAndPack(file, {
      name: 'alexnet-ten-classes',
      licence: 'MIT, trained by this project on Imagenette',
      accuracy: "83.2 % top-1 on Imagenette's validation split (3,925 photos)",
    });
    await withProgress('compressing', (update) => compressModel(packed.path, DEFAULT_MODEL_PATH, update));
    console.log(DEFAULT_MODEL_PATH);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ImportError) && !(error instanceof NetworkError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
