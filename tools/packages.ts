// Packages that only some commands need lie in folders of their own, each with its package.json and lock: a linter, other
// runtimes, the peers of the benchmark. They are installed when they are first needed, so that `npm ci` stays small.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..');

/** What a person types to install a folder's packages. */
export function installCommand(folder: string): string {
  return `npm ci --prefix ${folder} --ignore-scripts`;
}

/** Whether a folder's packages are installed, as its lock has them. */
export function hasPackages(folder: string): boolean {
  const lock = path.join(ROOT, folder, 'package-lock.json');
  // npm writes this file last.
  const installed = path.join(ROOT, folder, 'node_modules/.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

/** Installs a folder's packages unless they are there; false where that fails, such as without a network. */
export function bringPackages(folder: string): boolean {
  if (hasPackages(folder)) return true;
  const [command = '', ...args] = installCommand(folder).split(' ');
  const { status } = spawnSync(command, [...args, '--loglevel=error'], {
    cwd: ROOT,
    stdio: 'ignore',
    shell: process.platform === 'win32',
  });
  return status === 0;
}
