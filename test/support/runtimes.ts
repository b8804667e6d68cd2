// Other runtimes and linters that the long tests run: packages of test/runtimes, 720 MB, installed when they are first
// needed. Without a network the tests that need them are skipped.
import path from 'node:path';
import { bringPackages, installCommand } from '../../tools/packages.ts';

const MODULES = path.join(import.meta.dirname, '../runtimes/node_modules');

export const RUNTIMES = {
  'Node 20': path.join(MODULES, 'node-20/bin/node'),
  'Node 22.12': path.join(MODULES, 'node-22.12/bin/node'),
  'Node 22.18': path.join(MODULES, 'node-22.18/bin/node'),
  Deno: path.join(MODULES, '@deno/linux-x64-glibc/deno'),
  Bun: path.join(MODULES, '@oven/bun-linux-x64/bin/bun'),
  publint: path.join(MODULES, 'publint/src/cli.js'),
  attw: path.join(MODULES, '@arethetypeswrong/cli/dist/index.js'),
} as const;

/** Whether they are there now. Only on Linux, x86-64. */
export function installRuntimes(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  if (bringPackages('test/runtimes')) return true;
  console.warn(`tests of other runtimes are skipped; they come with ${installCommand('test/runtimes')}`);
  return false;
}
