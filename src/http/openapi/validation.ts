// Parameters against their schema (Valibot). Every refusal names the parameter, what it takes and what it got;
// an unknown name is refused, not dropped. A schema's own messages say only what is expected.
import { validator } from 'hono-openapi';
import * as v from 'valibot';
import { badParameter, excerpt, quotedExcerpt, ServiceError } from '../../errors.ts';

/** What the document generator needs to know of schemas that read strings: what they make of them. */
export const SCHEMA_OPTIONS = { options: { typeMode: 'output', errorMode: 'ignore' } } as const;

/** What Valibot says was wrong. */
interface Issue {
  message: string;
  /** `strict_object` for a value that is no object, and for its missing and unknown members. */
  type?: string;
  /** Of an unknown member: `never`. */
  expected?: string | null;
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

/** Members of an array or object that a message may show. */
const SHOWN = 20;

/** A value in a message. Of what is nested only the kind: to write it may take any time and depth of stack. */
function valueExcerpt(value: unknown, nested = false): string {
  if (typeof value === 'string') return excerpt(quotedExcerpt(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'nothing';
  if (nested) return Array.isArray(value) ? '[...]' : '{...}';
  if (Array.isArray(value))
    return excerpt(`[${value.slice(0, SHOWN).map((item) => valueExcerpt(item, true))}]`);
  const members: string[] = [];
  for (const name in value) {
    members.push(`${JSON.stringify(excerpt(name))}:${valueExcerpt(Reflect.get(value, name), true)}`);
    if (members.length === SHOWN) break;
  }
  return excerpt(`{${members}}`);
}

/** A message that no schema of ours set; it repeats the value whole. */
const LIBRARY_MESSAGE = /^(Invalid \w+:|$)/;

/** The issue as ServiceError bad-parameter. `known` are the names that the schema has at its top. */
export function parameterError(
  issue: Issue | undefined,
  data: unknown,
  known: readonly string[],
): ServiceError {
  const parameter = issue ? pathOf(issue) : '';
  const members = { parameter: parameter === '' ? 'body' : excerpt(parameter) };
  const object = issue?.type === 'strict_object';
  if (object && issue.expected === 'never') {
    const choice = parameter.includes('.') ? '' : `; expected ${known.join(', ') || 'none'}`;
    return new ServiceError('bad-parameter', `unknown parameter ${members.parameter}${choice}`, { members });
  }
  const expected = object
    ? parameter === ''
      ? 'a JSON object'
      : 'a value'
    : LIBRARY_MESSAGE.test(issue?.message ?? '')
      ? 'a valid value'
      : issue?.message;
  return new ServiceError(
    'bad-parameter',
    `${members.parameter}: expected ${expected}, got ${valueExcerpt(parameter === '' ? data : valueAt(data, parameter))}`,
    { members },
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

/** The parts of Valibot's schemas that lead to objects. */
interface SchemaNode {
  entries?: Record<string, SchemaNode>;
  /** Of an array. */
  item?: SchemaNode;
  /** Of optional and nullish. */
  wrapped?: SchemaNode;
  /** Of a union; of a pick list they are texts. */
  options?: readonly (SchemaNode | string)[];
}

/**
 * Refuses arrays where the schema wants an object. Valibot would look for unknown members in them, and the names of an
 * array's members, as texts, are many times its size. Throws ServiceError bad-parameter.
 */
function refuseArrays({ entries, item, wrapped, options }: SchemaNode, value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  const below = (name: PropertyKey) => (path === '' ? String(name) : `${path}.${String(name)}`);
  if (wrapped) refuseArrays(wrapped, value, path);
  for (const option of options ?? []) if (typeof option === 'object') refuseArrays(option, value, path);
  if (item && Array.isArray(value))
    for (const [i, element] of value.entries()) refuseArrays(item, element, below(i));
  if (!entries) return;
  if (Array.isArray(value)) {
    const name = path === '' ? 'body' : path;
    const expected = path === '' ? 'a JSON object' : 'an object';
    throw badParameter(name, expected, { got: valueExcerpt(value) });
  }
  for (const [name, entry] of Object.entries(entries))
    refuseArrays(entry, Reflect.get(value, name), below(name));
}

/** A JSON object against its schema. Throws ServiceError bad-parameter. */
export function parseJson<const Entries extends v.ObjectEntries>(
  schema: v.StrictObjectSchema<Entries, undefined>,
  value: unknown,
): v.InferOutput<v.StrictObjectSchema<Entries, undefined>> {
  refuseArrays(schema as SchemaNode, value, '');
  // The first issue is enough; an array of numbers could have millions.
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  throw parameterError(result.issues[0], value, Object.keys(schema.entries));
}
