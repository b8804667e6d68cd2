// A body that no route has begun to read (wrong token, unknown address, refused parameter) is drained, so that the
// client gets to see why.
import { createMiddleware } from 'hono/factory';
import { Upload } from '../../isolate/upload.ts';
import type { AppEnv } from '../context.ts';

export const drainBody = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const { body, bodyUsed } = c.req.raw;
  if (body && !bodyUsed && !body.locked) await new Upload(body).drain();
});
