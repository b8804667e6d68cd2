// Walks the served OpenAPI document: every operation, each of its documented statuses, and each example, is requested
// and answered as documented. clients.test.ts validates the document itself.
import { describe, expect, it } from 'vitest';
import kernelsModule from '../../../build/kernels.wasm';
import { encodeHead } from '../../../src/heads/file.ts';
import {
  encodePointer,
  headVersion,
  pointerKey,
  versionKey,
  withVersion,
} from '../../../src/heads/published.ts';
import { train } from '../../../src/heads/train.ts';
import type { Bindings } from '../../../src/http/bindings.ts';
import { exampleOf } from '../../../src/http/openapi/example-answer.ts';
import { ModelLoader } from '../../../src/model/loader.ts';
import { OPTIONS, someExamples } from '../../heads/examples.ts';
import { bindings, coldWorker, jpeg, jpegBase64, post, send, text, truncated } from '../worker.ts';
import { authorization, HEAD_CAUSES, makeTaught, unreachable, WRITER } from './taught.ts';

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  const?: unknown;
  enum?: unknown[];
}
type Content = Record<string, { schema: Schema; example?: object }>;
interface Answer {
  $ref?: string;
  content?: Content;
}
interface Operation {
  summary: string;
  parameters?: { name: string; in: string; schema: Schema & { default?: unknown; minimum?: number } }[];
  requestBody?: { content: Content };
  security: Record<string, string[]>[];
  responses: Record<string, Answer>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Answer> };
}

const document = (await (await send('/openapi.json')).json()) as Document;
const { versions } = (await (await send('/v2/models/tiny')).json()) as { versions: string[] };

/** A picture of the network's size. */
const fitting = new Uint8Array(await (await post('/v1/inspect?format=png', jpeg)).arrayBuffer());
const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Where a value does not have the form that a schema asks for; none = it fits. */
function misfits(schema: Schema, value: unknown, path = '$'): string[] {
  if (schema.anyOf) {
    const each = schema.anyOf.map((choice) => misfits(choice, value, path));
    return each.some(({ length }) => length === 0) ? [] : each.flat();
  }
  if (schema.const !== undefined && schema.const !== value) return [`${path}: expected ${schema.const}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${path}: expected one of ${schema.enum}`];
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const expected = schema.type === 'integer' ? 'number' : schema.type;
  if (expected !== undefined && expected !== type) return [`${path}: expected ${expected}, got ${type}`];
  if (Array.isArray(value))
    return value.flatMap((item, i) => misfits(schema.items ?? {}, item, `${path}.${i}`));
  if (type !== 'object') return [];
  const members = value as Record<string, unknown>;
  return [
    ...(schema.required ?? []).filter((name) => !(name in members)).map((name) => `${path}.${name}: missing`),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      name in members ? misfits(property, members[name], `${path}.${name}`) : [],
    ),
  ];
}

const exampleId = await makeTaught();

/** The own names of the routes of heads and of indexes. */
const OWN_NAMES: [string, string][] = [
  ['/v1/heads/', 'taught'],
  ['/v1/index/', 'documented'],
];
const ownName = (path: string) => OWN_NAMES.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'tiny';

/** An index of another model, and one of this. */
await bindings.MODELS?.put(
  'index/foreign/current',
  JSON.stringify({ format: 'alexnet-edge-index/1', model: 'a'.repeat(64), segments: [], gone: [] }),
);
async function makeIndex(): Promise<void> {
  const init = { method: 'PUT', body: jpeg, headers: { authorization } };
  await send('/v1/index/documented/photo', init, WRITER);
}

const address = (path: string, model = ownName(path)) =>
  path
    .replace('{key}', 'photo')
    .replace('{label}', 'a')
    .replace('{id}', exampleId)
    .replace(/\{(model|name)\}/, model)
    .replace('{version}', versions[0] ?? '')
    .replace('{account}', 'account');

/** A body of the operation that holds this file. */
function bodyWith({ requestBody }: Operation, file: Uint8Array<ArrayBuffer>): BodyInit | undefined {
  if (!requestBody) return undefined;
  if (requestBody.content['image/*']) return file;
  const b64 = btoa(String.fromCharCode(...file));
  const { example = {} } = requestBody.content['application/json'] ?? {};
  return 'instances' in example
    ? JSON.stringify({ instances: [{ b64 }] })
    : JSON.stringify({ inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data: [b64] }] });
}

const refusing: RateLimit = { limit: async () => ({ success: false }) };

