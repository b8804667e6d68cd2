// CORS: on for every page by default, for the origins of CORS_ORIGINS when set. No cookies: tokens travel in a header.
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../context.ts';

export const EXPOSED = [
  'X-Request-Id',
  'Server-Timing',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'ETag',
];
const ACCEPTED = ['Authorization', 'Content-Type', 'If-None-Match', 'X-Request-Id'];

/** @param headers further ones, of requests and answers */
export function crossOrigin(headers: readonly string[]) {
  return createMiddleware<AppEnv>((c, next) => {
    const origins = (c.env.CORS_ORIGINS ?? '*').split(',').map((origin) => origin.trim());
    return cors({
      origin: origins.includes('*') ? '*' : origins,
      allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'],
      allowHeaders: [...ACCEPTED, ...headers],
      exposeHeaders: [...EXPOSED, ...headers],
      maxAge: 86_400,
    })(c, next);
  });
}
