// The OpenAPI document as a page: one section an operation, with its parameters, bodies, answers and a curl line.
import { html, raw } from 'hono/html';
import type { Document } from './openapi.ts';

type PathItem = NonNullable<Document['paths'][string]>;
type Operation = NonNullable<PathItem['get']>;
type Html = ReturnType<typeof html>;

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-top: 1px solid #8888; padding-top: 1.5rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { background: #8881; padding: .75rem; overflow-x: auto; }
td, th { text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0; }
summary { cursor: pointer; }
:root { color-scheme: light dark; }
`;

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
  return rows.length === 0 ? '' : html`<table>${rows}</table>`;
}

function curl(path: string, operation: Operation): string {
  const body = operation.requestBody;
  if (!body || !('content' in body)) return `curl $HOST${path}`;
  if (body.content['image/*']) return `curl --data-binary @photo.jpg $HOST${path}`;
  return `curl --json '${JSON.stringify(body.content['application/json']?.example ?? {})}' $HOST${path}`;
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

function section(document: Document, path: string, method: string, operation: Operation): Html {
  return html`<section>
    <h2 id="${operation.operationId ?? ''}"><code>${method.toUpperCase()} ${path}</code></h2>
    <p>${operation.summary ?? ''} <small>(${operation.tags?.join(', ') ?? ''})</small></p>
    <pre>${curl(path, operation)}</pre>
    ${parameters(operation)} ${bodies(operation)} ${answers(document, operation)}
  </section>`;
}

/** The whole page. Every text of the document is escaped. */
export function docsPage(document: Document): Html {
  const sections = Object.entries(document.paths).flatMap(([path, item]) =>
    (['get', 'post'] as const).flatMap((method) => {
      const operation = item?.[method];
      return operation ? [section(document, path, method, operation)] : [];
    }),
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${document.info.title}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>${document.info.title}</h1>
        <p>${document.info.description ?? ''}</p>
        <p>As data: <a href="/openapi.json">/openapi.json</a></p>
        ${sections}
      </body>
    </html>`;
}
