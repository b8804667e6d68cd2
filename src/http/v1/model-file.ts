// GET /v1/models/{name}/file: the packed model itself, for the page's own engine. Ranges without an end are served
// (RFC 9110, 14.2: a download that broke off goes on); others are answered with the whole, as the RFC allows.
import { Hono } from 'hono';
import { openModelFile } from '../../model/file.ts';
import type { AppEnv } from '../context.ts';
import { MODEL_PROBLEMS, operation } from '../openapi/operation.ts';
import { query } from '../openapi/validation.ts';
import { findModel } from './model-name.ts';
import { NoQuery } from './schemas.ts';

const DAY_SECONDS = 86_400;

export const modelFileRoute = new Hono<AppEnv>().get(
  '/v1/models/:name/file',
  operation({
    tag: 'own',
    summary: 'The packed model: a safetensors file',
    file: true,
    problems: [...MODEL_PROBLEMS, 404],
  }),
  query(NoQuery),
  async (c) => {
    const { sha256 } = await findModel(c, c.req.param('name'));
    const range = /^bytes=(\d{1,12})-$/.exec(c.req.header('range') ?? '');
    const condition = c.req.header('if-range');
    const etag = `"${sha256}"`;
    const from = range && (condition === undefined || condition === etag) ? Number(range[1]) : 0;
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
    if (from === 0) return c.body(body, 200, headers);
    return c.body(body, 206, { ...headers, 'content-range': `bytes ${from}-${bytes - 1}/${bytes}` });
  },
);