interface Cause {
  /** For the route that takes heads by query. */
  head?: string;
  search?: string;
  model?: string;
  file?: Uint8Array<ArrayBuffer>;
  bindings?: Partial<Bindings>;
  cold?: boolean;
  anonymous?: boolean;
  /** The body never comes. */
  stalled?: boolean;
  headers?: Record<string, string>;
}

/** A head of another model. */
const foreign = await encodeHead(train(someExamples(['x', 'y'], 3), { ...OPTIONS, name: 'foreign' }).head);
const foreignVersion = headVersion(foreign.sha256);
await bindings.MODELS?.put(versionKey('foreign', foreignVersion), foreign.bytes);
await bindings.MODELS?.put(pointerKey('foreign'), encodePointer(withVersion(undefined, foreignVersion)));

/** What brings each status about. */
const CAUSES: Record<string, Cause> = {
  200: { search: '' },
  400: { search: '?no_such_parameter=1' },
  401: { bindings: { API_TOKENS: 'token' }, anonymous: true },
  403: {},
  404: { model: 'no-such-model', head: 'no-such-head' },
  408: { bindings: { MAX_STALL_MS: '20' }, stalled: true },
  409: { head: 'foreign' },
  413: { bindings: { MAX_IMAGE_BYTES: '100', MAX_JSON_BYTES: '100' } },
  415: { file: text },
  416: { headers: { range: 'bytes=999999999999-' } },
  422: { file: truncated },
  // Reading counts with a wrong token only.
  429: {
    bindings: { RATE_LIMITER: refusing, API_TOKENS: 'token' },
    headers: { authorization: 'Bearer wrong' },
  },
  500: { bindings: { MODEL: 'no-such-object' }, cold: true },
  503: { cold: true },
  504: { bindings: { MODELS: unreachable }, cold: true },
};

function request(method: string, path: string, operation: Operation, cause: Cause): Promise<Response> {
  // Readiness alone loads nothing.
  const search =
    cause.head && path === '/v1/classify'
      ? `?head=${cause.head}`
      : (cause.search ?? (path === '/readyz' && cause.bindings ? '?warm=1' : ''));
  const whole = bodyWith(operation, cause.file ?? jpeg);
  const body = cause.stalled ? new IdentityTransformStream().readable : whole;
  const worker = cause.cold
    ? coldWorker({ loader: new ModelLoader(kernelsModule, { stallMs: 20, pollMs: 2 }) })
    : undefined;
  const writes = operation.security.length > 0 && operation.security.every((need) => 'write_token' in need);
  const init: RequestInit = {
    method: method.toUpperCase(),
    ...(body === undefined ? {} : { body }),
    headers: { ...(writes && !cause.anonymous ? { authorization } : {}), ...cause.headers },
  };
  const more = { ...(writes ? WRITER : {}), ...cause.bindings };
  const name = path.startsWith('/v1/index/')
    ? cause.head === 'foreign'
      ? 'foreign'
      : cause.model
    : cause.model;
  return send(`${address(path, name)}${search}`, init, { ...bindings, ...more }, worker);
}

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method,
    path,
    operation,
  })),
);

function contentOf({ $ref, content = {} }: Answer): Content {
  return $ref ? (document.components.responses[$ref.split('/').at(-1) ?? '']?.content ?? {}) : content;
}

it('is OpenAPI 3.1 and names every route', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(operations.map(({ name }) => name)).toEqual([
    'POST /v1/classify',
    'GET /v1/models',
    'GET /v1/models/{name}',
    'POST /v1/inspect',
    'POST /v1/occlusion',
    'GET /v1/models/{name}/filters.png',
    'GET /v1/models/{name}/file',
    'PUT /v1/index/{name}/{key}',
    'DELETE /v1/index/{name}/{key}',
    'GET /v1/index/{name}',
    'DELETE /v1/index/{name}',
    'GET /v1/index/{name}/duplicates',
    'POST /v1/index/{name}:search',
    'POST /v1/jobs',
    'GET /v1/jobs',
    'GET /v1/jobs/{id}',
    'DELETE /v1/jobs/{id}',
    'GET /v1/jobs/{id}/results',
    'GET /v1/heads',
    'GET /v1/heads/{name}',
    'DELETE /v1/heads/{name}',
    'GET /v1/heads/{name}/examples',
    'PUT /v1/heads/{name}/examples/{label}',
    'DELETE /v1/heads/{name}/examples/{label}',
    'DELETE /v1/heads/{name}/examples/{label}/{id}',
    'POST /v1/heads/{name}:train',
    'POST /v1/heads/{name}:rollback',
    'GET /v1/limits',
    'GET /healthz',
    'GET /readyz',
    'POST /',
    'POST /models/{model}',
    'POST /ai/run/{model}',
    'POST /client/v4/accounts/{account}/ai/run/{model}',
    'GET /v1/models/{model}/versions/{version}',
    'GET /v1/models/{model}/metadata',
    'GET /v1/models/{model}/versions/{version}/metadata',
    'POST /v1/models/{model}/versions/{version}:predict',
    'POST /v1/models/{model}:predict',
    'GET /v2',
    'GET /v2/health/live',
    'GET /v2/health/ready',
    'GET /v2/models/{model}',
    'GET /v2/models/{model}/versions/{version}',
    'GET /v2/models/{model}/ready',
    'GET /v2/models/{model}/versions/{version}/ready',
    'POST /v2/models/{model}/infer',
    'POST /v2/models/{model}/versions/{version}/infer',
  ]);
});

