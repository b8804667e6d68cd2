// An optional cache of answers in the Cache API, keyed by the SHA-256 of everything that they depend on: address,
// query, body and model. Off unless RESULT_CACHE_SECONDS is set. Only bodies of known, moderate length take part,
// because their digest must be known before they are decoded; all others stream past.
import { createMiddleware } from 'hono/factory';
import { requestUpload } from '../body/body.ts';
import { type AppEnv, budgetOf } from '../context.ts';
import { cacheSeconds } from '../limits.ts';

const MAX_BYTES = 4 << 20;
/** The body, its copy in the new request, and what reading it as JSON takes. */
const COPIES = 6;
/** Request headers that change how a body is read, or what is answered. */
const HEADERS = ['content-type', 'accept'];

const NO_ID = '"request_id":""';

/**
 * The one member of an answer that differs from request to request. Only the whole member is taken out and put back:
 * the id may be any word that the client chose, and inside a JSON string its quotes would be escaped.
 */
function idMember(id: string): string {
  return `"request_id":${JSON.stringify(id)}`;
}

async function cacheKey(request: Request, body: Uint8Array, parts: readonly string[]): Promise<string> {
  const { pathname, search } = new URL(request.url);
  const parameters = [...parts, pathname, search];
  const digest = await crypto.subtle.digest('SHA-256', body);
  const all = new TextEncoder().encode(JSON.stringify([...parameters, new Uint8Array(digest).toHex()]));
  return `https://result-cache.invalid/${new Uint8Array(await crypto.subtle.digest('SHA-256', all)).toHex()}`;
}

/** @param headers further request headers that change how a body is read */
export function resultCache(headers: readonly string[]) {
  const names = [...HEADERS, ...headers];
  return createMiddleware<AppEnv>(async (c, next) => {
    const seconds = cacheSeconds(c.env);
    const length = Number(c.req.header('content-length') ?? 0);
    if (seconds === 0 || c.req.method !== 'POST' || length === 0 || length > MAX_BYTES) return next();
    const { requestId, log } = c.var;
    const upload = requestUpload(c.req.raw, budgetOf(c)).limit(MAX_BYTES, 'body');
    await upload.peek(1);
    budgetOf(c).expect(COPIES * length);
    await budgetOf(c).reserve(COPIES * length);
    const body = await upload.rest();
    const sent = names.map((name) => c.req.header(name) ?? '');
    const key = await cacheKey(c.req.raw, body, [c.env.MODEL ?? '', ...sent]);
    const stored = await caches.default.match(key);
    if (stored) {
      log.cache = 'hit';
      log.bytes = body.byteLength;
      const text = (await stored.text()).replaceAll(NO_ID, idMember(requestId));
      return new Response(text, { headers: { 'content-type': 'application/json' } });
    }
    log.cache = 'miss';
    c.req.raw = new Request(c.req.raw, { body });
    await next();
    // A head's version changes under the same address; what writes must be done each time; and what is written while it
    // is read is nowhere in memory whole.
    if (c.var.classifier.usesHeads || c.var.writes || c.var.paced) return;
    if (c.res.status !== 200 || c.res.headers.get('content-type') !== 'application/json') return;
    const text = (await c.res.clone().text()).replaceAll(idMember(requestId), NO_ID);
    const kept = { 'content-type': 'application/json', 'cache-control': `max-age=${seconds}` };
    c.executionCtx.waitUntil(caches.default.put(key, new Response(text, { headers: kept })));
  });
}
