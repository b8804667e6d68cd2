// `get NAME`: downloads by the table of published files, then imports. Without a name: prints the table.
import { download } from '../../weights/download.ts';
import { OperatorError } from '../../weights/operator-error.ts';
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
): Promise<void> {
  if (name === undefined) {
    const rows = PUBLISHED.map((entry) => [entry.name, entry.bytes ?? '', entry.accuracy, entry.url]);
    process.stdout.write(table(['name', 'bytes', 'accuracy', 'address'], rows));
    return;
  }
  const entry = PUBLISHED.find((each) => each.name === name);
  if (!entry)
    throw new OperatorError(`get: expected ${PUBLISHED.map((each) => each.name).join(', ')}, found ${name}`);
  const file = await withProgress('downloading', (progress) =>
    download({ ...entry, url: from ?? entry.url }, downloads, { progress }),
  );
  await importAndPack(file, { ...options, variant: options.variant ?? entry.variant });
}
