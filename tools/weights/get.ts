// `get NAME`: downloads by the table of published files, then imports. Without a name: prints the table.
import { download } from '../../weights/download.ts';
import { inWords, OperatorError } from '../../weights/operator-error.ts';
import type { PackedFile } from '../../weights/packed/file.ts';
import { PUBLISHED } from '../../weights/published.ts';
import { withProgress } from '../progress.ts';
import { table } from '../table.ts';
import { type ImportCommand, importAndPack } from './import.ts';

export interface GetCommand extends ImportCommand {
  /** Folder of the download, which is kept. */
  downloads: string;
  /** Another address of the same file. */
  from?: string;
}

/** Throws OperatorError. */
export async function getPublished(
  name: string | undefined,
  { downloads, from, ...options }: GetCommand,
): Promise<PackedFile | undefined> {
  if (name === undefined) {
    const rows = PUBLISHED.map((entry) => [entry.name, entry.bytes ?? '', entry.accuracy, entry.sources[0]]);
    process.stdout.write(table(['name', 'bytes', 'accuracy', 'address'], rows));
    return undefined;
  }
  const entry = PUBLISHED.find((each) => each.name === name);
  if (!entry)
    throw new OperatorError(
      `get: expected ${PUBLISHED.map((each) => each.name).join(', ')}, found ${inWords(name)}`,
    );
  const sources: typeof entry.sources = from === undefined ? entry.sources : [from];
  const file = await withProgress(`downloading ${entry.name}`, (progress) =>
    download({ ...entry, sources }, downloads, {
      progress,
      onFailure: (line) => process.stderr.write(`${line}; the next source is tried\n`),
    }),
  );
  return importAndPack(file, {
    ...options,
    name: options.name ?? entry.name,
    variant: options.variant ?? entry.variant,
  });
}
