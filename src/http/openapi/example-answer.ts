// An example of an answer, from the schema that the route answers by: what the schema itself names as example, constant,
// choice or default, else the least value that fits. A test holds each against its schema.

interface Schema {
  type?: string | string[];
  examples?: unknown[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema | Schema[];
  prefixItems?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  minimum?: number;
  pattern?: string;
}

/** A name says more than the word "string". */
const WORDS: Record<string, unknown> = {
  name: 'alexnet-ten-classes',
  model: 'alexnet-ten-classes',
  version: '61bb0a28e314',
  label: 'church, church building',
  synset: 'n03028079',
  score: 0.9812,
  known: 0.62,
  index: 4,
  format: 'jpeg',
  width: 500,
  height: 375,
  request_id: '5f3c6f0e-2a77-4c1e-9b61-0d8f2b9a7c11',
};

function listOf(items: Schema | Schema[] | undefined, name: string): unknown[] {
  if (Array.isArray(items)) return items.map((item) => exampleOf(item, name));
  return items === undefined ? [] : [exampleOf(items, name)];
}

function ofType(schema: Schema, name: string): unknown {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  const word = WORDS[name];
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([member, of]) => [member, exampleOf(of, member)]),
      );
    case 'array':
      return schema.prefixItems ? listOf(schema.prefixItems, name) : listOf(schema.items, name);
    case 'number':
    case 'integer':
      return typeof word === 'number' ? word : (schema.minimum ?? 0);
    case 'boolean':
      return name !== 'none_of_these';
    case 'null':
      return null;
    default:
      if (schema.pattern?.includes('0-9a-f')) return '61bb0a28e314'.padEnd(64, '0');
      return typeof word === 'string' ? word : name;
  }
}

/** A value that fits a JSON schema as the document has them. `name`: of the member that holds it. */
export function exampleOf(schema: Schema, name = 'value'): unknown {
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum?.[0] !== undefined) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0];
  return choice ? exampleOf(choice, name) : ofType(schema, name);
}
