// What remains when no route answered: 405 with Allow when the address exists for other methods, else 404. OPTIONS
// of an address that exists says the same Allow.
import type { Context, Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { excerpt, ServiceError } from '../../errors.ts';
import type { AppEnv } from '../context.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const;

/** The methods that a path answers to; empty when there is no such path. */
function allowedMethods(app: Hono<AppEnv>, path: string): string[] {
  const methods = METHODS.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
  if (methods.length === 0) return [];
  return [...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'];
}

export function refuse(app: Hono<AppEnv>, c: Context<AppEnv>): ServiceError {
  const allowed = allowedMethods(app, c.req.path);
  if (allowed.length === 0)
    return new ServiceError('not-found', `there is no ${excerpt(c.req.path)} here; see /docs`);
  return new ServiceError(
    'method-not-allowed',
    `${excerpt(c.req.path)}: expected ${allowed.join(', ')}, got ${excerpt(c.req.method)}`,
    { members: { allow: allowed }, headers: { allow: allowed.join(', ') } },
  );
}

/** Adds Allow to the answer of OPTIONS (which CORS gives), and refuses OPTIONS of nothing. */
export function options(app: Hono<AppEnv>) {
  return createMiddleware<AppEnv>(async (c, next) => {
    if (c.req.method !== 'OPTIONS') return next();
    const allowed = allowedMethods(app, c.req.path);
    if (allowed.length === 0) throw refuse(app, c);
    await next();
    c.res.headers.set('allow', allowed.join(', '));
  });
}
