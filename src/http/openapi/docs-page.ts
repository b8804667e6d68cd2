// The OpenAPI document as a page: one section an operation, with its parameters, bodies, answers, and
// examples in three languages with the real address and model, so that each runs as it stands.
import { html, raw } from 'hono/html';
import type { Document } from './openapi.ts';

type PathItem = NonNullable<Document['paths'][string]>;
type Operation = NonNullable<PathItem['get']>;
type Html = ReturnType<typeof html>;

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d6d4cd, #3a3f47); --raised: light-dark(#fff, #1d2026);
  --quiet: light-dark(#575a61, #abb0b8); --accent: light-dark(#1f4fbf, #93b7ff); }
* { box-sizing: border-box; }
body { font: 1rem/1.55 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 0 1rem 3rem;
  background: light-dark(#faf9f6, #14161a); color: light-dark(#1c1d20, #e8e8e6); overflow-wrap: break-word; }
h1, h2, h3 { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif; line-height: 1.2; }
h3 { font-size: 1.1rem; border-top: 1px solid var(--line); padding-top: 1.5rem; margin: 2rem 0 .5rem; scroll-margin-top: .5rem; }
a { color: var(--accent); }
small, caption { color: var(--quiet); }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: .3rem; padding: .75rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
nav ul { list-style: none; padding: 0; columns: 20rem; }
table { border-collapse: collapse; width: 100%; }
td { text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
caption { text-align: left; }
td:nth-child(-n+2) { overflow-wrap: normal; }
summary { cursor: pointer; padding: .15rem 0; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

/** What the examples are filled in with, so that they run as they stand. */
export interface DocsContext {
  /** `https://host`, without a slash at the end. */
  origin: string;
  model: { name: string; version: string };
}

function shown(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? '';
}

/** What a parameter takes, in a few words. */
function taken(schema: object): string {
  const {
    type,
    enum: values,
    minimum,
    maximum,
    pattern,
    default: fallback,
  } = schema as Record<string, unknown>;
  const parts = [
    Array.isArray(values) ? values.join(' | ') : String(type ?? ''),
    minimum === undefined && maximum === undefined ? '' : `${minimum ?? ''} to ${maximum ?? ''}`,
    pattern === undefined ? '' : String(pattern),
    fallback === undefined ? '' : `default ${fallback}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function parameters({ parameters: list = [] }: Operation): Html | string {
  const rows = list.map((parameter) =>
    'name' in parameter
      ? html`<tr>
          <td><code>${parameter.name}</code></td>
          <td>${parameter.in}</td>
          <td>${taken(parameter.schema ?? {})}</td>
          <td>${parameter.description ?? ''}</td>
        </tr>`
      : '',
  );
  return rows.length === 0 ? '' : html`<table><caption>Parameters</caption>${rows}</table>`;
}

/** The address with a real model and version. */
function addressOf(path: string, { origin, model }: DocsContext): string {
  const known: Record<string, string> = { name: model.name, model: model.name, version: model.version };
  return origin + path.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? name);
}

/** The request's body, as the examples send it. */
function exampleBody({ requestBody }: Operation): 'photo' | { json: string } | undefined {
  if (!requestBody || !('content' in requestBody)) return undefined;
  if (requestBody.content['image/*']) return 'photo';
  return { json: JSON.stringify(requestBody.content['application/json']?.example ?? {}) };
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const METHODS = ['get', 'put', 'post', 'delete'] as const;
type Method = (typeof METHODS)[number];

/** The part of a request that is not its address or its body, in three languages. */
function howSent(method: Method, { security = [] }: Operation) {
  const writes = security.length > 0 && security.every((need) => 'write_token' in need);
  const named = method === 'put' || method === 'delete' ? method.toUpperCase() : undefined;
  const python = [
    ...(named ? [`, method="${named}"`] : []),
    ...(writes ? [', headers={"Authorization": "Bearer TOKEN"}'] : []),
  ].join('');
  return {
    curl: `${named ? `-X ${named} ` : ''}${writes ? "-H 'Authorization: Bearer TOKEN' " : ''}`,
    script: writes ? "\n  headers: { authorization: 'Bearer TOKEN' }," : '',
    python,
    plain: !writes && method === 'get',
  };
}

/** The same request in three languages. */
function examples(address: string, method: Method, operation: Operation): [string, string][] {
  const body = exampleBody(operation);
  const png = Object.keys((operation.responses?.['200'] as { content?: object })?.content ?? {});
  const json = png.includes('application/json');
  const url = JSON.stringify(address);
  const { curl, script, python, plain } = howSent(method, operation);
  if (body === undefined) {
    const sent = plain ? '' : `, {\n  method: '${method.toUpperCase()}',${script}\n}`;
    const post = method === 'post' ? '-X POST ' : '';
    return [
      [
        'curl',
        json ? `curl ${post}${curl}${shellQuoted(address)}` : `curl ${curl}-o answer ${shellQuoted(address)}`,
      ],
      [
        'JavaScript',
        `const response = await fetch(${url}${sent});\nconsole.log(await response.${json ? 'json()' : 'bytes()'});`,
      ],
      [
        'Python',
        plain
          ? `import urllib.request\nprint(urllib.request.urlopen(${url}).read())`
          : `import urllib.request\nrequest = urllib.request.Request(${url}${method === 'post' ? ', data=b""' : ''}${python})\n` +
            'print(urllib.request.urlopen(request).read())',
      ],
    ];
  }
  const photo = body === 'photo';
  return [
    [
      'curl',
      photo
        ? `curl ${curl}--data-binary @photo.jpg ${shellQuoted(address)}`
        : `curl ${curl}--json ${shellQuoted(body.json)} ${shellQuoted(address)}`,
    ],
    [
      'JavaScript',
      `${photo ? "import { readFile } from 'node:fs/promises';\n" : ''}const response = await fetch(${url}, {\n  method: '${method.toUpperCase()}',${script}\n` +
        `  body: ${photo ? "await readFile('photo.jpg')" : `JSON.stringify(${body.json})`},\n});\nconsole.log(await response.json());`,
    ],
    [
      'Python',
      `import json, urllib.request\nbody = ${photo ? 'open("photo.jpg", "rb").read()' : `${JSON.stringify(body.json)}.encode()`}\n` +
        `print(json.load(urllib.request.urlopen(urllib.request.Request(${url}, data=body${python}))))`,
    ],
  ];
}

function bodies({ requestBody }: Operation): Html[] {
  if (!requestBody || !('content' in requestBody)) return [];
  return Object.entries(requestBody.content).map(
    ([type, { schema, example }]) =>
      html`<details>
        <summary>body <code>${type}</code></summary>
        <pre>${shown(schema)}</pre>
        ${example === undefined ? '' : html`<pre>${shown(example)}</pre>`}
      </details>`,
  );
}

function answers(document: Document, { responses = {} }: Operation): Html[] {
  const known: Record<string, unknown> = document.components?.responses ?? {};
  return Object.entries(responses).map(([status, response]) => {
    const target = response && '$ref' in response ? known[response.$ref.split('/').at(-1) ?? ''] : response;
    const { description, content } = (target ?? {}) as { description?: string; content?: object };
    return html`<details>
      <summary>${status} ${description ?? ''}</summary>
      <pre>${shown(content)}</pre>
    </details>`;
  });
}

function section(document: Document, { path, method, operation }: Entry, context: DocsContext): Html {
  const [first, ...others] = examples(addressOf(path, context), method, operation);
  return html`<section>
    <h3 id="${anchor(method, path)}"><code>${method.toUpperCase()} ${path}</code></h3>
    <p>${operation.summary ?? ''}</p>
    <pre><code>${first?.[1] ?? ''}</code></pre>
    ${others.map(
      ([language, code]) =>
        html`<details><summary>${language}</summary><pre><code>${code}</code></pre></details>`,
    )}
    ${parameters(operation)} ${bodies(operation)} ${answers(document, operation)}
  </section>`;
}

interface Entry {
  path: string;
  method: Method;
  operation: Operation;
}

function anchor(method: string, path: string): string {
  return `${method}${path.replace(/[^a-z0-9]+/gi, '-')}`;
}

function entries(document: Document): Map<string, Entry[]> {
  const byTag = new Map<string, Entry[]>();
  for (const [path, item] of Object.entries(document.paths))
    for (const method of METHODS) {
      const operation = item?.[method];
      const tag = operation?.tags?.[0] ?? 'other';
      if (operation) byTag.set(tag, [...(byTag.get(tag) ?? []), { path, method, operation }]);
    }
  return byTag;
}

/** The whole page. Every text of the document is escaped. */
export function docsPage(document: Document, context: DocsContext): Html {
  const groups = [...entries(document)];
  const title = (tag: string) => (tag === 'own' ? 'Its own interface' : tag);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${document.info.title}: the interface</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <p><a href="/">← the page</a></p>
          <h1>${document.info.title}: the interface</h1>
        </header>
        <main>
          <p>${document.info.description ?? ''}</p>
          <p>
            As data: <a href="/openapi.json">/openapi.json</a>. Every example runs as it stands, with a
            <code>photo.jpg</code> in the folder.
          </p>
          <nav aria-label="Contents">
            ${groups.map(
              ([tag, list]) => html`<h2>${title(tag)}</h2>
                <ul>
                  ${list.map(
                    ({ method, path, operation }) =>
                      html`<li><a href="#${anchor(method, path)}">${operation.summary ?? path}</a></li>`,
                  )}
                </ul>`,
            )}
          </nav>
          ${groups.map(
            ([tag, list]) => html`<h2>${title(tag)}</h2>
              ${list.map((entry) => section(document, entry, context))}`,
          )}
        </main>
      </body>
    </html>`;
}
