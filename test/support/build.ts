// Vitest global setup: the wasm modules, release and debug, and the Worker's bundle are built once before any test.
// Says which tests a clone without the photos and the float model beside it leaves out.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build } from '../../assembly/build.ts';
import { bundleWorker, defaultModelFile } from '../../tools/workers/local-worker.ts';

let built: Promise<void> | undefined;

const SHARED = path.resolve(import.meta.dirname, '../../../shared');

async function buildAll(): Promise<void> {
  if (!existsSync(SHARED))
    console.warn('../shared is absent: the tests that need its photos or its float model are skipped');
  await build(process.env.KERNELS ?? 'relaxed', true);
  await Promise.all([bundleWorker(), defaultModelFile()]);
}

export default function setup(): Promise<void> {
  built ??= buildAll();
  return built;
}
