// What the OpenAPI document says of a route beyond its query, which its validator says: summary, bodies, answers,
// problems. Bodies and answers are the schemas that the route itself uses; a JSON body has an example that works.
import { describeRoute, resolver } from 'hono-openapi';
import type { GenericSchema } from 'valibot';
import { MOST_FILES } from '../limits.ts';
import { SCHEMA_OPTIONS } from './validation.ts';

/** An 8 x 8 PNG, for examples. */
export const EXAMPLE_IMAGE =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mM4UaGBFTEMLQkAUtVaASL5fhoAAAAASUVORK5CYII=';

export type Status = 400 | 401 | 404 | 408 | 409 | 413 | 415 | 422 | 429 | 500 | 504;

/** Problems of routes that read the model, and of those that classify. */
export const MODEL_PROBLEMS: Status[] = [400, 401, 500, 504];
export const CLASSIFY_PROBLEMS: Status[] = [...MODEL_PROBLEMS, 408, 413, 415, 422, 429];

export interface Operation {
  tag: 'own' | 'Hugging Face' | 'Workers AI' | 'Open Inference Protocol' | 'TensorFlow Serving';
  summary: string;
  /** JSON of the answer, where there is any. */
  answer?: GenericSchema;
  /** The answer may be a PNG. */
  png?: boolean;
  /** Forms of the body. `image`: the file itself; `form`: multipart/form-data with files. */
  body?: { json?: { schema: GenericSchema; example: object }; image?: boolean; form?: boolean };
  problems: Status[];
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
export function operation({ tag, summary, answer, png, body, problems, also = {} }: Operation) {
  const responses = problems.map((status) => [
    String(status),
    {
      $ref: `#/components/responses/${tag === 'Open Inference Protocol' ? 'Inference' : 'Problem'}${status}`,
    },
  ]);
  const others = Object.entries(also).map(([status, { description, schema }]) => [
    status,
    { description, content: json(schema) },
  ]);
  return describeRoute({
    tags: [tag],
    summary,
    security: problems.includes(401) ? [{ token: [] }, {}] : [],
    ...(body ? { requestBody: requestBody(body) } : {}),
    responses: {
      200: {
        description: 'OK',
        content: { ...(answer ? json(answer) : {}), ...(png ? { 'image/png': { schema: FILE } } : {}) },
      },
      ...Object.fromEntries(others),
      ...Object.fromEntries(responses),
    },
  });
}
