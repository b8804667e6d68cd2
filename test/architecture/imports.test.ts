// The rules of docs/ARCHITECTURE.md that can be read from the source: where imports may point, which folder may
// touch what, and that the wasm modules import nothing.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { imports, ROOT, type Source, sources } from './source.ts';

/** What each house may import of the others. Whatever is missing here may import nothing. */
const HOUSES: Record<string, readonly string[]> = {
  src: ['build'],
  weights: ['src'],
  tools: ['weights', 'src', 'assembly'],
  test: ['tools', 'weights', 'src', 'assembly', 'vitest.config.ts'],
};

const HTTP = [
  'jobs',
  'training',
  'explain',
  'photos',
  'retrieval',
  'classify',
  'heads',
  'engine',
  'image',
  'model',
  'network',
  'isolate',
  'errors',
];

/** What each room of src/ may import of the others, from the inside outwards. */
const ROOMS: Record<string, readonly string[]> = {
  errors: [],
  network: ['errors'],
  random: [],
  isolate: ['errors'],
  photos: ['isolate', 'errors'],
  engine: ['network', 'random', 'errors'],
  image: ['network', 'isolate', 'errors'],
  model: ['engine', 'network', 'isolate', 'errors'],
  heads: ['engine', 'model', 'network', 'errors'],
  retrieval: ['engine', 'random', 'isolate', 'errors'],
  // The one writer of a head, in an isolate of its own: it stores and publishes what heads computes.
  training: ['heads', 'model', 'isolate', 'network', 'errors'],
  classify: ['retrieval', 'heads', 'engine', 'image', 'model', 'network', 'random', 'isolate', 'errors'],
  explain: ['classify', 'heads', 'engine', 'image', 'network', 'isolate', 'errors'],
  // Needs no HTTP: the entry hands it what makes a classifier and opens the index that a job writes into.
  jobs: ['classify', 'retrieval', 'photos', 'image', 'network', 'isolate', 'errors'],
  // The page's own engine, training and search: what the Worker does with a file, without HTTP.
  browser: ['retrieval', 'heads', 'model', 'image', 'engine', 'network', 'isolate', 'errors'],
  http: HTTP,
  // What the npm package exports: everything below it, and the application.
  library: [
    'http',
    'retrieval',
    'classify',
    'heads',
    'engine',
    'image',
    'model',
    'network',
    'random',
    'isolate',
    'errors',
  ],
  // The entry puts together what http works with.
  index: ['http', ...HTTP],
};

/** Only these files lie at the top of src/; a new concern gets a folder. */
const TOP_OF_SRC = /^src\/(index|errors|[a-z-]+\.d)\.ts$/;

const src = await sources('src');
const weights = await sources('weights');
const tools = await sources('tools');
const tests = await sources('test');
const assembly = (await sources('assembly')).filter(({ file }) => file !== 'assembly/build.ts');
const all = [...src, ...weights, ...tools, ...tests, ...assembly];

/** The room that a file of src/ belongs to: its folder, or its own name at the top. */
function roomOf(file: string): string {
  const [, first = '', second] = file.split('/');
  return second === undefined ? first.replace(/\.ts$/, '') : first;
}

