// One record a request: routes note what they did, and afterwards it becomes the Server-Timing header, one JSON log
// line and, when bound, one Analytics Engine data point. Never the image, a token or an address.
import { createMiddleware } from 'hono/factory';
import { routePath } from 'hono/route';
import type { Batch, Classified } from '../../classify/classify.ts';
import { ServiceError } from '../../errors.ts';
import type { AppEnv } from '../context.ts';

export interface RequestRecord {
  bytes: number;
  pixels: number;
  /** Image format; of several files, of the last one. */
  format: string;
  model: string;
  start: 'cold' | 'warm' | 'none';
  cache: 'hit' | 'miss' | 'off';
  decodeMs: number;
  loadMs: number;
  inferenceMs: number;
}

function emptyRecord(): RequestRecord {
  return {
    bytes: 0,
    pixels: 0,
    format: '',
    model: '',
    start: 'none',
    cache: 'off',
    decodeMs: 0,
    loadMs: 0,
    inferenceMs: 0,
  };
}

/** Adds what a batch of pictures took. */
export function noteBatch(
  record: RequestRecord,
  batch: Batch<Pick<Classified, 'picture'> | ServiceError>,
): void {
  record.model = `${batch.model.name}@${batch.model.sha256.slice(0, 12)}`;
  record.start = batch.cold ? 'cold' : 'warm';
  Object.assign(record, batch.timings);
  for (const result of batch.results) {
    if (result instanceof ServiceError) continue;
    const { bytes, width, height, format } = result.picture;
    record.bytes += bytes;
    record.pixels += width * height;
    record.format = format;
  }
}

export const record = createMiddleware<AppEnv>(async (c, next) => {
  const started = Date.now();
  const entry = emptyRecord();
  c.set('record', entry);
  await next();
  const totalMs = Date.now() - started;
  const { decodeMs, loadMs, inferenceMs } = entry;
  if (entry.start !== 'none')
    c.res.headers.set(
      'server-timing',
      `load;desc=${entry.start};dur=${loadMs}, decode;dur=${decodeMs}, inference;dur=${inferenceMs}, total;dur=${totalMs}`,
    );
  const route = routePath(c, -1);
  const { status } = c.res;
  // What was refused unread has the length that it announced.
  const bytes = entry.bytes || Number(c.req.header('content-length') ?? 0);
  console.log(
    JSON.stringify({
      message: 'request',
      id: c.var.requestId,
      method: c.req.method,
      route,
      status,
      bytes,
      pixels: entry.pixels,
      format: entry.format,
      decode_ms: decodeMs,
      load_ms: loadMs,
      inference_ms: inferenceMs,
      total_ms: totalMs,
      model: entry.model,
      start: entry.start,
      cache: entry.cache,
    }),
  );
  c.env.ANALYTICS?.writeDataPoint({
    indexes: [route],
    blobs: [c.req.method, route, String(status), entry.format, entry.model, entry.start, entry.cache],
    doubles: [bytes, entry.pixels, decodeMs, loadMs, inferenceMs, totalMs],
  });
});
