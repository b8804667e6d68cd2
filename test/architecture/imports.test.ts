// The rules of docs/ARCHITECTURE.md that can be read from the source: where imports may point, which folder may
// touch what, and that the wasm modules import nothing.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

interface Source {
  /** From the root, with slashes. */
  file: string;
  text: string;
  /** The text without comments. */
  code: string;
}

/** Comments end up as spaces; strings stay, so an address in one is not taken for a comment. */
function withoutComments(text: string): string {
  return text.replace(/('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|\/\*[\s\S]*?\*\/|\/\/.*/g, (_, string) =>
    string === undefined ? ' ' : string,
  );
}

async function sources(folder: string): Promise<Source[]> {
  const names = await readdir(path.join(root, folder), { recursive: true });
  return Promise.all(
    names
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => {
        const file = path.join(folder, name).replaceAll('\\', '/');
        const text = await readFile(path.join(root, file), 'utf8');
        return { file, text, code: withoutComments(text) };
      }),
  );
}

/** What a file imports: paths from the root for its own, names for packages. */
function imports({ file, code }: Source): string[] {
  const found = code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g);
  return Array.from(found, ([, name = '']) =>
    name.startsWith('.') ? path.posix.join(path.posix.dirname(file), name) : name,
  );
}

/** The room that a file of src/ belongs to: its folder, or its own name at the top. */
function roomOf(file: string): string {
  const [, first = '', second] = file.split('/');
  return second === undefined ? first.replace(/\.ts$/, '') : first;
}

/** From the entry inwards. A room may import itself and what is named here. */
const ARROWS: Record<string, readonly string[]> = {
  errors: [],
  pulse: [],
  'byte-reader': [],
  network: ['errors'],
  engine: ['network', 'errors'],
  image: ['network', 'errors', 'pulse', 'byte-reader'],
  model: ['engine', 'network', 'errors'],
  admission: ['errors', 'pulse'],
  'ten-crop': ['engine'],
};
const INNER = Object.keys(ARROWS);
const OUTER = [
  'app',
  'app-env',
  'bindings',
  'client',
  'entrypoint',
  'index',
  'limits',
  'middleware',
  'page',
  'problem',
  'routes',
  'services',
];

const src = await sources('src');
const assembly = (await sources('assembly')).filter(({ file }) => file !== 'assembly/build.ts');

/** Files whose code matches, outside of the rooms where it may. */
function strays(pattern: RegExp, rooms: readonly string[]): string[] {
  return src
    .filter(({ file, code }) => pattern.test(code) && !rooms.includes(roomOf(file)))
    .map(({ file }) => file);
}

test('there is something to check', () => {
  expect(src.length).toBeGreaterThan(60);
  expect(assembly.length).toBeGreaterThan(20);
  expect(src.flatMap(imports).length).toBeGreaterThan(150);
});

describe('arrows', () => {
  test('engine, image, model and what they share import only inwards', () => {
    const wrong = src.flatMap((source) => {
      const room = roomOf(source.file);
      const allowed = ARROWS[room];
      if (!allowed) return [];
      return imports(source)
        .filter((name) => name.startsWith('src/'))
        .filter((name) => roomOf(name) !== room && !allowed.includes(roomOf(name)))
        .map((name) => `${source.file} -> ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  test('the use cases know nothing of HTTP, the bucket or what is bound', () => {
    const outer = new Set([...OUTER, 'model']);
    const wrong = src
      .filter(({ file }) => !OUTER.includes(roomOf(file)) && !INNER.includes(roomOf(file)))
      .flatMap((source) =>
        imports(source)
          .filter((name) => name.startsWith('src/') && outer.has(roomOf(name)))
          .map((name) => `${source.file} -> ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  test('middleware does not import routes, and nothing but the entry imports the application', () => {
    const wrong = src.flatMap((source) =>
      imports(source)
        .filter(
          (name) =>
            (roomOf(source.file) === 'middleware' && name.startsWith('src/routes/')) ||
            (name === 'src/app.ts' && !['index', 'client'].includes(roomOf(source.file))),
        )
        .map((name) => `${source.file} -> ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('kernels and decoders import only from their own folder', () => {
    const wrong = assembly.flatMap((source) => {
      const folder = source.file.split('/').slice(0, 2).join('/');
      return imports(source)
        .filter((name) => !name.startsWith(`${folder}/`))
        .map((name) => `${source.file} -> ${name}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe('who touches what', () => {
  test('hono: app, routes, middleware and page', () => {
    const allowed = ['app', 'app-env', 'client', 'routes', 'middleware', 'page'];
    const wrong = src
      .filter((source) => imports(source).some((name) => /^hono\b/.test(name)))
      .filter(({ file }) => !allowed.includes(roomOf(file)));
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test('WebAssembly: engine and image (the loader and the entry only hand a Module on)', () => {
    expect(strays(/\bWebAssembly\.(?!Module\b)/, ['engine', 'image'])).toEqual([]);
    expect(strays(/\bWebAssembly\b/, ['engine', 'image', 'model', 'wasm.d'])).toEqual([]);
    expect(strays(/\bnew WebAssembly\b/, ['engine', 'image'])).toEqual([]);
  });

  test('wasm memory: engine and image', () => {
    expect(strays(/\bmemory\.buffer\b/i, ['engine', 'image'])).toEqual([]);
  });

  test('R2: model', () => {
    expect(strays(/\bR2[A-Z]\w*/, ['model'])).toEqual([]);
  });

  test('the network of the model file is not named in engine and kernels, not even in comments', () => {
    const wrong = [...src, ...assembly].filter(
      ({ file, text }) => /^(src\/engine|assembly\/kernels)\//.test(file) && /alexnet/i.test(text),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });
});

describe('wasm modules', () => {
  test.each(['kernels', 'decode'])('%s.wasm imports nothing', async (name) => {
    const bytes = await readFile(path.join(root, 'build', `${name}.wasm`));
    // The two sets of types that a test sees disagree on whether this class can be constructed.
    const module: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [bytes]);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });
});

describe('house', () => {
  test('no file of 400 lines or more, no names that say nothing', () => {
    const all = [...src, ...assembly];
    expect(all.filter(({ text }) => text.split('\n').length > 400).map(({ file }) => file)).toEqual([]);
    const names = all
      .map(({ file }) => file)
      .filter((file) => /\b(utils?|helpers?|common|misc)\b/.test(file));
    expect(names).toEqual([]);
    expect(all.map(({ file }) => file).filter((file) => /[A-Z_]/.test(file))).toEqual([]);
  });
});
