// Vitest global setup: the wasm modules, release and debug, and the Worker's bundle are built once before any test.
import { build } from '../../assembly/build.ts';
import { bundleWorker, defaultModelFile } from './local-worker.ts';

let built: Promise<void> | undefined;

async function buildAll(): Promise<void> {
  await build(process.env.KERNELS ?? 'relaxed', true);
  await Promise.all([bundleWorker(), defaultModelFile()]);
}

export default function setup(): Promise<void> {
  built ??= buildAll();
  return built;
}
