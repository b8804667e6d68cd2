// `get NAME`: download by the table of published files, then import. Without a name: the table.
import type { ImportOptions } from '../import/import-file.ts';
import { ImportError } from '../float-model.ts';
import { download } from '../download.ts';
import { PUBLISHED } from '../published.ts';
import { importCommand } from './import-command.ts';
import { progressBar } from './progress-bar.ts';
import { table } from './table.ts';

export interface GetOptions extends ImportOptions {
  out: string;
  downloads: string;
  from?: string;
}

export async function getCommand(name: string | undefined, options: GetOptions): Promise<void> {
  if (name === undefined) {
    const rows = PUBLISHED.map(({ name, bytes, accuracy, url }) => [name, bytes ?? '', accuracy, url]);
    process.stdout.write(table(['name', 'bytes', 'accuracy', 'address'], rows));
    return;
  }
  const entry = PUBLISHED.find((each) => each.name === name);
  if (!entry) throw new ImportError(`get: expected ${PUBLISHED.map((each) => each.name).join(', ')}, found ${name}`);
  const bar = progressBar('download', true);
  try {
    const file = await download({ ...entry, url: options.from ?? entry.url }, options.downloads, {
      progress: (done, total) => bar.update(done, total),
    });
    bar.stop();
    await importCommand(file, { ...options, variant: options.variant ?? entry.variant });
  } finally {
    bar.stop();
  }
}
