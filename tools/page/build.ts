// What of the page is made and not written: src/page/build with the web worker's script and the wasm modules that it
// runs. Part of every start, deployment and self-hosted folder, after the wasm modules: `node tools/page/build.ts`.
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '../..');
const MODULES = ['kernels.relaxed.wasm', 'kernels.simd128.wasm', 'decode.wasm'];

export async function buildPage(): Promise<void> {
  const folder = path.join(root, 'src/page/build');
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: [path.join(root, 'src/browser/worker.ts')],
    outfile: path.join(folder, 'worker.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    // WebP needs a codec of its own, which stays on the server.
    external: ['@jsquash/*'],
  });
  await Promise.all(MODULES.map((name) => copyFile(path.join(root, 'build', name), path.join(folder, name))));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
