// Bearer tokens (RFC 6750) of two scopes. Readers, the secret API_TOKENS, may classify; everybody may when none is set.
// Writers, the secret WRITE_TOKENS, may read as well; require-write.ts asks for that scope. Several of each, so that they
// can be rotated. Tokens are compared by their digests in constant time, and every one of them each time.
import { createMiddleware } from 'hono/factory';
import { ServiceError } from '../../errors.ts';
import type { Bindings } from '../bindings.ts';
import type { AppEnv } from '../context.ts';

/** What stays open: health, the document and its page, the front page. */
const OPEN = ['/healthz', '/readyz', '/openapi.json', '/docs'];

export const REALM = 'Bearer realm="alexnet-edge"';
/** In WRITE_TOKENS: no token at all, for whoever asks at this machine's own address. */
export const LOCAL_WRITERS = '*';

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}

function listed(tokens: string): string[] {
  return tokens
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/** The tokens that may write; none = nobody. May be LOCAL_WRITERS. */
export function writeTokens({ WRITE_TOKENS = '' }: Bindings): string[] {
  return listed(WRITE_TOKENS);
}

/** The tokens that may read, writers among them; none = everybody. */
export function acceptedTokens(env: Bindings): string[] {
  const readers = listed(env.API_TOKENS ?? '');
  return readers.length === 0
    ? []
    : [...readers, ...writeTokens(env).filter((token) => token !== LOCAL_WRITERS)];
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

/** The same. Throws ServiceError unauthorized without one. */
export function requireToken(authorization: string | undefined): string {
  const token = bearerToken(authorization);
  if (token !== undefined) return token;
  throw new ServiceError('unauthorized', 'expected Authorization: Bearer TOKEN, got none', {
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
    const accepted = acceptedTokens(c.env);
    if (accepted.length === 0 && !saidOpen) {
      saidOpen = true;
      console.warn(JSON.stringify({ message: 'API_TOKENS is not set: everybody may classify' }));
    }
    const page = c.req.path === '/' && c.req.method !== 'POST';
    if (accepted.length === 0 || page || open.has(c.req.path)) return next();
    const token = requireToken(c.req.header('authorization'));
    if (!(await isAccepted(token, accepted))) throw invalidToken();
    await next();
  });
}
