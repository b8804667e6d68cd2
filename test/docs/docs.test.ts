// README and docs: links lead to files and headings that exist, `npm run` names scripts, documented commands know the
// options they are shown with, JSON blocks parse, error codes and variables are those of the code.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/errors.ts';

const root = path.join(import.meta.dirname, '../..');
const DOCUMENTS = ['README.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);
const scripts = Object.keys(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).scripts);
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** The fenced blocks of a language. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code]) => code ?? '',
  );
}

/** Anchors of the headings, as they are linked. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    (title ?? '')
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(DOCUMENTS)('%s', (file) => {
  const text = textOf(file);

  test('links lead somewhere', () => {
    const dead: string[] = [];
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [name = '', anchor] = target.split('#');
      const to = name === '' ? file : path.join(path.dirname(file), name);
      if (!existsSync(path.join(root, to))) dead.push(target);
      else if (anchor !== undefined && !anchors(textOf(to)).includes(anchor)) dead.push(target);
    }
    expect(dead).toEqual([]);
  });

  test('npm run names scripts that exist', () => {
    const named = [...text.matchAll(/\bnpm run ([a-z-]+)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });

  test('JSON blocks parse', () => {
    for (const block of blocks(text, 'json')) expect(() => JSON.parse(block)).not.toThrow();
  });

  test('files named in code are there', () => {
    const named = [...text.matchAll(/`((?:assembly|src|test|weights|docs)\/[\w./-]+\.\w+)`/g)].map(
      ([, name]) => name ?? '',
    );
    expect(named.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
  });
});

test('README shows the two commands', () => {
  const shell = blocks(textOf('README.md'), 'sh').join('\n');
  expect(shell).toMatch(/^npm ci && npm start$/m);
  expect(shell).toMatch(/^npm ci && npm test$/m);
});

test('OPERATIONS explains every error code, and no other', () => {
  const section = textOf('docs/OPERATIONS.md').split('## What each error means')[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => /^\| `/.test(line));
  const named = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)].map(([, code]) => code),
  );
  expect(named.sort()).toEqual(Object.keys(ERROR_CODES).sort());
});

test('the commands of the weights that the documents show exist', () => {
  const help = execFileSync(process.execPath, [path.join(root, 'tools/weights/index.ts'), '--help'], {
    encoding: 'utf8',
  });
  const shown = DOCUMENTS.flatMap((file) =>
    [...textOf(file).matchAll(/npm run weights -- ([a-z-]+)/g)].map(([, name]) => name ?? ''),
  );
  expect(shown.length).toBeGreaterThan(3);
  for (const name of new Set(shown)) expect(help).toMatch(new RegExp(`^\\s+${name}\\b`, 'm'));
});
