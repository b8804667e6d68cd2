// `npm run release -- --dry-run`: everything that a release is made of, below build/release: the package as npm packs it,
// the checksums of the wasm modules, which two builds reproduce, and the bill of materials. Publishing stays a person's
// step: without --dry-run the command says which one.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { build } from '../assembly/build.ts';
import { OperatorError } from '../weights/operator-error.ts';
import { buildPackage } from './package/index.ts';

const ROOT = path.join(import.meta.dirname, '..');
const OUT = path.join(ROOT, 'build/release');
const WASM = ['decode.wasm', 'kernels.relaxed.wasm', 'kernels.simd128.wasm'];

async function run(command: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { cwd: ROOT, maxBuffer: 1 << 28 })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const last = `${stdout}\n${stderr}`.trim().split('\n').slice(-5).join('\n');
    throw new OperatorError(`${command} ${args.join(' ')}: expected exit status 0, found another:\n${last}`);
  }
}

/** The modules' checksums, from a build that begins with nothing. */
async function freshChecksums(): Promise<string> {
  await rm(path.join(ROOT, 'build/stamp.json'), { force: true });
  await build('relaxed', false);
  const lines = WASM.map(async (name) => {
    const digest = createHash('sha256').update(await readFile(path.join(ROOT, 'build', name)));
    return `${digest.digest('hex')}  ${name}\n`;
  });
  return (await Promise.all(lines)).join('');
}

/** Throws OperatorError unless the change log has this version, or says what is not released yet. */
async function checkVersion(version: string, dryRun: boolean): Promise<void> {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    throw new OperatorError(`package.json: expected a semantic version, found ${version}`);
  const log = await readFile(path.join(ROOT, 'docs/CHANGELOG.md'), 'utf8');
  const heading = log.split('\n').find((line) => line.startsWith('## ')) ?? 'none';
  if (!heading.startsWith(`## ${version}`) && !(dryRun && heading === '## Unreleased'))
    throw new OperatorError(`docs/CHANGELOG.md: expected ## ${version} first, found ${heading}`);
  const changed = (await run('git', 'status', '--porcelain')).trim();
  if (changed !== '' && !dryRun)
    throw new OperatorError(
      `git: expected a clean working tree, found ${changed.split('\n').length} changes`,
    );
}

const { dryRun = false, checks } = new Command('npm run release --')
  .description('check, pack, checksums of two builds, bill of materials: build/release')
  .option('--dry-run', 'also with changes that are not committed, and with an unreleased change log')
  .option('--no-checks', 'without npm run check')
  .parse()
  .opts<{ dryRun?: boolean; checks: boolean }>();

try {
  const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  await checkVersion(version, dryRun);
  if (checks) await run('npm', 'run', 'check');
  const [first, second] = [await freshChecksums(), await freshChecksums()];
  if (first !== second)
    throw new OperatorError(`wasm: expected two builds with the same bytes, found\n${first}and\n${second}`);
  await rm(OUT, { recursive: true, force: true });
  await mkdir(OUT, { recursive: true });
  await writeFile(path.join(OUT, 'SHA256SUMS'), first);
  const folder = path.join(ROOT, 'build/package');
  await buildPackage(folder);
  await run('npm', 'pack', folder, '--pack-destination', OUT);
  await writeFile(path.join(OUT, 'sbom.cdx.json'), await run('npm', 'sbom', '--sbom-format', 'cyclonedx'));
  console.log(`${OUT}: version ${version}, package, SHA256SUMS, sbom.cdx.json\n${first.trimEnd()}`);
  if (!dryRun) console.log(`publish it: npm publish ${folder} && git tag v${version}`);
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
