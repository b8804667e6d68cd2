// What a machine may lack, in one line instead of a stack trace; loaded before every command of package.json, hence plain
// JavaScript that imports nothing that has to be installed. A failed start leaves files behind under other names at the
// most (`.part`), so the next one repairs what this one could not do.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { requireNode } from './node-version.js';

requireNode();

const ROOT = path.join(import.meta.dirname, '..');

/** By the code of a system call's error: what the person can do. */
const ADVICE = {
  EACCES: 'it may not be written: choose a folder of your own, or change its owner',
  EPERM: 'it may not be written: choose a folder of your own, or change its owner',
  EROFS: 'the file system is read-only: clone into one that can be written',
  ENOSPC: 'the disk is full: free 300 MB and start again',
  EDQUOT: 'the quota is used up: free 300 MB and start again',
  EMFILE: 'too many files are open: raise ulimit -n',
};

/** @param {string} line */
function end(line) {
  console.error(`error: ${line}`);
  process.exit(1);
}

// npm writes this file last.
if (!existsSync(path.join(ROOT, 'node_modules/.package-lock.json')))
  end(`${ROOT}: expected all packages, found none or a part of them: npm ci`);

process.on('uncaughtException', (error) => {
  const advice = ADVICE[error?.code];
  if (advice) end(`${error.path ?? ROOT}: ${advice} (${error.code})`);
  // The second code is that of packages that ask by require().
  if (error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'MODULE_NOT_FOUND')
    end(`${ROOT}: a package is missing: npm ci (${error.message.split('\n')[0].slice(0, 120)})`);
  console.error(error);
  process.exit(1);
});
