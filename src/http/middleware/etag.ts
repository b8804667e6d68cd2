// Strong entity tags of JSON answers. An answer is a pure function of (bytes, parameters, model) but for its request
// id, so the tag is the SHA-256 of the answer without it. Classifying is safe (it changes nothing), so If-None-Match
// is answered by 304 for POST, too.
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../context.ts';
import { withoutRequestId } from './request-id-member.ts';

/** RFC 9110 13.1.2: a list of tags or `*`; the comparison is weak. */
function matches(condition: string, tag: string): boolean {
  return condition.split(',').some((part) => {
    const candidate = part.trim().replace(/^W\//, '');
    return candidate === '*' || candidate === tag;
  });
}

export const etag = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  if (c.res.status !== 200 || c.res.headers.get('content-type') !== 'application/json') return;
  const text = await c.res.text();
  const content = new TextEncoder().encode(withoutRequestId(text, c.var.requestId));
  const digest = await crypto.subtle.digest('SHA-256', content);
  const tag = `"${new Uint8Array(digest).toHex().slice(0, 32)}"`;
  const headers = new Headers(c.res.headers);
  headers.set('etag', tag);
  const condition = c.req.header('if-none-match');
  c.res = undefined;
  if (condition !== undefined && matches(condition, tag)) {
    headers.delete('content-type');
    c.res = new Response(null, { status: 304, headers });
  } else c.res = new Response(text, { headers });
});
