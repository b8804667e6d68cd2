// A body that no route has begun to read (wrong token, unknown address, refused parameter) is discarded, so that the
// client gets to see why.
import { createMiddleware } from 'hono/factory';
import { byteReader } from '../../isolate/byte-reader.ts';
import { DISCARD_PIECE_BYTES, discard } from '../../isolate/discard.ts';
import type { AppEnv } from '../context.ts';

export const discardBody = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const { body, bodyUsed } = c.req.raw;
  if (body && !bodyUsed && !body.locked) await discard(byteReader(body, DISCARD_PIECE_BYTES));
});
