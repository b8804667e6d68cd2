// `npm run check`: formatter and linter, the types of every part, and the Worker's bundle. `npm run format` mends what
// the formatter and the linter can mend. Brings the packages that only these need when they are missing.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Command } from 'commander';
import { bringPackages, installCommand } from '../packages.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const BIOME = 'tools/check/node_modules/@biomejs/biome/bin/biome';
const TSC = 'node_modules/typescript/bin/tsc';
const PARTS = [
  '.',
  'src/page/script',
  'weights',
  'tools',
  'test',
  'test/tsconfig.workerd.json',
  'test/tsconfig.page.json',
];

/** Ends the process with the command's exit status when that is not 0. */
function run(...args: string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function bring(folder: string): void {
  if (bringPackages(folder)) return;
  console.error(
    `error: ${folder}: expected its packages, and could not install them: ${installCommand(folder)}`,
  );
  process.exit(1);
}

const { write } = new Command('npm run check --')
  .description('formatter, linter, types, the bundle')
  .option('--write', 'only the formatter and the linter, mending what they can (npm run format)')
  .parse()
  .opts<{ write?: boolean }>();

bring('tools/check');
if (write) run(BIOME, 'check', '--write', '.');
else {
  bring('test');
  run(BIOME, 'check', '.');
  for (const part of PARTS) run(TSC, '-p', part);
  run('tools/deploy/index.ts', '--dry-run');
}
