// GET /v1/models/{name}/file: the packed model itself, for the page's own engine. Ranges without an end are served
// (RFC 9110, 14.2: a download that broke off goes on); others are answered with the whole, as the RFC allows. It goes
// out at the client's pace, to so many at once. The one answer that MAX_ANSWER_BYTES does not bound: it is as long as the
// operator's model, and costs no computation and the memory of a piece.
import { Hono } from 'hono';
import { byteSource } from '../../isolate/byte-source.ts';
import { openModelFile } from '../../model/file.ts';
import type { AppEnv } from '../context.ts';
import { MODEL_PROBLEMS, operation } from '../openapi/operation.ts';
import { query } from '../openapi/validation.ts';
import { pacedAnswer } from '../paced-answer.ts';
import { findModel } from './model-name.ts';
import { NoQuery } from './schemas.ts';

const DAY_SECONDS = 86_400;

export const modelFileRoute = new Hono<AppEnv>().get(
  '/v1/models/:name/file',
  operation({
    tag: 'own',
    summary: 'The packed model: a safetensors file',
    file: true,
    problems: [...MODEL_PROBLEMS, 404, 416, 429],
  }),
  query(NoQuery),
  async (c) => {
    const { sha256 } = await findModel(c, c.req.param('name'));
    const range = /^bytes=(\d{1,12})-$/.exec(c.req.header('range') ?? '');
    const condition = c.req.header('if-range');
    const etag = `"${sha256}"`;
    const from = range && (condition === undefined || condition === etag) ? Number(range[1]) : 0;
    const { budget } = c.var.classifier;
    await budget.download();
    const { body, bytes } = await openModelFile(c.env, from);
    const headers: Record<string, string> = {
      'content-type': 'application/octet-stream',
      'cache-control': `public, max-age=${DAY_SECONDS}`,
      'accept-ranges': 'bytes',
      'content-length': String(bytes - from),
      // A compressed or ranged transfer does not say it.
      'x-file-bytes': String(bytes),
      etag,
    };
    let content: ReadableStream<Uint8Array> | null = null;
    if (c.req.method === 'HEAD') await body.cancel();
    else {
      c.set('paced', true);
      content = pacedAnswer(byteSource(body), budget).pipeThrough(new FixedLengthStream(bytes - from));
    }
    if (from === 0) return new Response(content, { headers });
    headers['content-range'] = `bytes ${from}-${bytes - 1}/${bytes}`;
    return new Response(content, { status: 206, headers });
  },
);
