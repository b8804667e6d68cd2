// A place in the isolate for every POST, before its body is read; without one: 429 with Retry-After.
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../context.ts';

export const admission = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.method !== 'POST') return next();
  const length = c.req.header('content-length');
  const ticket = c.var.services.admission.enter(length === undefined ? undefined : Number(length));
  c.set('ticket', ticket);
  try {
    await next();
  } finally {
    ticket.leave();
  }
});
