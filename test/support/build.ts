// Vitest global setup: the wasm modules, release and debug, and the Worker's bundle are built once before any test.
import { build } from '../../assembly/build.ts';
import { bundleWorker, defaultModelFile } from './local-worker.ts';

export default async function setup(): Promise<void> {
  await build(process.env.KERNELS ?? 'relaxed', true);
  await Promise.all([bundleWorker(), defaultModelFile()]);
}
