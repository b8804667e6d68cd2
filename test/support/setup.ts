// Vitest's global setup, once before any test: the wasm modules (release and debug), the Worker's bundle, the default
// model, and the files that tests inside workerd cannot make. It belongs to the whole run: as the setup of the workerd
// project, whose plugin has Vite transform every module that is imported, the compiler alone took 30 seconds.
// Says which tests a clone without the photos and the float model beside it leaves out.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { build } from '../../assembly/build.ts';
import { buildPage } from '../../tools/page/build.ts';
import { bundleWorker, defaultModelFile } from '../../tools/workers/local-worker.ts';
import { bundleSelfHost } from '../../tools/workers/plain-worker.ts';
import { makeFixtures } from './fixtures.ts';

const SHARED = path.resolve(import.meta.dirname, '../../../shared');

export default async function setup(project: TestProject): Promise<void> {
  if (!existsSync(SHARED))
    console.warn('../shared is absent: the tests that need its photos or its float model are skipped');
  await build(process.env.KERNELS ?? 'relaxed', true);
  const [fixtures] = await Promise.all([
    makeFixtures(),
    bundleWorker(),
    bundleSelfHost(),
    defaultModelFile(),
    buildPage(),
  ]);
  for (const key of ['tinyModel', 'jpeg', 'png'] as const) project.provide(key, fixtures[key]);
}
