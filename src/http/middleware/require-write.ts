// The scope `write`, for every route that changes what is stored: a token of the secret WRITE_TOKENS. Without that secret
// nobody may write. `*` in it is for trying at home (`npm start` sets it): no token, but only at this machine's own
// address, and not from another site's page, which could otherwise write by the browser of whoever visits it.
import { createMiddleware } from 'hono/factory';
import { ServiceError } from '../../errors.ts';
import type { AppEnv } from '../context.ts';
import { invalidToken, missingToken, REALM } from './auth.ts';
import { bearerToken, LOCAL_WRITERS, writeTokens } from './client.ts';

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Whether a request came to this machine's own address, by no page but its own. */
function isLocal(request: Request): boolean {
  const { hostname, host } = new URL(request.url);
  const origin = request.headers.get('origin');
  return LOCAL_HOSTS.includes(hostname) && (origin === null || URL.parse(origin)?.host === host);
}

/** Throws ServiceError writing-off, unauthorized, token-scope. */
export const requireWrite = createMiddleware<AppEnv>(async (c, next) => {
  c.set('writes', true);
  const writers = writeTokens(c.env);
  if (writers.includes(LOCAL_WRITERS) && isLocal(c.req.raw)) return next();
  if (writers.every((token) => token === LOCAL_WRITERS))
    throw new ServiceError(
      'writing-off',
      writers.length > 0
        ? 'writing without a token is for localhost: set the secret WRITE_TOKENS to tokens'
        : 'writing is off here: expected the secret WRITE_TOKENS (bearer tokens, comma separated), found none',
    );
  const { token, writes } = c.var.client;
  if (writes) return next();
  if (bearerToken(c.req.header('authorization')) === undefined) throw missingToken();
  // Where everybody may read, no token is a reader's.
  if (token !== 'accepted') throw invalidToken();
  throw new ServiceError(
    'token-scope',
    'expected a token of the scope write (WRITE_TOKENS), got one that may read',
    {
      headers: { 'www-authenticate': `${REALM}, error="insufficient_scope", scope="write"` },
    },
  );
});
