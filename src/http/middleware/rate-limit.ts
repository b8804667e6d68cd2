// The Rate Limiting binding, per accepted token or, without one, per address; everything but reading counts, and all
// that comes with a token that is not accepted, which is why this stands before the check of tokens. The binding answers
// only yes or no, so RateLimit names the remaining count where it is known: 0, on a 429. Header fields: the IETF draft "RateLimit
// header fields for HTTP" (RateLimit-Policy, RateLimit) and Retry-After of RFC 9110.
import { createMiddleware } from 'hono/factory';
import { ServiceError } from '../../errors.ts';
import type { AppEnv } from '../context.ts';
import { ratePolicy } from '../limits.ts';

const READING = ['GET', 'HEAD', 'OPTIONS'];

export const rateLimit = createMiddleware<AppEnv>(async (c, next) => {
  const policy = ratePolicy(c.env);
  if (!policy || !c.env.RATE_LIMITER) return next();
  const { limit, periodSeconds } = policy;
  const { name, token } = c.var.client;
  if (!READING.includes(c.req.method) || token === 'wrong') {
    const { success } = await c.env.RATE_LIMITER.limit({ key: name || 'unknown' });
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
