// `train DIR --name NAME`: from a folder of photos to a head file, and with --push into the bucket.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dotProducts } from '../../src/engine/gram.ts';
import type { Example } from '../../src/heads/examples.ts';
import { featureLayers } from '../../src/heads/features.ts';
import { encodeHead } from '../../src/heads/file.ts';
import { checkHeadName, headVersion } from '../../src/heads/published.ts';
import { type Trained, train } from '../../src/heads/train.ts';
import { kernelsModule } from '../../weights/packed/engine.ts';
import type { PackedFile } from '../../weights/packed/file.ts';
import { withProgress } from '../progress.ts';
import { extract } from './extract.ts';
import { type LabelledPhoto, labelledPhotos } from './photos.ts';
import { trainingReport } from './report.ts';

export interface TrainCommand {
  name: string;
  out?: string;
  mirror?: boolean;
}

export interface TrainedFolder extends Trained {
  /** The photo of each example. */
  files: string[];
  unreadable: { file: string; problem: string }[];
}

/** Throws OperatorError, ServiceError bad-examples, too-many-examples. */
export async function trainPhotos(
  photos: readonly LabelledPhoto[],
  packed: PackedFile,
  { name, mirror = false }: TrainCommand,
): Promise<TrainedFolder> {
  const layers = featureLayers(packed.info).map(({ name }) => name);
  const replies = await withProgress('reading photos', (progress) =>
    extract(
      photos.map(({ file }) => file),
      { model: packed.path, layers, mirror, progress },
    ),
  );
  const examples: Example[] = [];
  const files: string[] = [];
  const unreadable: TrainedFolder['unreadable'] = [];
  replies.forEach(({ file, features, problem = '' }, i) => {
    if (!features) {
      unreadable.push({ file, problem });
      return;
    }
    files.push(file);
    examples.push({
      label: photos[i]?.label,
      layers: Object.fromEntries(layers.map((layer, at) => [layer, features[at] ?? []])),
    });
  });
  const module = kernelsModule();
  const { info } = packed;
  const trained = await withProgress('training      ', async (progress) =>
    train(
      examples,
      {
        name,
        backbone: { name: info.name, sha256: info.sha256 },
        layers,
        dotProducts: (left, right) => dotProducts(module, left, right),
      },
      progress,
    ),
  );
  return { ...trained, files, unreadable };
}

/** Trains, says how well, writes the file. Returns its path, bytes and version. */
export async function trainFolder(folder: string, packed: PackedFile, command: TrainCommand) {
  checkHeadName(command.name);
  const photos = await labelledPhotos(folder);
  const trained = await trainPhotos(photos, packed, command);
  for (const { file, problem } of trained.unreadable) console.error(`skipped ${file}: ${problem}`);
  const { bytes, sha256 } = await encodeHead(trained.head);
  const version = headVersion(sha256);
  const file = command.out ?? path.join('build/heads', `${command.name}-${version}.safetensors`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
  process.stdout.write(trainingReport(trained, trained.files));
  console.log(`\n${file}: ${(bytes.length / 1000).toFixed(1)} kB, version ${version}`);
  return { file, bytes, version };
}
