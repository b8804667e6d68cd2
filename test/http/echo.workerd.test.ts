// Whatever a client sends, however long, an error repeats at most 64 characters of it. Walks the OpenAPI document: every
// operation's address, query and body is filled with long texts and deep lists, member by member.
import { expect, test } from 'vitest';
import { bindings, jpegBase64, type post as postTo, send as sendTo } from './worker.ts';

const WRITER = { authorization: 'Bearer writer' };
/** As a writer, so that the routes of writers are reached, too. */
const send: typeof sendTo = (path, init = {}, more = {}) =>
  sendTo(
    path,
    { ...init, headers: { ...WRITER, ...Object(init.headers) } },
    { WRITE_TOKENS: 'writer', ...more },
  );
const post: typeof postTo = (path, body, headers = {}) => send(path, { method: 'POST', body, headers });

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  maxItems?: number;
}
interface Operation {
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema; example?: Record<string, unknown> }> };
}

const document = (await (await send('/openapi.json')).json()) as {
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const bodies = operations.flatMap(({ path, operation }) => {
  const json = operation.requestBody?.content['application/json'];
  return json ? [{ path, ...json }] : [];
});

const MOST = 64;
const LONG = 'n'.repeat(1 << 20);
/** What an address may hold. */
const SHORTER = 'n'.repeat(8_000);
const DEEP = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);

function known(path: string): string {
  return path.replace(/\{model\}|\{account\}|\{target\}/g, 'tiny').replace(/\{[^}]+\}/g, '1');
}

/** Refused, shortly, without more of the client's text than is allowed, and never as a fault of the service. */
async function expectShort(answer: Response, allowed: number[] = []): Promise<void> {
  const text = await answer.text();
  // Not the text itself: a failure would print all of it.
  expect(text.includes('n'.repeat(MOST + 1))).toBe(false);
  expect(text.length).toBeLessThan(4_000);
  // 501: jobs, for which nothing is bound here.
  expect([400, 404, 405, 409, 413, 415, 422, 501, ...allowed]).toContain(answer.status);
}

/** Copies of a value with each of its members, at any depth, replaced. */
function* replaced(value: unknown, by: unknown): Generator<unknown> {
  yield by;
  if (Array.isArray(value))
    for (const [i, item] of value.entries())
      for (const other of replaced(item, by)) yield value.with(i, other);
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value))
      for (const other of replaced(member, by)) yield { ...value, [name]: other };
}

/** Copies of a value with another member in each of its objects. */
function* enlarged(value: unknown): Generator<unknown> {
  if (Array.isArray(value))
    for (const [i, item] of value.entries()) for (const other of enlarged(item)) yield value.with(i, other);
  else if (typeof value === 'object' && value !== null) {
    yield { ...value, [LONG]: 1 };
    for (const [name, member] of Object.entries(value))
      for (const other of enlarged(member)) yield { ...value, [name]: other };
  }
}

test('there are bodies to try', () => {
  expect(bodies.length).toBeGreaterThan(5);
});

test.each(bodies)('$path: members that are a megabyte, or 20,000 deep', async ({ path, example }) => {
  const tries = [LONG, [LONG], { [LONG]: 1 }, DEEP].flatMap((by) => [...replaced(example, by)]);
  // What a loose object does not know is let through.
  for (const body of [...tries, ...enlarged(example)])
    await expectShort(await post(known(path), JSON.stringify(body)), [200]);
});

test('a v2 request with everything in it', async () => {
  const example = {
    id: 'a',
    parameters: { binary_data_output: false },
    inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', parameters: {}, data: [jpegBase64] }],
    outputs: [{ name: 'prob', parameters: { binary_data: false, classification: 1 } }],
  };
  for (const by of [LONG, [LONG], { [LONG]: 1 }, DEEP])
    for (const body of replaced(example, by)) {
      const answer = await post('/v2/models/tiny/infer', JSON.stringify(body));
      if (answer.status !== 200) await expectShort(answer);
    }
  const deep = `${'['.repeat(20_000)}1${']'.repeat(20_000)}`;
  const data = `{"inputs":[{"name":"data","datatype":"FP32","shape":[1,3,227,227],"data":${deep}}]}`;
  const answer = await post('/v2/models/tiny/infer', data);
  expect(answer.status).toBe(400);
  await expectShort(answer);
});

