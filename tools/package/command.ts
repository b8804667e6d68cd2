// The command line's files: tools/cli and its threads, bundled with all that they need, in a copy of the repository's
// folders, so that a path from a source file to a data file is the same in both.
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

const ROOT = path.join(import.meta.dirname, '../..');
const ENTRIES = [
  'tools/cli/index.ts',
  'tools/bulk/classify-thread.ts',
  'tools/heads/extract-thread.ts',
  'weights/verify-thread.ts',
];
const DATA = [
  'build/kernels.wasm',
  'build/decode.wasm',
  'src/page/samples/church.jpg',
  'tools/cli/start.js',
  'tools/node-version.js',
  'weights/data/alexnet-ten-classes.safetensors.br',
  'weights/data/imagenet-classes.txt',
  'weights/formats/caffe/caffe.proto',
  'weights/formats/onnx/onnx.proto',
];

/** A source file's own folder, in the package; threads have been compiled there. */
const inPackage: Plugin = {
  name: 'in-package',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /\/(tools|weights)\/.*\.ts$/ }, async ({ path: file }) => {
      const folder = path.relative(ROOT, path.dirname(file)).replaceAll('\\', '/');
      const text = await readFile(file, 'utf8');
      const uses = text.includes('import.meta.dirname');
      return {
        loader: 'ts',
        contents:
          (uses ? `import { folderOf as folderInPackage } from 'package-folder';\n` : '') +
          text
            .replaceAll('import.meta.dirname', `folderInPackage('${folder}')`)
            .replaceAll(/'([a-z-]+-thread)\.ts'/g, "'$1.js'"),
      };
    });
    onResolve({ filter: /^package-folder$/ }, () => ({ path: 'package-folder', namespace: 'made' }));
    onLoad({ filter: /.*/, namespace: 'made' }, () => ({
      loader: 'js',
      resolveDir: ROOT,
      // Bundles lie at different depths below cli/.
      contents: `
        import path from 'node:path';
        const root = import.meta.dirname.replace(/([\\\\/]cli)[\\\\/](?:tools|weights|chunks)(?:[\\\\/].*)?$/, '$1');
        export const folderOf = (folder) => path.join(root, folder);`,
    }));
    // The command uses what the package exports, and with it the one set of wasm modules.
    onResolve({ filter: /\/src\/library\/classifier\.ts$/ }, () => ({
      path: 'alexnet-edge',
      external: true,
    }));
  },
};

/** Packages that were written for require() ask for it. */
const BANNER = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`;

/** Writes into an empty folder; returns what went into the bundles. */
export async function buildCommand(folder: string): Promise<Metafile> {
  for (const file of DATA) {
    await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
    await copyFile(path.join(ROOT, file), path.join(folder, file));
  }
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    outdir: folder,
    outbase: '.',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    metafile: true,
    logLevel: 'error',
    banner: { js: BANNER },
    external: ['wrangler', 'workerd', 'sharp'],
    plugins: [inPackage],
  });
  return metafile;
}
