// GET /openapi.json: the OpenAPI 3.1 document, made from the routes' own schemas when it is first asked for.
import type { Hono } from 'hono';
import { generateSpecs, resolver } from 'hono-openapi';
import { ERROR_CODES, type ErrorCode } from '../../errors.ts';
import type { AppEnv } from '../context.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { type ErrorForm, PROBLEM_FORM } from '../problem.ts';
import { DOCUMENTED_PATHS } from '../v1/heads.ts';
import { STATUSES } from './operation.ts';
import { SCHEMA_OPTIONS } from './validation.ts';

export type Document = Awaited<ReturnType<typeof generateSpecs>>;

/** The titles of a status, as the error table has them. */
function titles(status: number): string {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  return codes
    .filter((code) => ERROR_CODES[code].status === status)
    .map((code) => ERROR_CODES[code].title)
    .join('; ');
}

function problemResponses(forms: readonly ErrorForm[]) {
  return Object.fromEntries(
    forms.flatMap(({ name, contentType, schema }) =>
      STATUSES.map((status) => [
        `${name}${status}`,
        {
          description: titles(status),
          content: { [contentType]: { schema: resolver(schema, SCHEMA_OPTIONS) } },
        },
      ]),
    ),
  );
}

/** Puts the documented addresses in the place of the router's; the last parameter gets its name back. */
function renamePaths(paths: Document['paths'], names: Readonly<Record<string, string>>): Document['paths'] {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => {
      const documented = names[path];
      if (documented === undefined) return [path, item];
      const routed = /\{(\w+)\}$/.exec(path)?.[1] ?? '';
      const name = /\{(\w+)\}:\w+$/.exec(documented)?.[1] ?? routed;
      const renamed = JSON.stringify(item).replaceAll(`"name":"${routed}"`, `"name":"${name}"`);
      return [documented, JSON.parse(renamed)];
    }),
  );
}

/** The document of an application's routes. */
export async function makeDocument(app: Hono<AppEnv>, dialects: readonly Dialect[]): Promise<Document> {
  const forms = dialects.flatMap(({ errors }) => (errors ? [errors.form] : []));
  const names = Object.assign(
    {},
    DOCUMENTED_PATHS,
    ...dialects.map(({ documentedPaths }) => documentedPaths),
  );
  const document = await generateSpecs(app, {
    defaultValidationErrorResponse: false,
    documentation: {
      info: {
        title: 'alexnet-edge',
        version: '1',
        description:
          'A photo in, its class out: AlexNet (2012) on Cloudflare Workers. The own routes, and the dialects of ' +
          'clients that exist already. Errors are application/problem+json (RFC 9457).',
        license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'Of the scope read: API_TOKENS.' },
          write_token: { type: 'http', scheme: 'bearer', description: 'Of the scope write: WRITE_TOKENS.' },
        },
        responses: problemResponses([PROBLEM_FORM, ...forms]),
      },
    },
  });
  return { ...document, paths: renamePaths(document.paths, names) };
}