test.each(operations)('$method $path: addresses and queries', async ({ path, method, operation }) => {
  const init = { method: method.toUpperCase() };
  await expectShort(await send(`${known(path)}?${SHORTER}=1`, init));
  for (const { name } of operation.parameters?.filter((parameter) => parameter.in === 'query') ?? [])
    await expectShort(await send(`${known(path)}?${name}=${SHORTER}`, init));
  for (const [placeholder] of path.matchAll(/\{[^}]+\}/g))
    await expectShort(await send(known(path.replace(placeholder, SHORTER)), init), [200]);
  await expectShort(await send(`${known(path)}/${SHORTER}`, init), [200]);
});

test.each(['content-encoding', 'x-request-id', 'inference-header-content-length', 'content-type', 'accept'])(
  'header %s',
  async (name) => {
    for (const path of ['/v1/classify', '/v2/models/tiny/infer'])
      await expectShort(await post(path, '{}', { [name]: SHORTER }));
  },
);

test('form: names of fields and files', async () => {
  for (const file of ['', `; filename="${SHORTER}"`]) {
    const head = `--b\r\nContent-Disposition: form-data; name="${SHORTER.slice(0, 4_000)}"${file.slice(0, 4_000)}"`;
    const body = `${head}\r\n\r\nx\r\n--b--\r\n`;
    await expectShort(
      await post('/v1/classify', body, { 'content-type': 'multipart/form-data; boundary=b' }),
    );
  }
});

test('every list that a client sends has a maximum in the document', () => {
  const endless = (schema: Schema, at: string): string[] => [
    ...(schema.type === 'array' && schema.maxItems === undefined ? [at] : []),
    ...(schema.items ? endless(schema.items, `${at}[]`) : []),
    ...(schema.anyOf ?? []).flatMap((choice) => endless(choice, at)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      endless(property, `${at}.${name}`),
    ),
  ];
  const lists = operations.flatMap(({ path, operation }) => [
    ...Object.entries(operation.requestBody?.content ?? {}).flatMap(([type, { schema }]) =>
      endless(schema, `${path} ${type}`),
    ),
    ...(operation.parameters ?? []).flatMap(({ name, schema }) => endless(schema, `${path} ?${name}`)),
  ]);
  expect(lists).toEqual([]);
});

test('the JSON before the tensors has the limit of JSON', async () => {
  const answer = await send(
    '/v2/models/tiny/infer',
    { method: 'POST', body: 'x'.repeat(2_000), headers: { 'inference-header-content-length': '2000' } },
    { MAX_JSON_BYTES: '1000' },
  );
  expect(answer.status).toBe(413);
  expect(await answer.text()).toContain('expected at most 1000 bytes');
});

test('wrong tokens are counted against their address; those with a right one are not refused for it', async () => {
  const counts = new Map<string, number>();
  const RATE_LIMITER = {
    async limit({ key }: { key: string }) {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { success: count <= 3 };
    },
  };
  const ask = async (token: string) => {
    const headers = { authorization: `Bearer ${token}`, 'cf-connecting-ip': '198.51.100.7' };
    const { status } = await send(
      '/v1/models',
      { headers },
      { ...bindings, API_TOKENS: 'right', RATE_LIMITER },
    );
    return status;
  };
  const statuses: number[] = [];
  for (const i of [1, 2, 3, 4, 5]) statuses.push(await ask(`wrong${i}`));
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
  expect(await ask('right')).toBe(200);
});
