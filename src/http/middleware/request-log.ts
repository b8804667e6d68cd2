// One record a request: routes note what they did, and afterwards it becomes the Server-Timing header, one JSON log
// line and, when bound, one Analytics Engine data point. Never the image, a token or an address.
import { createMiddleware } from 'hono/factory';
import { routePath } from 'hono/route';
import { emptyLog, type RequestLog } from '../../classify/request-log.ts';
import type { Bindings } from '../bindings.ts';
import type { AppEnv } from '../context.ts';
import { traceId, traceParent } from '../trace-parent.ts';

export interface RequestFacts {
  id: string;
  method: string;
  route: string;
  status: number;
  bytes: number;
  totalMs: number;
}

/** Writes the log line and the data point of a request. */
export function writeLog(env: Bindings, log: RequestLog, facts: RequestFacts): void {
  const { id, method, route, status, bytes, totalMs } = facts;
  const {
    pixels,
    format,
    decodeMs,
    loadMs,
    inferenceMs,
    model,
    start,
    cache,
    hint,
    traceParent: parent,
  } = log;
  console.log(
    JSON.stringify({
      message: 'request',
      id,
      method,
      route,
      status,
      bytes,
      pixels,
      format,
      decode_ms: decodeMs,
      load_ms: loadMs,
      inference_ms: inferenceMs,
      total_ms: totalMs,
      model,
      start,
      cache,
      hint,
      trace: traceId(parent) || undefined,
    }),
  );
  env.ANALYTICS?.writeDataPoint({
    indexes: [route],
    blobs: [method, route, String(status), format, model, start, cache],
    doubles: [bytes, pixels, decodeMs, loadMs, inferenceMs, totalMs],
  });
}

export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const started = Date.now();
  const log = emptyLog();
  log.traceParent = traceParent(c.req.header('traceparent'));
  c.set('log', log);
  await next();
  const totalMs = Date.now() - started;
  const { start, loadMs, decodeMs, inferenceMs } = log;
  if (log.format !== '' || inferenceMs > 0)
    c.res.headers.set(
      'server-timing',
      `load;desc=${start};dur=${loadMs}, decode;dur=${decodeMs}, inference;dur=${inferenceMs}, total;dur=${totalMs}`,
    );
  writeLog(c.env, log, {
    id: c.var.requestId,
    method: c.req.method,
    route: routePath(c, -1),
    status: c.res.status,
    // What was refused unread has the length that it announced.
    bytes: log.bytes || Number(c.req.header('content-length') ?? 0),
    totalMs,
  });
});
