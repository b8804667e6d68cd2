// The service when none is given: the Worker's bundle under Miniflare, with the default model.
import { readFile } from 'node:fs/promises';
import { build } from '../../assembly/build.ts';
import { bundleWorker, defaultModelFile, startWorker } from '../workers/local-worker.ts';

/** Starts the Worker with the default model. `stop` ends it. */
export async function startService(): Promise<{ url: URL; stop(): Promise<void> }> {
  await build(process.env.KERNELS ?? 'relaxed', false);
  await bundleWorker();
  const { key, file } = await defaultModelFile();
  const worker = await startWorker({ MODEL: key }, { onLog: () => {} });
  await worker.bucket.put(key, await readFile(file));
  return worker;
}
