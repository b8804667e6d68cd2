// The OpenAPI document as a page: one section an operation, with its parameters, bodies, answers, and examples that
// run as they stand. A script of the page (src/page/script/docs.js) adds "try it"; without it all is there to read.
import { html, raw } from 'hono/html';
import {
  type DocsContext,
  type DocumentedOperation,
  exampleBody,
  examples,
  METHODS,
  type Method,
  pathOf,
} from './docs-examples.ts';
import { exampleOf } from './example-answer.ts';
import type { Document } from './openapi.ts';

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
button, input, textarea { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--quiet);
  border-radius: .3rem; padding: .3rem .6rem; max-width: 100%; }
textarea { width: 100%; min-height: 6rem; font: .875rem/1.5 ui-monospace, monospace; }
.answer, .try pre { max-height: 24rem; overflow: auto; }
.try img { max-width: 100%; image-rendering: pixelated; }
summary { cursor: pointer; padding: .15rem 0; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? '';
}

/** What a parameter takes, in a few words. */
function acceptedValues(schema: object): string {
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

function parameters({ parameters: list = [] }: DocumentedOperation): Html | string {
  const rows = list.map((parameter) =>
    'name' in parameter
      ? html`<tr>
          <td><code>${parameter.name}</code></td>
          <td>${parameter.in}</td>
          <td>${acceptedValues(parameter.schema ?? {})}</td>
          <td>${parameter.description ?? ''}</td>
        </tr>`
      : '',
  );
  return rows.length === 0 ? '' : html`<table><caption>Parameters</caption>${rows}</table>`;
}

function bodies({ requestBody }: DocumentedOperation): Html[] {
  if (!requestBody || !('content' in requestBody)) return [];
  return Object.entries(requestBody.content).map(
    ([type, { schema, example }]) =>
      html`<details>
        <summary>body <code>${type}</code></summary>
        <pre>${prettyJson(schema)}</pre>
        ${example === undefined ? '' : html`<pre>${prettyJson(example)}</pre>`}
      </details>`,
  );
}

interface Answer {
  description?: string;
  content?: Record<string, { schema?: object }>;
}

function answers(document: Document, { responses = {} }: DocumentedOperation): Html[] {
  const known: Record<string, unknown> = document.components?.responses ?? {};
  return Object.entries(responses).map(([status, response]) => {
    const target = response && '$ref' in response ? known[response.$ref.split('/').at(-1) ?? ''] : response;
    const { description, content = {} } = (target ?? {}) as Answer;
    const [type, { schema = {} } = {}] = Object.entries(content)[0] ?? [];
    return html`<details>
      <summary>${status} ${description ?? ''}</summary>
      ${type?.endsWith('json') ? html`<pre tabindex="0">${prettyJson(exampleOf(schema))}</pre>` : ''}
      <details>
        <summary>its schema</summary>
        <pre tabindex="0">${prettyJson(content)}</pre>
      </details>
    </details>`;
  });
}

/** What an answer looks like, in view without a click. */
function firstAnswer({ responses = {} }: DocumentedOperation): Html | string {
  const ok = responses['200'] as Answer | undefined;
  const schema = ok?.content?.['application/json']?.schema;
  return schema
    ? html`<p>An answer:</p>
        <pre class="answer" tabindex="0">${prettyJson(exampleOf(schema))}</pre>`
    : '';
}

/** What the script makes a form of: the request, and which body it takes. */
function tryIt({ path, method, operation }: Entry, context: DocsContext): Html {
  const body = exampleBody(operation);
  return html`<div
    class="try"
    data-method="${method.toUpperCase()}"
    data-path="${pathOf(path, context)}"
    data-body="${body === 'photo' ? 'photo' : body ? 'json' : ''}"
    data-json="${typeof body === 'object' ? body.json : ''}"
  ></div>`;
}

function section(document: Document, entry: Entry, context: DocsContext): Html {
  const { path, method, operation } = entry;
  const [first, ...others] = examples(method, path, operation, context);
  return html`<section>
    <h3 id="${anchor(method, path)}"><code>${method.toUpperCase()} ${path}</code></h3>
    <p>${operation.summary ?? ''}</p>
    <pre data-language="${first?.[0] ?? ''}"><code>${first?.[1] ?? ''}</code></pre>
    ${others.map(
      ([language, code]) =>
        html`<details><summary>${language}</summary><pre data-language="${language}"><code>${code}</code></pre></details>`,
    )}
    ${firstAnswer(operation)} ${tryIt(entry, context)} ${parameters(operation)} ${bodies(operation)}
    ${answers(document, operation)}
  </section>`;
}

interface Entry {
  path: string;
  method: Method;
  operation: DocumentedOperation;
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
        <script type="module" src="/script/docs.js"></script>
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
            <code>photo.jpg</code> in the folder${context.token ? html` and a token in <code>TOKEN</code>` : ''}; those of
            heads, jobs and indexes once there is what they name, and those that store something with a token of the
            scope write in <code>TOKEN</code>.
          </p>
          <p id="docs-token" hidden>
            <label for="token">Bearer token for "Try it"</label>
            <input type="password" id="token" autocomplete="off" />
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
