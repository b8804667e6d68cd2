// `get NAME`: download by the table of published files, then import. Without a name: the table. Throws ImportError.

import { download } from '../download.ts';
import { ImportError } from '../float-model.ts';
import { PUBLISHED } from '../published.ts';
import { type ImportCommand, importAndPack } from './import.ts';
import { withProgress } from './progress.ts';
import { table } from './table.ts';

export interface GetCommand extends ImportCommand {
  /** Folder of downloaded files. */
  downloads: string;
  /** Another address of the same file. */
  from?: string;
}

export async function getPublished(
  name: string | undefined,
  { downloads, from, ...options }: GetCommand,
): Promise<void> {
  if (name === undefined) {
    const rows = PUBLISHED.map(({ name, bytes, accuracy, url }) => [name, bytes ?? '', accuracy, url]);
    process.stdout.write(table(['name', 'bytes', 'accuracy', 'address'], rows));
    return;
  }
  const entry = PUBLISHED.find((each) => each.name === name);
  if (!entry)
    throw new ImportError(`get: expected ${PUBLISHED.map((each) => each.name).join(', ')}, found ${name}`);
  const file = await withProgress('downloading', (progress) =>
    download({ ...entry, url: from ?? entry.url }, downloads, { progress }),
  );
  await importAndPack(file, { ...options, variant: options.variant ?? entry.variant });
}
