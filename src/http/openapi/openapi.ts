// GET /openapi.json: the OpenAPI 3.1 document, made from the routes' own schemas when it is first asked for.
import type { Hono } from 'hono';
import { generateSpecs, resolver } from 'hono-openapi';
import { ERROR_CODES, type ErrorCode } from '../../errors.ts';
import type { AppEnv } from '../context.ts';
import { InferError } from '../dialects/schemas.ts';
import { Problem } from '../v1/schemas.ts';
import type { Status } from './operation.ts';
import { SCHEMA_OPTIONS } from './validation.ts';

export type Document = Awaited<ReturnType<typeof generateSpecs>>;

const STATUSES: Status[] = [400, 401, 404, 408, 409, 413, 415, 422, 429, 500, 504];

/** The titles of a status, as the error table has them. */
function titles(status: number): string {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  return codes
    .filter((code) => ERROR_CODES[code].status === status)
    .map((code) => ERROR_CODES[code].title)
    .join('; ');
}

function problemResponses() {
  return Object.fromEntries(
    STATUSES.flatMap((status) => [
      [
        `Problem${status}`,
        {
          description: titles(status),
          content: { 'application/problem+json': { schema: resolver(Problem, SCHEMA_OPTIONS) } },
        },
      ],
      [
        `Inference${status}`,
        {
          description: titles(status),
          content: { 'application/json': { schema: resolver(InferError, SCHEMA_OPTIONS) } },
        },
      ],
    ]),
  );
}

/** `{target}` stands for a name and the action after it, which a router cannot tell apart. */
function nameTargets(paths: Document['paths']): Document['paths'] {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => {
      if (!path.includes('{target}')) return [path, item];
      const name = path.includes('{model}') ? 'version' : 'model';
      const renamed = JSON.stringify(item).replaceAll('"name":"target"', `"name":"${name}"`);
      return [path.replace('{target}', `{${name}}:predict`), JSON.parse(renamed)];
    }),
  );
}

/** The document of an application's routes. */
export async function makeDocument(app: Hono<AppEnv>): Promise<Document> {
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
        securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
        responses: problemResponses(),
      },
    },
  });
  return { ...document, paths: nameTargets(document.paths) };
}
