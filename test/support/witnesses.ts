// The packages of test/package.json, 190 MB: other networks' runtimes, drivers of browsers, other services' clients.
// `npm run test:all` installs them; without them the test files that import them, by themselves or by another file of test, are left
// out of a run, and one line says so.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bringPackages, installCommand } from '../../tools/packages.ts';
import { imports, ROOT, sources } from '../architecture/source.ts';

/** @returns the test files to leave out, from the root; none where every package is there. */
export async function filesWithoutWitnesses(install: boolean): Promise<string[]> {
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(path.join(ROOT, 'test/package.json'), 'utf8'),
  );
  const missing = () =>
    Object.keys(manifest.dependencies).filter((name) =>
      ['test', '.'].every((folder) => !existsSync(path.join(ROOT, folder, 'node_modules', name))),
    );
  if (missing().length === 0 || (install && bringPackages('test'))) return [];
  const needs = new Set(missing());
  const files = await sources('test');
  // A file joins as soon as something that it imports has: until none does.
  for (let size = 0; size !== needs.size; ) {
    size = needs.size;
    for (const source of files) if (imports(source).some((name) => needs.has(name))) needs.add(source.file);
  }
  const left = [...needs].filter((name) => name.endsWith('.test.ts')).sort();
  console.warn(
    `without ${missing().join(', ')}: ${left.length} test files are left out, which ${installCommand('test')} brings back`,
  );
  return left;
}
