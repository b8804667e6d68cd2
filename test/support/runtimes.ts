// Other runtimes and linters that the long tests run: packages of test/runtimes, 720 MB, installed when they are first
// needed. Without a network the tests that need them are skipped.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.join(import.meta.dirname, '../runtimes');
const MODULES = path.join(FOLDER, 'node_modules');

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
  if (Object.values(RUNTIMES).every((file) => existsSync(file))) return true;
  try {
    execFileSync('npm', ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    console.warn('test/runtimes could not be installed: tests of other runtimes are skipped');
    return false;
  }
}
