// The library's files: each entry bundled once for each kind of runtime, with source maps, beside the wasm modules, and
// the types of the entries alone.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build, type Metafile, type Plugin } from 'esbuild';

const ROOT = path.join(import.meta.dirname, '../..');
const LIBRARY = path.join(ROOT, 'src/library');
const WASM = ['kernels.relaxed.wasm', 'kernels.simd128.wasm', 'decode.wasm'];
const ENTRIES = ['classifier', 'engine', 'decode', 'testing'];
const TYPES = [...ENTRIES, 'client', 'worker', 'answers'];

/** What each kind of runtime has in the place of wasm-modules.ts, which fetches. */
const RUNTIMES = [
  { name: 'browser', entries: ENTRIES, modules: undefined },
  { name: 'node', entries: ENTRIES, modules: 'wasm-from-disk.ts' },
  { name: 'workerd', entries: ENTRIES, modules: 'wasm-by-bundler.ts' },
  // Apart, since it shares most of itself with the others, in many small pieces.
  { name: 'workerd', entries: ['worker'], modules: 'wasm-by-bundler.ts' },
] as const;

function withModules(file: string | undefined): Plugin {
  return {
    name: 'wasm-modules',
    setup({ onResolve }) {
      if (file !== undefined)
        onResolve({ filter: /\/wasm-modules\.ts$/ }, () => ({ path: path.join(import.meta.dirname, file) }));
      // As wrangler.toml has it: of the libraries that hono-openapi can read schemas of, one is used.
      onResolve({ filter: /^zod\/v4\/core$/ }, () => ({
        path: path.join(ROOT, 'src/http/openapi/no-schema-library.ts'),
      }));
    },
  };
}

const COMMON = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  sourcemap: true,
  metafile: true,
  logLevel: 'error',
  absWorkingDir: ROOT,
} as const;

async function writeTypes(folder: string): Promise<void> {
  const made = await mkdtemp(path.join(tmpdir(), 'types-'));
  try {
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const project = path.join(import.meta.dirname, 'tsconfig.json');
    await promisify(execFile)(process.execPath, [tsc, '-p', project, '--outDir', made]);
    await mkdir(folder, { recursive: true });
    for (const name of TYPES) {
      const text = await readFile(path.join(made, 'library', `${name}.d.ts`), 'utf8');
      const stray = /from '(\.\.\/[^']*)'/.exec(text)?.[1];
      if (stray !== undefined)
        throw new Error(`${name}.d.ts: expected types of src/library alone, found ${stray}`);
      await writeFile(
        path.join(folder, `${name}.d.ts`),
        text.replaceAll(/(from '\.\/[^']*)\.ts'/g, "$1.js'"),
      );
    }
  } finally {
    await rm(made, { recursive: true });
  }
}

/**
 * Leaves out of the source maps the text of other packages, which is published and more than all of ours, what
 * another map has already (the runtimes' bundles are made of the same sources; Node's have them all), and that of the
 * application behind `./worker`, which is as long as all the rest and which its own bundler maps by name and line.
 */
async function trimMaps(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((each) => each.endsWith('.map')).sort();
  const isNode = (name: string) => /(^node-|\.node\.)/.test(name);
  const told = new Set<string>();
  for (const name of [...names.filter(isNode), ...names.filter((each) => !isNode(each))]) {
    const file = path.join(folder, name);
    const map = JSON.parse(await readFile(file, 'utf8')) as {
      sources: string[];
      sourcesContent: (string | null)[];
    };
    map.sourcesContent = map.sourcesContent.map((text, i) => {
      const source = map.sources[i] ?? '';
      if (source.includes('node_modules/') || told.has(source) || name.startsWith('worker.')) return null;
      told.add(source);
      return text;
    });
    await writeFile(file, JSON.stringify(map));
  }
}

/** Writes into an empty folder; returns what went into the bundles. */
export async function buildLibrary(folder: string): Promise<Metafile[]> {
  await mkdir(folder, { recursive: true });
  await Promise.all(WASM.map((name) => copyFile(path.join(ROOT, 'build', name), path.join(folder, name))));
  const built = await Promise.all([
    ...RUNTIMES.map(({ name, entries, modules }) =>
      build({
        ...COMMON,
        entryPoints: entries.map((entry) => path.join(LIBRARY, `${entry}.ts`)),
        outdir: folder,
        entryNames: `[name].${name}`,
        chunkNames: `${name}-[hash]`,
        splitting: true,
        plugins: [withModules(modules)],
        external: ['*.wasm', 'node:*', 'cloudflare:*'],
      }),
    ),
    build({
      ...COMMON,
      entryPoints: [path.join(LIBRARY, 'client.ts')],
      outfile: path.join(folder, 'client.js'),
    }),
  ]);
  await trimMaps(folder);
  await writeTypes(path.join(folder, 'types'));
  return built.map(({ metafile }) => metafile);
}
