// Vitest global setup: the wasm modules, release and debug, are built once before any test runs.
import { build } from '../../assembly/build.ts';

export default async function setup(): Promise<void> {
  await build(process.env.KERNELS ?? 'relaxed', true);
}
