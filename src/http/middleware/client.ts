// Who asks: the one place where a request's token is checked. An accepted token is a client of its own; everybody else
// is known by the address. A token counts only where it is accepted: else anybody could invent a new one for each
// request. Rate limit, tokens and budgets go by what is said here.
import { createMiddleware } from 'hono/factory';
import type { Bindings } from '../bindings.ts';
import type { AppEnv } from '../context.ts';

export interface Client {
  /** The token or the address; '' where neither is known. */
  name: string;
  /** `needless`: everybody is let in. */
  token: 'needless' | 'accepted' | 'missing' | 'wrong';
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}

/** The tokens that are accepted; none = everybody. */
function acceptedTokens({ API_TOKENS = '' }: Bindings): string[] {
  return API_TOKENS.split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/** By their digests in constant time, every one of them each time. */
async function isAccepted(token: string, accepted: string[]): Promise<boolean> {
  const given = await digest(token);
  let found = false;
  for (const candidate of accepted)
    if (crypto.subtle.timingSafeEqual(given, await digest(candidate))) found = true;
  return found;
}

/** The bearer token of the request; undefined without one. */
function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? '')?.[1];
}

export const client = createMiddleware<AppEnv>(async (c, next) => {
  const address = c.req.header('cf-connecting-ip') ?? '';
  const accepted = acceptedTokens(c.env);
  const token = bearerToken(c.req.header('authorization'));
  if (accepted.length === 0) c.set('client', { name: address, token: 'needless' });
  else if (token === undefined) c.set('client', { name: address, token: 'missing' });
  else if (await isAccepted(token, accepted)) c.set('client', { name: token, token: 'accepted' });
  else c.set('client', { name: address, token: 'wrong' });
  await next();
});
