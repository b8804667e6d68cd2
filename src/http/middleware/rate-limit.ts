// The Rate Limiting binding, per accepted token or, without one, per address; everything but reading counts, and all
// that comes with a token that is not accepted, which is why this stands before the check of tokens. The binding answers
// only yes or no, so RateLimit names the remaining count where it is known: 0, on a 429. Header fields: the IETF draft "RateLimit
// header fields for HTTP" (RateLimit-Policy, RateLimit) and Retry-After of RFC 9110.
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { ServiceError } from '../../errors.ts';
import type { AppEnv } from '../context.ts';
import { ratePolicy } from '../limits.ts';
import { acceptedTokens, bearerToken, isAccepted } from './auth.ts';

const READING = ['GET', 'HEAD', 'OPTIONS'];

/** Whom a request counts for; `wrong` when its token is not accepted. */
async function countedFor(c: Context<AppEnv>): Promise<{ key: string; wrong: boolean }> {
  const address = c.req.header('cf-connecting-ip') ?? 'unknown';
  const accepted = acceptedTokens(c.env);
  const token = bearerToken(c.req.header('authorization'));
  // A token counts only where it is accepted: else anybody could invent a new one for each request.
  if (accepted.length === 0 || token === undefined) return { key: address, wrong: false };
  return (await isAccepted(token, accepted)) ? { key: token, wrong: false } : { key: address, wrong: true };
}

export const rateLimit = createMiddleware<AppEnv>(async (c, next) => {
  const policy = ratePolicy(c.env);
  if (!policy || !c.env.RATE_LIMITER) return next();
  const { limit, periodSeconds } = policy;
  const { key, wrong } = await countedFor(c);
  if (!READING.includes(c.req.method) || wrong) {
    const { success } = await c.env.RATE_LIMITER.limit({ key });
    if (!success)
      throw new ServiceError(
        'too-many-requests',
        `expected at most ${limit} requests in ${periodSeconds} s`,
        {
          members: { limit: { requests: limit, period_seconds: periodSeconds } },
          headers: {
            'ratelimit-policy': `"default";q=${limit};w=${periodSeconds}`,
            ratelimit: `"default";r=0;t=${periodSeconds}`,
            'retry-after': String(periodSeconds),
          },
        },
      );
  }
  await next();
  c.res.headers.set('ratelimit-policy', `"default";q=${limit};w=${periodSeconds}`);
});
