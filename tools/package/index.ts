// `npm run package [-- FOLDER]`: the npm package, ready for `npm pack` or `npm publish`, in a folder that is not in git
// (build/package). Library, command line, the Worker for deployment and the one for self-hosting, page and model.
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import * as v from 'valibot';
import { build } from '../../assembly/build.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { bundleTo } from '../deploy/bundle.ts';
import { wrangler } from '../deploy/wrangler.ts';
import { buildPage } from '../page/build.ts';
import { makeSelfHostFolder, SELF_HOST_ENTRY } from '../self-host/folder.ts';
import { noticesOf, packageFolders } from '../self-host/notices.ts';
import { buildCommand } from './command.ts';
import { buildLibrary } from './library.ts';
import { manifest } from './manifest.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const Repository = v.object({
  version: v.string(),
  description: v.string(),
  license: v.string(),
  engines: v.object({ node: v.string() }),
  devDependencies: v.object({ workerd: v.string(), wrangler: v.string() }),
});

/** The two Workers below `cli`, without a model. */
async function buildWorkers(cli: string): Promise<string[]> {
  const hosted = path.join(ROOT, 'build/package-self-host');
  await bundleTo(wrangler, hosted, [SELF_HOST_ENTRY, '--minify']);
  await makeSelfHostFolder(path.join(cli, 'self-host'), hosted);
  const deployed = path.join(ROOT, 'build/package-worker');
  await bundleTo(wrangler, deployed, ['--minify']);
  // Its wasm modules are those of the other one, by the same names.
  await mkdir(path.join(cli, 'worker'));
  await copyFile(path.join(deployed, 'index.js'), path.join(cli, 'worker/index.js'));
  const maps = [hosted, deployed].map(async (folder) => {
    const map = JSON.parse(await readFile(path.join(folder, 'index.js.map'), 'utf8')) as {
      sources: string[];
    };
    return map.sources.map((source) => path.resolve(folder, source));
  });
  return (await Promise.all(maps)).flat();
}

/** Writes the package's folder anew. */
export async function buildPackage(folder: string): Promise<void> {
  await build('relaxed', false);
  await buildPage();
  await rm(folder, { recursive: true, force: true });
  const cli = path.join(folder, 'cli');
  const metafiles = await buildLibrary(path.join(folder, 'dist'));
  metafiles.push(await buildCommand(cli));
  const sources = metafiles.flatMap(({ inputs }) => Object.keys(inputs).map((file) => path.join(ROOT, file)));
  sources.push(...(await buildWorkers(cli)));
  await writeFile(path.join(folder, 'NOTICES.txt'), await noticesOf(packageFolders(sources), ROOT));
  const repository = v.parse(Repository, JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')));
  await writeFile(
    path.join(folder, 'package.json'),
    `${JSON.stringify(manifest(repository, repository.devDependencies), undefined, 2)}\n`,
  );
  await copyFile(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
  await copyFile(path.join(ROOT, 'docs/CHANGELOG.md'), path.join(folder, 'CHANGELOG.md'));
  await copyFile(path.join(ROOT, 'docs/PACKAGE.md'), path.join(folder, 'README.md'));
}

/** Bytes of a folder's files. */
async function bytesOf(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((each) =>
    each.isFile(),
  );
  const sizes = await Promise.all(
    files.map(async (each) => (await stat(path.join(each.parentPath, each.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

if (process.argv[1] === import.meta.filename) {
  const command = new Command('npm run package --')
    .description('build the npm package; pack it with: npm pack ./build/package')
    .argument('[folder]', 'where', 'build/package')
    .parse();
  try {
    const folder = path.resolve(command.args[0] ?? 'build/package');
    await buildPackage(folder);
    console.log(`${folder}: ${((await bytesOf(folder)) / 1e6).toFixed(1)} MB; npm pack ${folder}`);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
