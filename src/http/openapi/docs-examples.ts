// The requests that /docs shows of an operation, in three languages, with the real address and model: each runs as it
// stands beside a photo.jpg. Where tokens are bound, they read it from the environment.
import type { Document } from './openapi.ts';

export const METHODS = ['get', 'put', 'post', 'delete'] as const;
export type Method = (typeof METHODS)[number];

type PathItem = NonNullable<Document['paths'][string]>;
export type DocumentedOperation = NonNullable<PathItem['get']>;

/** What the examples are filled in with. */
export interface DocsContext {
  /** `https://host`, without a slash at the end. */
  origin: string;
  model: { name: string; version: string };
  /** Whether the server asks for a bearer token. */
  token: boolean;
}

/** The body that the examples send: the photo, or JSON; undefined = none. */
export type ExampleBody = 'photo' | { json: string };

/** The address with a real model and version, without the origin. */
export function pathOf(path: string, { model }: DocsContext): string {
  const known: Record<string, string> = { name: model.name, model: model.name, version: model.version };
  return path.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? name);
}

export function exampleBody({ requestBody }: DocumentedOperation): ExampleBody | undefined {
  if (!requestBody || !('content' in requestBody)) return undefined;
  if (requestBody.content['image/*']) return 'photo';
  return { json: JSON.stringify(requestBody.content['application/json']?.example ?? {}) };
}

/** Whether the operation asks for a token that may write. */
function writes({ security = [] }: DocumentedOperation): boolean {
  return security.length > 0 && security.every((need) => 'write_token' in need);
}

/** The type of the first answer that is no problem. */
export function answerType({ responses = {} }: DocumentedOperation): string {
  const ok = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
  return Object.keys((ok as { content?: object } | undefined)?.content ?? {})[0] ?? '';
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

interface Request {
  method: string;
  address: string;
  body: ExampleBody | undefined;
  /** Whether the answer is JSON. */
  json: boolean;
  token: boolean;
}

function curl({ method, address, body, json, token }: Request): string {
  const usual = body === undefined ? 'GET' : 'POST';
  return [
    'curl',
    ...(method === usual ? [] : ['-X', method]),
    ...(json ? [] : ['-o', 'answer']),
    ...(token ? ['-H', '"Authorization: Bearer $TOKEN"'] : []),
    ...(body === 'photo' ? ['--data-binary', '@photo.jpg'] : []),
    ...(typeof body === 'object' ? ['--json', shellQuoted(body.json)] : []),
    shellQuoted(address),
  ].join(' ');
}

function javascript({ method, address, body, json, token }: Request): string {
  const init = [
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a program
    ...(token ? ['  headers: { authorization: `Bearer ${process.env.TOKEN}` },'] : []),
    ...(body === 'photo' ? ["  body: await readFile('photo.jpg'),"] : []),
    ...(typeof body === 'object' ? [`  body: JSON.stringify(${body.json}),`] : []),
  ];
  return [
    ...(body === 'photo' ? ["import { readFile } from 'node:fs/promises';"] : []),
    `const response = await fetch(${JSON.stringify(address)}${init.length === 0 ? '' : `, {\n${init.join('\n')}\n}`});`,
    json
      ? 'console.log(await response.json());'
      : 'console.log(new Uint8Array(await response.arrayBuffer()));',
  ].join('\n');
}

function python({ method, address, body, json, token }: Request): string {
  const options = [
    JSON.stringify(address),
    ...(body === 'photo' ? ['data=open("photo.jpg", "rb").read()'] : []),
    ...(typeof body === 'object' ? [`data=${JSON.stringify(body.json)}.encode()`] : []),
    ...(method === 'GET' ? [] : [`method="${method}"`]),
  ];
  return [
    `import ${[...(json ? ['json'] : []), ...(token ? ['os'] : []), 'urllib.request'].join(', ')}`,
    `request = urllib.request.Request(${options.join(', ')})`,
    ...(token ? ['request.add_header("Authorization", "Bearer " + os.environ["TOKEN"])'] : []),
    json
      ? 'print(json.load(urllib.request.urlopen(request)))'
      : 'print(len(urllib.request.urlopen(request).read()))',
  ].join('\n');
}

/** The same request in three languages: name and program. */
export function examples(
  method: Method,
  path: string,
  operation: DocumentedOperation,
  context: DocsContext,
): [string, string][] {
  const request: Request = {
    method: method.toUpperCase(),
    address: context.origin + pathOf(path, context),
    body: exampleBody(operation),
    json: answerType(operation) === 'application/json',
    token: context.token || writes(operation),
  };
  return [
    ['curl', curl(request)],
    ['JavaScript', javascript(request)],
    ['Python', python(request)],
  ];
}
