// The command line of the weights: `npm run weights -- COMMAND`. Errors are one line and exit status 1.
// A command is loaded when it is called: none waits for the libraries of the others.
import path from 'node:path';
import { Command, Option } from 'commander';
import { NetworkError } from '../../src/network/shapes.ts';
import { PREPROCESS } from '../../weights/formats/network/preprocess-presets.ts';
import { VARIANTS } from '../../weights/formats/network/variants.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { PUBLISHED } from '../../weights/published.ts';
import type { CalibrateCommand, KnownCommand } from './calibrate.ts';
import type { GetCommand } from './get.ts';
import type { ImportCommand } from './import.ts';
import type { InspectCommand } from './inspect.ts';
import type { PushCommand } from './push.ts';
import type { VerifyCommand } from './verify.ts';

const program = new Command('weights').description(
  'Import, inspect, compare and store the weights of a model',
);

function withImportOptions(command: Command): Command {
  return command
    .option('--labels <file>', 'labels: synset_words.txt, imagenet_class_index.json, or one a line')
    .option('--name <name>', "name of the model (default: the network's)")
    .option('--out <file>', 'the packed file (default: build/<key>)')
    .addOption(variantOption())
    .addOption(preprocessOption())
    .option(
      '--mean-image <file>',
      'mean image that training subtracted: .binaryproto or .npy, instead of a mean colour',
    )
    .addOption(
      new Option('--dense <bits>', 'bits of a weight of the dense layers').choices(['8', '4']).default('8'),
    )
    .addOption(
      new Option('--colors <photos>', "whose colours relight varies by: ImageNet's as published").choices([
        'imagenet',
      ]),
    )
    .option('--licence <text>', 'licence of the weights, for the model file')
    .option('--accuracy <text>', 'reported accuracy, for the model file');
}

function variantOption(): Option {
  return new Option('--variant <name>', 'the network, where the file does not say it').choices(VARIANTS);
}

function preprocessOption(): Option {
  return new Option('--preprocess <name>', 'how training prepared a picture').choices(
    Object.keys(PREPROCESS),
  );
}

withImportOptions(
  program
    .command('import')
    .description(
      'turn a published weights file (caffemodel, ONNX, npy, PyTorch, Paddle, Keras, MatConvNet, safetensors) into a packed model',
    )
    .argument('<file>', 'the weights; the form is told from the content'),
).action(async (file: string, options: ImportCommand) => {
  const { importAndPack } = await import('./import.ts');
  await importAndPack(file, options);
});

withImportOptions(
  program
    .command('get')
    .description('download a published file, check it, and import it; without a name: list them')
    .argument('[name]', `one of ${PUBLISHED.map(({ name }) => name).join(', ')}`)
    .option('--from <url>', 'another address of the same file')
    .option('--downloads <folder>', 'where the download goes', 'build/downloads'),
).action(async (name: string | undefined, options: GetCommand) => {
  const { getPublished } = await import('./get.ts');
  await getPublished(name, options);
});

program
  .command('inspect')
  .description('print what a file holds, float or packed')
  .argument('<file>')
  .option('--json', 'as JSON')
  .action(async (file: string, options: InspectCommand) => {
    const { inspectFile } = await import('./inspect.ts');
    await inspectFile(file, options);
  });

program
  .command('verify')
  .description('compare a packed model with its float source on photos')
  .argument('<packed>', 'a packed model')
  .requiredOption('--source <file>', 'the float weights that it was made from')
  .requiredOption(
    '--photos <folder>',
    'JPEG, PNG, WebP, GIF or BMP files, in subfolders too; a folder n01440764 says the class',
  )
  .option('--truth <file>', 'lines of a file name and its class: a synset, or an index from 0')
  .option('--limit <count>', 'at most so many photos, spread over the folder', Number, 50)
  .addOption(variantOption())
  .addOption(preprocessOption())
  .option('--mean-image <file>', 'the mean image, where the packed model was made with one')
  .option('--json', 'as JSON')
  .action(async (packed: string, options: VerifyCommand) => {
    const { verifyFile } = await import('./verify.ts');
    await verifyFile(packed, options);
  });

program
  .command('push')
  .description('store a packed model in the bucket and name it in wrangler.toml')
  .argument('<file>', 'a packed model')
  .option('--remote', "the account's bucket instead of the local one")
  .option('--no-use', 'leave MODEL in wrangler.toml as it is')
  .action(async (file: string, options: PushCommand) => {
    const { pushFile } = await import('./push.ts');
    await pushFile(file, options);
  });

program
  .command('calibrate')
  .description('teach a packed model to tell photos of something else (none_of_these)')
  .argument('<packed>', 'a packed model; rewritten')
  .option('--photos <folder>', 'photos of its classes that it was not trained on, in subfolders too')
  .option('--others <folder>', 'photos of other things')
  .option('--strangers <file>', 'a calibration that was fitted before, instead of photos')
  .option('--out <file>', 'write another file')
  .action(async (file: string, options: CalibrateCommand) => {
    const { calibrateFile } = await import('./calibrate.ts');
    await calibrateFile(file, options);
  });

program
  .command('known')
  .description('measure what a calibrated model says of photos of its classes and of others')
  .argument('<packed>', 'a calibrated model')
  .requiredOption('--photos <folder>', 'photos of its classes')
  .option('--others <folder>', 'photos of other things')
  .option('--reject <share>', 'as in /v1/classify', Number, 0.05)
  .option('--crops <number>', '1 or 10', Number, 1)
  .action(async (file: string, options: KnownCommand) => {
    const { measureKnown } = await import('./calibrate.ts');
    await measureKnown(file, options);
  });

program
  .command('colors')
  .description('print the principal components of the colours of photos, for relight')
  .argument('<folder>', 'photos, in subfolders too')
  .action(async (folder: string) => {
    const { printColors } = await import('./colors.ts');
    await printColors(folder);
  });

program
  .command('pack-default')
  .description('make the committed default model (weights/*.br) from the trained float16 file')
  .argument('[file]', 'the trained weights', '../shared/model/alexnet-ten-classes.f16.safetensors')
  .action(async (file: string) => {
    const { importAndPack } = await import('./import.ts');
    const { compressModel, DEFAULT_MODEL_PATH } = await import('../../weights/packed/brotli.ts');
    const { readStrangers, writeCalibrated } = await import('../../weights/packed/calibrated.ts');
    const { withProgress } = await import('../progress.ts');
    const packed = await importAndPack(file, {
      name: 'alexnet-ten-classes',
      dense: '4',
      licence: 'MIT, trained by this project on Imagenette',
      accuracy: "83.2 % top-1 on Imagenette's validation split (3,925 photos)",
    });
    const strangers = path.join(path.dirname(file), 'strangers.safetensors');
    await writeCalibrated(packed.path, await readStrangers(strangers), packed.path);
    await withProgress('compressing', (update) => compressModel(packed.path, DEFAULT_MODEL_PATH, update));
    console.log(DEFAULT_MODEL_PATH);
  });

try {
  await program.parseAsync();
} catch (error) {
  // Errors of the file system (no space, no permission) have a code and a message of one line.
  const fromSystem = error instanceof Error && 'syscall' in error;
  if (!(error instanceof OperatorError) && !(error instanceof NetworkError) && !fromSystem) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
