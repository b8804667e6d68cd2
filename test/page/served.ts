// The page as its tests visit it: a Worker with page and default model in its bucket.
import { readFile } from 'node:fs/promises';
import { defaultModelFile, type LocalWorker, startWorker } from '../../tools/workers/local-worker.ts';

export async function servePage(variables: Record<string, string> = {}): Promise<LocalWorker> {
  const { key, file } = await defaultModelFile();
  const worker = await startWorker({ MODEL: key, ...variables }, { page: true, onLog: () => {} });
  await worker.bucket.put(key, await readFile(file));
  return worker;
}
