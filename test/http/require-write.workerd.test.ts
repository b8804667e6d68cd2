// The scope `write`: who may, and what the others are told.
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/http/bindings.ts';
import type { AppEnv } from '../../src/http/context.ts';
import { auth } from '../../src/http/middleware/auth.ts';
import { client } from '../../src/http/middleware/client.ts';
import { requireWrite } from '../../src/http/middleware/require-write.ts';
import { asServiceError, errorResponse, PROBLEM_FORM } from '../../src/http/problem.ts';

const app = new Hono<AppEnv>()
  .use(client)
  .use(auth([]))
  .get('/thing', (c) => c.text('read'))
  .put('/thing', requireWrite, (c) => c.text('written'));
app.onError((error, c) => errorResponse(asServiceError(error), c.req.path, 'id', PROBLEM_FORM));

async function ask(method: string, env: Partial<Bindings>, headers: HeadersInit = {}, host = 'example.com') {
  const response = await app.request(`http://${host}/thing`, { method, headers }, env);
  const challenge = response.headers.get('www-authenticate');
  const text = await response.text();
  const code = text.startsWith('{') ? (JSON.parse(text) as { type: string }).type.split(':').at(-1) : text;
  return [response.status, code, challenge];
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const realm = 'Bearer realm="alexnet-edge"';
const both = { API_TOKENS: 'r1,r2', WRITE_TOKENS: 'w1, w2' };

describe('tokens of both scopes', () => {
  it.each(['w1', 'w2'])('a writer reads and writes: %s', async (token) => {
    expect(await ask('GET', both, bearer(token))).toEqual([200, 'read', null]);
    expect(await ask('PUT', both, bearer(token))).toEqual([200, 'written', null]);
  });

  it('a reader reads only', async () => {
    expect(await ask('GET', both, bearer('r2'))).toEqual([200, 'read', null]);
    expect(await ask('PUT', both, bearer('r2'))).toEqual([
      403,
      'token-scope',
      `${realm}, error="insufficient_scope", scope="write"`,
    ]);
  });

  it.each(['GET', 'PUT'])('%s without a token, with a wrong one', async (method) => {
    expect(await ask(method, both)).toEqual([401, 'unauthorized', realm]);
    expect(await ask(method, both, bearer('w3'))).toEqual([
      401,
      'unauthorized',
      `${realm}, error="invalid_token"`,
    ]);
  });
});

describe('writers alone: everybody reads', () => {
  const env = { WRITE_TOKENS: 'w1' };
  it('and only they write', async () => {
    expect(await ask('GET', env)).toEqual([200, 'read', null]);
    expect(await ask('PUT', env, bearer('w1'))).toEqual([200, 'written', null]);
    expect(await ask('PUT', env)).toEqual([401, 'unauthorized', realm]);
    expect(await ask('PUT', env, bearer('x'))).toEqual([
      401,
      'unauthorized',
      `${realm}, error="invalid_token"`,
    ]);
  });
});

describe('writing is off without writers', () => {
  it.each([{}, { WRITE_TOKENS: '' }, { WRITE_TOKENS: ' , ' }])('%j', async (env) => {
    expect(await ask('PUT', env, bearer('x'))).toEqual([403, 'writing-off', null]);
  });

  it('a reader gets to know which variable is missing', async () => {
    const response = await app.request(
      'http://x/thing',
      { method: 'PUT', headers: bearer('r') },
      { API_TOKENS: 'r' },
    );
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('WRITE_TOKENS')]);
  });
});

describe('WRITE_TOKENS=*', () => {
  const env = { WRITE_TOKENS: '*' };
  it.each(['localhost:8787', '127.0.0.1:9000', '[::1]:1'])('%s writes', async (host) => {
    expect(await ask('PUT', env, {}, host)).toEqual([200, 'written', null]);
    expect(await ask('PUT', env, { origin: `http://${host}` }, host)).toEqual([200, 'written', null]);
  });

  it.each(['https://evil.example', 'null', 'http://localhost:1234'])(
    'not from a page of %s',
    async (origin) => {
      expect(await ask('PUT', env, { origin }, 'localhost:8787')).toEqual([403, 'writing-off', null]);
    },
  );

  it.each(['example.com', 'localhost.evil.example', '192.0.2.1'])('not at %s', async (host) => {
    expect(await ask('PUT', env, {}, host)).toEqual([403, 'writing-off', null]);
  });

  it('is no token itself, and reading goes on to need one', async () => {
    expect(await ask('PUT', env, { authorization: 'Bearer *' })).toEqual([403, 'writing-off', null]);
    expect(await ask('PUT', { ...env, API_TOKENS: 'r' }, {}, 'localhost')).toEqual([
      401,
      'unauthorized',
      realm,
    ]);
    expect(await ask('PUT', { ...env, API_TOKENS: 'r' }, bearer('r'), 'localhost')).toEqual([
      200,
      'written',
      null,
    ]);
    expect(await ask('PUT', { WRITE_TOKENS: '*,w' }, bearer('w'))).toEqual([200, 'written', null]);
  });
});
