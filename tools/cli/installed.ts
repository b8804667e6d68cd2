// The programs that `serve` and `deploy` start: packages that stand beside this one, because they are large and not
// everybody serves or deploys.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { OperatorError } from '../../weights/operator-error.ts';

/** Looks where the user is, then where this package is. Throws OperatorError that says what to install. */
export function resolveInstalled(name: string, what: string): string {
  for (const from of [path.join(process.cwd(), 'package.json'), import.meta.filename])
    try {
      return createRequire(pathToFileURL(from).href).resolve(name);
    } catch {
      // The next place.
    }
  throw new OperatorError(`${what}: expected the package ${name}, found none: npm install ${name}`);
}