/** Imports that are not allowed, as `file -> import`. */
function turningBack(files: readonly Source[], allowed: (file: string, name: string) => boolean): string[] {
  return files.flatMap((source) =>
    imports(source)
      .filter((name) => name.includes('/') && /^(assembly|build|src|test|tools|weights)\//.test(name))
      .filter((name) => !allowed(source.file, name))
      .map((name) => `${source.file} -> ${name}`),
  );
}

/** Files of src/ whose code matches, outside of the rooms where it may. */
function strays(pattern: RegExp, rooms: readonly string[]): string[] {
  return src
    .filter(({ file, code }) => pattern.test(code) && !rooms.includes(roomOf(file)))
    .map(({ file }) => file);
}

test('there is something to check', () => {
  expect(src.length).toBeGreaterThan(60);
  expect(weights.length).toBeGreaterThan(25);
  expect(tools.length).toBeGreaterThan(40);
  expect(tests.length).toBeGreaterThan(60);
  expect(assembly.length).toBeGreaterThan(20);
  expect(all.flatMap(imports).length).toBeGreaterThan(500);
});

describe('arrows', () => {
  test('tools -> weights -> src, and only tests import tests', () => {
    const houseOf = (file: string) => file.split('/')[0] ?? '';
    const wrong = turningBack(
      [...src, ...weights, ...tools, ...tests],
      (file, name) =>
        houseOf(name) === houseOf(file) ||
        (HOUSES[houseOf(file)]?.includes(houseOf(name)) ?? false) ||
        // Benchmarks and tests compile a wasm module of their own into a Worker.
        /^build\/[a-z.]+\.wasm$/.test(name),
    );
    expect(wrong).toEqual([]);
  });

  test('http -> explain, classify -> image, engine, model; every room of src/ is on the map', () => {
    expect(Object.keys(ROOMS)).toEqual(
      expect.arrayContaining([
        ...new Set(src.filter(({ file }) => !file.endsWith('.d.ts')).map(({ file }) => roomOf(file))),
      ]),
    );
    const wrong = turningBack(
      src.filter(({ file }) => !file.endsWith('.d.ts')),
      (file, name) =>
        !name.startsWith('src/') ||
        roomOf(name) === roomOf(file) ||
        (ROOMS[roomOf(file)]?.includes(roomOf(name)) ?? false),
    );
    expect(wrong).toEqual([]);
  });

  test('middleware and bodies do not import routes, and only the entries import the application', () => {
    const inner = /^src\/http\/(middleware|body)\//;
    const wrong = turningBack(
      src,
      (file, name) =>
        !(inner.test(file) && /^src\/http\/(v1|dialects)\//.test(name)) &&
        !(name === 'src/http/app.ts' && !['src/index.ts', 'src/library/worker.ts'].includes(file)),
    );
    expect(wrong).toEqual([]);
  });

  test('kernels and decoders import only from their own folder', () => {
    const folderOf = (file: string) => file.split('/').slice(0, 2).join('/');
    expect(turningBack(assembly, (file, name) => folderOf(file) === folderOf(name))).toEqual([]);
  });
});

describe('who touches what', () => {
  test('hono: http and the page', () => {
    const wrong = src
      .filter((source) => imports(source).some((name) => /^hono\b/.test(name)))
      .filter(({ file }) => !['http', 'page'].includes(roomOf(file)));
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test('WebAssembly: engine and image (page and library compile what a bundler would; others only hand a Module on)', () => {
    expect(strays(/\bWebAssembly\.(?!Module\b)/, ['engine', 'image', 'browser', 'library'])).toEqual([]);
    expect(
      strays(/\bWebAssembly\b/, ['engine', 'image', 'model', 'retrieval', 'browser', 'library', 'wasm.d']),
    ).toEqual([]);
    expect(strays(/\bnew WebAssembly\b/, ['engine', 'image'])).toEqual([]);
  });

  test('wasm memory: engine and image', () => {
    expect(strays(/\bmemory\.buffer\b/i, ['engine', 'image'])).toEqual([]);
  });

  test('R2: model; photos, for pictures named by their key; jobs and retrieval, whose results and indexes lie there', () => {
    const wrong = strays(/\bR2[A-Z]\w*/, ['model', 'photos', 'jobs', 'retrieval']);
    expect(wrong.filter((file) => file !== 'src/http/bindings.ts')).toEqual([]);
  });

  test('the network of the model file is not named in engine and kernels, not even in comments', () => {
    const wrong = [...src, ...assembly].filter(
      ({ file, text }) => /^(src\/engine|assembly\/kernels)\//.test(file) && /alexnet/i.test(text),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });
});

describe('dialects', () => {
  /** What gives a dialect away outside of its folder: its names, addresses and headers. */
  const WORDS: Record<string, RegExp> = {
    'hugging-face': /hugging[-_ ]face|huggingFace/,
    'workers-ai': /workers[-_ ]?ai|\/ai\b|client\/v4/i,
    'tensorflow-serving': /tensorflow|:predict\b/i,
    'open-inference': /open[-_ ]?inference|triton|kserve|\/v2\b|inference-header/i,
  };
  const LIST = 'src/http/dialects/index.ts';

  test('each has its words here', async () => {
    const entries = await readdir(path.join(ROOT, 'src/http/dialects'), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(folders.toSorted()).toEqual(Object.keys(WORDS).toSorted());
    for (const [name, words] of Object.entries(WORDS)) {
      const own = src.filter(({ file }) => file.startsWith(`src/http/dialects/${name}/`));
      expect(own.some(({ text }) => words.test(text))).toBe(true);
    }
  });

  test.each(Object.entries(WORDS))('nothing outside of its folder knows %s but the list', (name, words) => {
    const knows = src
      .filter(({ file }) => file !== LIST && !file.startsWith(`src/http/dialects/${name}/`))
      .flatMap(({ file, text }) =>
        text
          .split('\n')
          .filter((line) => words.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      );
    expect(knows).toEqual([]);
    const importers = src.filter(
      (source) =>
        source.file !== LIST &&
        !source.file.startsWith(`src/http/dialects/${name}/`) &&
        imports(source).some((target) => target.startsWith(`src/http/dialects/${name}/`)),
    );
    expect(importers.map(({ file }) => file)).toEqual([]);
  });
});

describe('wasm modules', () => {
  test.each(['kernels', 'decode'])('%s.wasm imports nothing', async (name) => {
    const bytes = await readFile(path.join(ROOT, 'build', `${name}.wasm`));
    // The two sets of types that a test sees disagree on whether this class can be constructed.
    const module: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [bytes]);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });
});

describe('house', () => {
  test('no file of 400 lines or more, no names that say nothing', () => {
    expect(all.filter(({ text }) => text.split('\n').length > 400).map(({ file }) => file)).toEqual([]);
    const names = all.map(({ file }) => file);
    expect(names.filter((file) => /\b(utils?|helpers?|common|misc)\b/.test(file))).toEqual([]);
    expect(names.filter((file) => /[A-Z_]/.test(file))).toEqual([]);
  });

  test('a new file at the top of src/ is not an option', () => {
    const top = src.map(({ file }) => file).filter((file) => file.split('/').length === 2);
    expect(top.filter((file) => !TOP_OF_SRC.test(file))).toEqual([]);
  });

  test('docs/ARCHITECTURE.md has every folder, and no folder that is not there', async () => {
    const map = await readFile(path.join(ROOT, 'docs/ARCHITECTURE.md'), 'utf8');
    const named = new Set(Array.from(map.matchAll(/^\| `([a-z0-9/-]+)` \|/gm), ([, folder = '']) => folder));
    const there = new Set<string>();
    for (const house of ['assembly', 'src', 'weights', 'tools', 'test'])
      for (const entry of await readdir(path.join(ROOT, house), { recursive: true, withFileTypes: true })) {
        const folder = path.relative(ROOT, entry.parentPath).replaceAll('\\', '/');
        if (entry.isFile() && !/node_modules|artefacts|^src\/page\/build/.test(folder)) there.add(folder);
      }
    const covered = (folder: string) =>
      named.has(folder) || /^(assembly\/decode|test|tools\/bench)\/./.test(folder);
    expect([...there].filter((folder) => !covered(folder))).toEqual([]);
    expect([...named].filter((folder) => !there.has(folder))).toEqual([]);
  });
});
