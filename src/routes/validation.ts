// Parameters against their schema (Valibot). Every refusal names the parameter, what it takes and what it got;
// an unknown name is refused, not dropped. A schema's own messages say only what is expected.
import { validator } from 'hono-openapi';
import * as v from 'valibot';
import { ServiceError } from '../errors.ts';

/** What the document generator needs to know of schemas that read strings: what they make of them. */
export const SCHEMA_OPTIONS = { options: { typeMode: 'output', errorMode: 'ignore' } } as const;

/** One part of an issue's path; the JSON types of Valibot and of Standard Schema agree on this much. */
interface Issue {
  message: string;
  path?: readonly (PropertyKey | { readonly key: unknown })[] | undefined;
}

function pathOf({ path = [] }: Issue): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}

function valueAt(data: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
      data,
    );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

/** The first issue as ServiceError bad-parameter. `known` are the names that the schema has at its top. */
export function parameterError(
  issue: Issue | undefined,
  data: unknown,
  known: readonly string[],
): ServiceError {
  const parameter = issue ? pathOf(issue) : '';
  if (parameter !== '' && !parameter.includes('.') && !known.includes(parameter))
    return new ServiceError(
      'bad-parameter',
      `unknown parameter ${parameter}; expected ${known.length > 0 ? known.join(', ') : 'none'}`,
      { members: { parameter } },
    );
  return new ServiceError(
    'bad-parameter',
    `${parameter === '' ? 'body' : parameter}: expected ${issue?.message ?? 'a valid value'}, got ${shown(valueAt(data, parameter))}`,
    { members: { parameter } },
  );
}

/** A whole number in a query string. */
export function wholeNumber(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.string(expected),
    v.regex(/^\d{1,9}$/, expected),
    v.transform(Number),
    v.number(),
    v.integer(),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
}

/** The middleware that validates the query string; the OpenAPI document reads the same schema. */
export function query<const Entries extends v.ObjectEntries>(
  schema: v.StrictObjectSchema<Entries, undefined>,
) {
  return validator(
    'query',
    schema,
    (result) => {
      if (!result.success) throw parameterError(result.error[0], result.data, Object.keys(schema.entries));
    },
    SCHEMA_OPTIONS,
  );
}

/** A JSON object against its schema. Throws ServiceError bad-parameter. */
export function parseJson<const Entries extends v.ObjectEntries>(
  schema: v.StrictObjectSchema<Entries, undefined>,
  value: unknown,
): v.InferOutput<v.StrictObjectSchema<Entries, undefined>> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw parameterError(result.issues[0], value, Object.keys(schema.entries));
}
