// What of the page is made and not written: src/page/build/HASH with the web worker's script and the wasm modules that
// it runs, build/current.json, which names that folder, and build/picture.jpg, which stands for the page where it is shared.
// A folder is named for the SHA-256 of what lies in it, so a browser may keep it for ever. Part of every start, deployment
// and self-hosted folder, after the wasm modules: `node tools/page/build.ts`.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { sharedPicture } from './picture.ts';

const root = path.join(import.meta.dirname, '../..');
const MODULES = ['kernels.relaxed.wasm', 'kernels.simd128.wasm', 'decode.wasm'];
const HASH_DIGITS = 16;

/** The web worker's script, as one file. */
async function workerScript(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [path.join(root, 'src/browser/worker.ts')],
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

function hashOf(files: ReadonlyMap<string, Uint8Array>): string {
  const hash = createHash('sha256');
  for (const [name, bytes] of files) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  return hash.digest('hex').slice(0, HASH_DIGITS);
}

export async function buildPage(): Promise<void> {
  const parent = path.join(root, 'src/page/build');
  const files = new Map<string, Uint8Array>([['worker.js', await workerScript()]]);
  for (const name of MODULES) files.set(name, await readFile(path.join(root, 'build', name)));
  const folder = hashOf(files);
  await mkdir(path.join(parent, folder), { recursive: true });
  for (const [name, bytes] of files) await writeFile(path.join(parent, folder, name), bytes);
  await writeFile(path.join(parent, 'current.json'), JSON.stringify({ folder: `/build/${folder}/` }));
  await writeFile(path.join(parent, 'picture.jpg'), await sharedPicture());
  for (const name of await readdir(parent))
    if (![folder, 'current.json', 'picture.jpg'].includes(name))
      await rm(path.join(parent, name), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
