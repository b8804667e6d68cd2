// Bearer tokens (RFC 6750): any of the secret API_TOKENS, so that they can be rotated; open to everybody when none is
// set. Tokens are compared by their digests in constant time, and every one of them each time.
import { createMiddleware } from 'hono/factory';
import { ServiceError } from '../../errors.ts';
import type { Bindings } from '../bindings.ts';
import type { AppEnv } from '../context.ts';

/** What stays open: health, the document and its page, the front page. */
const OPEN = ['/healthz', '/readyz', '/openapi.json', '/docs'];

const REALM = 'Bearer realm="alexnet-edge"';

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}

/** The tokens that are accepted; none = no token is asked for. */
export function acceptedTokens({ API_TOKENS = '' }: Bindings): string[] {
  return API_TOKENS.split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/** Whether a token is one of those accepted. */
export async function isAccepted(token: string, accepted: string[]): Promise<boolean> {
  const given = await digest(token);
  let found = false;
  for (const candidate of accepted)
    if (crypto.subtle.timingSafeEqual(given, await digest(candidate))) found = true;
  return found;
}

/** The bearer token of the request; undefined without one. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? '')?.[1];
}

let saidOpen = false;

/** @param alsoOpen further addresses that need no token */
export function auth(alsoOpen: readonly string[]) {
  const open = new Set([...OPEN, ...alsoOpen]);
  return createMiddleware<AppEnv>(async (c, next) => {
    const accepted = acceptedTokens(c.env);
    if (accepted.length === 0 && !saidOpen) {
      saidOpen = true;
      console.warn(JSON.stringify({ message: 'API_TOKENS is not set: everybody may classify' }));
    }
    const page = c.req.path === '/' && c.req.method !== 'POST';
    if (accepted.length === 0 || page || open.has(c.req.path)) return next();
    const token = bearerToken(c.req.header('authorization'));
    if (token === undefined)
      throw new ServiceError('unauthorized', 'expected Authorization: Bearer TOKEN, got none', {
        headers: { 'www-authenticate': REALM },
      });
    if (!(await isAccepted(token, accepted)))
      throw new ServiceError('unauthorized', 'the bearer token is not one of those accepted here', {
        headers: { 'www-authenticate': `${REALM}, error="invalid_token"` },
      });
    await next();
  });
}
