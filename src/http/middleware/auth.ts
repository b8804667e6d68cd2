// Bearer tokens (RFC 6750) of two scopes. Readers, the secret API_TOKENS, may classify; everybody may when none is set.
// Writers, the secret WRITE_TOKENS, may read as well; require-write.ts asks for that scope. client.ts knows the tokens.
import { createMiddleware } from 'hono/factory';
import { ServiceError } from '../../errors.ts';
import type { AppEnv } from '../context.ts';

/** What stays open: health, the document and its page, the front page. */
const OPEN = ['/healthz', '/readyz', '/openapi.json', '/docs'];

export const REALM = 'Bearer realm="alexnet-edge"';

export function missingToken(): ServiceError {
  return new ServiceError('unauthorized', 'expected Authorization: Bearer TOKEN, got none', {
    headers: { 'www-authenticate': REALM },
  });
}

export function invalidToken(): ServiceError {
  return new ServiceError('unauthorized', 'the bearer token is not one of those accepted here', {
    headers: { 'www-authenticate': `${REALM}, error="invalid_token"` },
  });
}

let saidOpen = false;

/** @param alsoOpen further addresses that need no token */
export function auth(alsoOpen: readonly string[]) {
  const open = new Set([...OPEN, ...alsoOpen]);
  return createMiddleware<AppEnv>(async (c, next) => {
    const { token } = c.var.client;
    if (token === 'needless' && !saidOpen) {
      saidOpen = true;
      console.warn(JSON.stringify({ message: 'API_TOKENS is not set: everybody may classify' }));
    }
    const page = c.req.path === '/' && c.req.method !== 'POST';
    if (token === 'needless' || token === 'accepted' || page || open.has(c.req.path)) return next();
    throw token === 'missing' ? missingToken() : invalidToken();
  });
}
