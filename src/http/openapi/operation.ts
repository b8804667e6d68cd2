// What the OpenAPI document says of a route beyond its query, which its validator says: summary, bodies, answers,
// problems. Bodies and answers are the schemas that the route itself uses; a JSON body has an example that works.
import { describeRoute, resolver } from 'hono-openapi';
import type { GenericSchema } from 'valibot';
import { MOST_FILES } from '../limits.ts';
import { type ErrorForm, PROBLEM_FORM } from '../problem.ts';
import { SCHEMA_OPTIONS } from './validation.ts';

/** An 8 x 8 PNG, for examples. */
export const EXAMPLE_IMAGE =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mM4UaGBFTEMLQkAUtVaASL5fhoAAAAASUVORK5CYII=';

export const STATUSES = [400, 401, 403, 404, 408, 409, 413, 415, 416, 422, 429, 500, 501, 504] as const;
export type Status = (typeof STATUSES)[number];

/** Problems of routes that read the model, and of those that classify. */
export const MODEL_PROBLEMS: Status[] = [400, 401, 500, 504];
export const CLASSIFY_PROBLEMS: Status[] = [...MODEL_PROBLEMS, 408, 413, 415, 422, 429];

export interface Operation {
  /** Under which the document lists it. */
  tag: string;
  summary: string;
  /** JSON of the answer, where there is any. */
  answer?: GenericSchema;
  /** The answer may be a PNG. */
  png?: boolean;
  /** The answer is a file. */
  file?: boolean;
  /** The answer is lines of JSON. */
  ndjson?: boolean;
  /** Of the answer; without it, 200. */
  status?: 200 | 202;
  /** Forms of the body. `image`: the file itself; `form`: multipart/form-data with files. */
  body?: { json?: { schema: GenericSchema; example: object }; image?: boolean; form?: boolean };
  problems: Status[];
  /** Needs a token of the scope `write`: the route has requireWrite. */
  write?: boolean;
  /** How problems look; without it, as problem documents. */
  form?: ErrorForm;
  /** Another answer than 200 that is no problem document. */
  also?: Record<number, { description: string; schema: GenericSchema }>;
}

const FILE = { type: 'string', format: 'binary' } as const;
const FORM = {
  schema: {
    type: 'object',
    properties: { image: { type: 'array', items: FILE, maxItems: MOST_FILES } },
    required: ['image'] as string[],
  },
} as const;

function json(schema: GenericSchema) {
  return { 'application/json': { schema: resolver(schema, SCHEMA_OPTIONS) } };
}

function requestBody({ json: text, image, form }: NonNullable<Operation['body']>) {
  return {
    required: true,
    content: {
      ...(image ? { 'image/*': { schema: FILE }, 'application/octet-stream': { schema: FILE } } : {}),
      ...(form ? { 'multipart/form-data': FORM } : {}),
      ...(text
        ? {
            'application/json': {
              schema: resolver(text.schema, SCHEMA_OPTIONS),
              example: text.example,
            },
          }
        : {}),
    },
  };
}

/** The middleware that carries the description. */
export function operation(described: Operation) {
  const {
    tag,
    summary,
    answer,
    png,
    file,
    ndjson,
    status = 200,
    body,
    problems,
    write,
    form = PROBLEM_FORM,
    also = {},
  } = described;
  const responses = problems.map((problem) => [
    String(problem),
    { $ref: `#/components/responses/${form.name}${problem}` },
  ]);
  const others = Object.entries(also).map(([other, { description, schema }]) => [
    other,
    { description, content: json(schema) },
  ]);
  return describeRoute({
    tags: [tag],
    summary,
    security: write
      ? [{ write_token: [] }]
      : problems.includes(401)
        ? [{ token: [] }, { write_token: [] }, {}]
        : [],
    ...(body ? { requestBody: requestBody(body) } : {}),
    responses: {
      [status]: {
        description: status === 202 ? 'Accepted' : 'OK',
        content: {
          ...(answer ? json(answer) : {}),
          ...(png ? { 'image/png': { schema: FILE } } : {}),
          ...(file ? { 'application/octet-stream': { schema: FILE } } : {}),
          ...(ndjson ? { 'application/x-ndjson': { schema: { type: 'string' } } } : {}),
        },
      },
      ...Object.fromEntries(others),
      ...Object.fromEntries(responses),
    },
  });
}