/** Jobs need a queue: test/jobs asks them. */
const answeredHere = operations.filter(({ path }) => !path.startsWith('/v1/jobs'));

describe.each(answeredHere)('$name', ({ method, path, operation }) => {
  it.each(Object.keys(operation.responses))('answers %s as documented', async (status) => {
    const usual = CAUSES[status];
    const own = path.startsWith('/v1/heads') ? HEAD_CAUSES[status]?.(method, path) : undefined;
    const cause = usual && {
      ...usual,
      ...(own?.name ? { model: own.name } : {}),
      ...(own?.bindings ? { bindings: own.bindings } : {}),
    };
    if (path.startsWith('/v1/heads/') && status === '200') await makeTaught();
    if (path.startsWith('/v1/index/')) await makeIndex();
    if (path.startsWith('/v1/index/') && status === '403' && cause) cause.bindings = { WRITE_TOKENS: '' };
    if (!cause) throw new Error(`no request is known that brings about ${status}`);
    // Warm, so that only the cold causes see a cold isolate.
    await send('/readyz?warm=1');
    const response = await request(method, path, operation, cause);
    expect(response.status).toBe(Number(status));
    const [[type, { schema }] = ['', { schema: {} }]] = Object.entries(
      contentOf(operation.responses[status] ?? {}),
    );
    expect(response.headers.get('content-type')).toBe(type);
    if (type === 'image/png') expect((await response.bytes()).slice(0, 8)).toEqual(PNG_SIGNATURE);
    else if (type === 'application/octet-stream') expect((await response.bytes()).length).toBeGreaterThan(8);
    else expect(misfits(schema, await response.json())).toEqual([]);
  });

  it('shows an answer that fits its schema', () => {
    for (const answer of Object.values(operation.responses)) {
      const [type, { schema }] = Object.entries(contentOf(answer))[0] ?? ['', { schema: {} }];
      if (type.endsWith('json')) expect(misfits(schema, exampleOf(schema))).toEqual([]);
    }
  });

  const example = operation.requestBody?.content['application/json']?.example;
  if (example)
    it('answers its example', async () => {
      const init = {
        method: method.toUpperCase(),
        body: JSON.stringify(example),
        headers: { authorization },
      };
      if (path.startsWith('/v1/index/')) await makeIndex();
      const response = await send(address(path), init, WRITER);
      expect(response.status).toBe(200);
      const schema = operation.responses[200]?.content?.['application/json']?.schema ?? {};
      expect(misfits(schema, await response.json())).toEqual([]);
    });

  const optional = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  if (optional.length > 0)
    it('takes the defaults and choices of its parameters', async () => {
      for (const { name, schema } of optional)
        for (const value of [schema.default, schema.minimum, ...(schema.enum ?? [])]) {
          if (value === undefined) continue;
          const file = value === 'none' ? fitting : jpeg;
          const response = await request(method, path, operation, { search: `?${name}=${value}`, file });
          expect([name, value, response.status]).toEqual([name, value, 200]);
        }
    });
});

describe('/docs', () => {
  it('shows every operation and asks nobody else for anything', async () => {
    const response = await send('/docs');
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const page = await response.text();
    for (const { path } of operations) expect(page).toContain(`${path}</code>`);
    expect([...page.matchAll(/<script|src=|<link|@import|url\(/g)].map(([found]) => found)).toEqual([
      '<script',
      'src=',
    ]);
    expect(page).toContain('<script type="module" src="/script/docs.js"></script>');
    expect(page).not.toContain(jpegBase64);
  });
});
