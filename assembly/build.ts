// Builds the wasm modules: `node assembly/build.ts [--kernels relaxed|simd128] [--debug]` (npm run build).
// build/kernels.relaxed.wasm and build/kernels.simd128.wasm come from one source and give the same bits;
// build/kernels.wasm is the one that the Worker bundles (a bundle cannot hold an opcode that its runtime
// rejects, so the choice is made here; KERNELS=simd128 in the environment does the same as the option).
// With --debug the modules are also built unoptimised, with assertions, for the contract tests.
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import asc from 'assemblyscript/asc';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = path.join(root, 'build', 'stamp.json');

interface Target {
  name: string;
  entry: string;
  features: string;
  optimize: string;
  options: string[];
}

// Binaryen's higher levels move each product of a window to its only use, one long chain a sum: 63 instead of 77 GMAC/s.
// With small helpers marked @inline, -O1 loses nothing elsewhere (docs/TRIED.md).
const KERNELS_LEVEL = '-O1';

const TARGETS: Target[] = [
  {
    name: 'kernels.relaxed',
    entry: 'assembly/kernels/index.ts',
    features: 'simd,relaxed-simd',
    optimize: KERNELS_LEVEL,
    options: ['--initialMemory', '2'],
  },
  {
    name: 'kernels.simd128',
    entry: 'assembly/kernels/index.ts',
    features: 'simd',
    optimize: KERNELS_LEVEL,
    options: ['--initialMemory', '2'],
  },
  {
    name: 'decode',
    entry: 'assembly/decode/index.ts',
    features: 'simd',
    optimize: '-O3',
    // 512 pages = 32 MiB: a damaged header ends in an error, not in a dead isolate.
    options: ['--initialMemory', '8', '--maximumMemory', '512'],
  },
];

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  const folder = path.join(root, 'assembly');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
  for (const file of files) hash.update(file).update(await readFile(path.join(folder, file)));
  return hash.digest('hex');
}

/** A source file, in which a line `// @inline` is the decorator: formatter and linter refuse those of functions. */
async function readSource(file: string, base: string): Promise<string | null> {
  const text = await readFile(path.resolve(base, file), 'utf8').catch(() => null);
  return text?.replace(/^\/\/ @inline$/gm, '@inline') ?? null;
}

async function compile(target: Target, debug: boolean): Promise<void> {
  const out = `build/${target.name}${debug ? '.debug' : ''}.wasm`;
  const mode = debug ? ['-O0', '--debug'] : [target.optimize, '--noAssert'];
  const parameters = [
    target.entry,
    ...[
      '--baseDir',
      root,
      '-o',
      out,
      '--enable',
      target.features,
      '--runtime',
      'stub',
      '--use',
      'abort=',
      '--disableWarning',
      '112',
    ],
    ...mode,
    ...target.options,
  ];
  const { error, stderr } = await asc.main(parameters, { readFile: readSource });
  if (error) throw new Error(`${target.entry}: ${error.message}\n${stderr.toString()}`);
}

/** Compiles what has changed since the last call and points build/kernels.wasm at `kernels`. */
export async function build(kernels: string, debug: boolean): Promise<void> {
  if (kernels !== 'relaxed' && kernels !== 'simd128')
    throw new Error(`--kernels: expected relaxed or simd128, got ${kernels}`);
  await mkdir(path.join(root, 'build'), { recursive: true });
  const hash = await sourceHash();
  const stamp: Record<string, string> = JSON.parse(await readFile(stampFile, 'utf8').catch(() => '{}'));
  for (const withDebug of debug ? [false, true] : [false]) {
    const key = withDebug ? 'debug' : 'release';
    if (stamp[key] === hash) continue;
    for (const target of TARGETS) await compile(target, withDebug);
    stamp[key] = hash;
    await writeFile(stampFile, JSON.stringify(stamp));
  }
  await copyFile(path.join(root, 'build', `kernels.${kernels}.wasm`), path.join(root, 'build/kernels.wasm'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      kernels: { type: 'string', default: process.env.KERNELS ?? 'relaxed' },
      debug: { type: 'boolean', default: false },
    },
  });
  await build(values.kernels, values.debug);
}
