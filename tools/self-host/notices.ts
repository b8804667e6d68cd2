// NOTICES.txt: the licenses of the third-party code that a bundle contains. Passing the folder on passes that code
// on, too. Which packages are in it is read from the bundle's source map; the texts are the packages' own files.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';

const SourceMap = v.object({ sources: v.array(v.string()) });
const Manifest = v.object({
  name: v.string(),
  version: v.string(),
  license: v.optional(v.string(), 'not told'),
});

/** Its run-time library is compiled into the wasm modules, which no source map tells. */
const COMPILED_IN = ['assemblyscript'];
const MODULES = 'node_modules/';
const LICENSE_FILE = /^(licen[cs]e|notice|copying)/i;
const LINE = '='.repeat(80);

/** Folder of the package that a source file belongs to; undefined for our own. */
function packageFolder(file: string): string | undefined {
  const at = file.lastIndexOf(MODULES);
  if (at < 0) return undefined;
  const [first = '', second = ''] = file.slice(at + MODULES.length).split('/');
  return file.slice(0, at + MODULES.length) + (first.startsWith('@') ? `${first}/${second}` : first);
}

async function notice(folder: string): Promise<string> {
  const manifest = v.parse(Manifest, JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')));
  const names = (await readdir(folder)).filter((name) => LICENSE_FILE.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  const head = `${manifest.name} ${manifest.version} (${manifest.license})`;
  const text = texts.length > 0 ? texts.join('\n\n') : 'The package has no license file of its own.';
  return `${LINE}\n${head}\n${LINE}\n\n${text.trim()}\n`;
}

/** @param bundle folder with index.js.map @param root folder with node_modules */
export async function thirdPartyNotices(bundle: string, root: string): Promise<string> {
  const map = v.parse(SourceMap, JSON.parse(await readFile(path.join(bundle, 'index.js.map'), 'utf8')));
  const folders = new Set([
    ...map.sources.flatMap((source) => packageFolder(path.resolve(bundle, source)) ?? []),
    ...COMPILED_IN.map((name) => path.join(root, MODULES, name)),
  ]);
  const notices = await Promise.all([...folders].sort().map(notice));
  return `Third-party code in this folder, with its licenses.\n\n${notices.join('\n')}`;
}
