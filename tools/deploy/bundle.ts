// The Worker's bundle, as wrangler makes it: one JavaScript file and the wasm modules.
import { readdir, rm } from 'node:fs/promises';
import { expectSuccess, type Wrangler } from './wrangler.ts';

/**
 * Bundles the Worker into an emptied folder. @param rest arguments that name an environment, or another entry.
 * Throws OperatorError.
 */
export async function bundleTo(
  wrangler: Pick<Wrangler, 'run'>,
  folder: string,
  rest: readonly string[] = [],
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const finished = await wrangler.run('deploy', '--dry-run', '--outdir', folder, ...rest);
  expectSuccess('wrangler deploy --dry-run', finished);
}

/** Names of a bundle's modules. */
export async function bundleFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /\.(js|wasm)$/.test(name));
}
