// Who asks: the one place where a request's token is checked. An accepted token is a client of its own; everybody else
// is known by the address. A token counts only where it is accepted: else anybody could invent a new one for each
// request. Rate limit, tokens, the scope write and budgets go by what is said here.
import { createMiddleware } from 'hono/factory';
import type { Bindings } from '../bindings.ts';
import type { AppEnv } from '../context.ts';

/** In WRITE_TOKENS: whoever asks at this machine's own address may write. */
export const LOCAL_WRITERS = '*';

export interface Client {
  /** The token or the address; '' where neither is known. */
  name: string;
  /** `needless`: everybody is let in. */
  token: 'needless' | 'accepted' | 'missing' | 'wrong';
  /** Whether the token is one of those that may write. */
  writes: boolean;
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}

function listed(tokens = ''): string[] {
  return tokens
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/** The tokens that may write; none = nobody. May hold LOCAL_WRITERS. */
export function writeTokens({ WRITE_TOKENS }: Bindings): string[] {
  return listed(WRITE_TOKENS);
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
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? '')?.[1];
}

/** @param token what the request carries @param address of who sent it */
async function clientOf(env: Bindings, token: string | undefined, address: string): Promise<Client> {
  const readers = listed(env.API_TOKENS);
  const writers = writeTokens(env).filter((writer) => writer !== LOCAL_WRITERS);
  if (token !== undefined && (await isAccepted(token, writers)))
    return { name: token, token: 'accepted', writes: true };
  if (readers.length === 0) return { name: address, token: 'needless', writes: false };
  if (token === undefined) return { name: address, token: 'missing', writes: false };
  return (await isAccepted(token, readers))
    ? { name: token, token: 'accepted', writes: false }
    : { name: address, token: 'wrong', writes: false };
}

export const client = createMiddleware<AppEnv>(async (c, next) => {
  const token = bearerToken(c.req.header('authorization'));
  c.set('client', await clientOf(c.env, token, c.req.header('cf-connecting-ip') ?? ''));
  await next();
});
