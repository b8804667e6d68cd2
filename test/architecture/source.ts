// The source files as the architecture test reads them: text, text without comments, and what each imports.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '../..');

export interface Source {
  /** From the root, with slashes. */
  file: string;
  text: string;
  /** The text without comments. */
  code: string;
}

/** Comments end up as spaces; strings stay, so an address in one is not taken for a comment. */
function withoutComments(text: string): string {
  return text.replace(/('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|\/\*[\s\S]*?\*\/|\/\/.*/g, (_, string) =>
    string === undefined ? ' ' : string,
  );
}

/** Every TypeScript file below a folder of the root. */
export async function sources(folder: string): Promise<Source[]> {
  const names = await readdir(path.join(ROOT, folder), { recursive: true });
  return Promise.all(
    names
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .map(async (name) => {
        const file = path.join(folder, name).replaceAll('\\', '/');
        const text = await readFile(path.join(ROOT, file), 'utf8');
        return { file, text, code: withoutComments(text) };
      }),
  );
}

/** What a file imports: paths from the root for its own, names for packages. */
export function imports({ file, code }: Source): string[] {
  const found = code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g);
  return Array.from(found, ([, name = '']) =>
    name.startsWith('.') ? path.posix.join(path.posix.dirname(file), name) : name,
  );
}
