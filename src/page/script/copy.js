// The request that was just made, as code to copy.
import { CLASSIFY, hasToken } from './api.js';
import { byId } from './element.js';

/** @param {string} text */
function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** JSON strings are string literals of JavaScript and Python, too. */
const quoted = JSON.stringify;

/** @type {Record<string, (address: string, name: string) => string>} */
const LANGUAGES = {
  curl: (address, name) =>
    [
      'curl',
      ...(hasToken() ? ['-H "Authorization: Bearer $TOKEN"'] : []),
      `--data-binary @${shellQuoted(name)}`,
      shellQuoted(address),
    ].join(' \\\n  '),
  javascript: (address, name) =>
    [
      "import { readFile } from 'node:fs/promises';",
      '',
      `const response = await fetch(${quoted(address)}, {`,
      "  method: 'POST',",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a program
      ...(hasToken() ? ['  headers: { authorization: `Bearer ${process.env.TOKEN}` },'] : []),
      `  body: await readFile(${quoted(name)}),`,
      '});',
      'console.log(await response.json());',
    ].join('\n'),
  python: (address, name) =>
    [
      'import json, os, urllib.request',
      '',
      `with open(${quoted(name)}, "rb") as file:`,
      `    request = urllib.request.Request(${quoted(address)}, data=file.read(), method="POST")`,
      ...(hasToken() ? ['request.add_header("Authorization", "Bearer " + os.environ["TOKEN"])'] : []),
      'request.add_header("Content-Type", "application/octet-stream")',
      'print(json.load(urllib.request.urlopen(request)))',
    ].join('\n'),
};

/** @param {() => string} fileName */
export function watchCopy(fileName) {
  const code = byId('code', HTMLElement);
  const said = byId('copied', HTMLParagraphElement);
  for (const button of document.querySelectorAll('button[data-language]'))
    button.addEventListener('click', async () => {
      const language = button.getAttribute('data-language') ?? '';
      code.textContent = LANGUAGES[language]?.(new URL(CLASSIFY, location.href).href, fileName()) ?? '';
      said.textContent = await navigator.clipboard.writeText(code.textContent).then(
        () => 'Copied.',
        () => 'The browser does not allow copying here: select the text above.',
      );
    });
}

/** Forgets the code of another picture. */
export function clearCopy() {
  byId('code', HTMLElement).textContent = '';
  byId('copied', HTMLParagraphElement).textContent = '';
}
