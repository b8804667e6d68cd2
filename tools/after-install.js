// `npm ci` runs this last. Where the system's Node is too old, tools/node brings another one and puts it first on the PATH
// of npm's scripts (node_modules/.bin); then it removes what no command of this clone runs: the command line tools of
// the compiler's package, 80 MB of its 94, and Node's headers. Plain JavaScript for any version; imports nothing
// that has to be installed.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isTooOld } from './node-version.js';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const BIN = path.join(ROOT, 'node_modules/.bin');
const NODE = path.join(ROOT, 'tools/node');

function bringNode() {
  const folder = path.join(NODE, 'node_modules', `node-${process.platform}-${process.arch}`);
  const binary = path.join(folder, 'bin/node');
  const npm = process.env.npm_execpath;
  if (!existsSync(binary) && npm)
    try {
      execFileSync(process.execPath, [npm, 'ci', '--prefix', NODE, '--ignore-scripts', '--loglevel=error'], {
        cwd: NODE,
        stdio: 'ignore',
      });
    } catch {
      // Without a network; the line below says what is missing.
    }
  if (!existsSync(binary)) {
    console.error(`expected Node 22.18 or newer, found ${process.versions.node}: https://nodejs.org`);
    return;
  }
  rmSync(path.join(folder, 'include'), { recursive: true, force: true });
  rmSync(path.join(BIN, 'node'), { force: true });
  symlinkSync(path.relative(BIN, binary), path.join(BIN, 'node'));
  console.log(`Node ${process.versions.node} is older than 22.18: the commands of this clone run tools/node`);
}

function removeUnused() {
  const tools = path.join(ROOT, 'node_modules/binaryen/bin');
  if (!existsSync(tools)) return;
  for (const name of readdirSync(tools))
    for (const end of ['', '.cmd', '.ps1']) rmSync(path.join(BIN, name + end), { force: true });
  rmSync(tools, { recursive: true });
}

if (existsSync(BIN)) {
  if (isTooOld()) bringNode();
  removeUnused();
}
