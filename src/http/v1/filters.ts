// GET /v1/models/{name}/filters.png: the first convolution's filters.
import { Hono } from 'hono';
import { filterPicture } from '../../explain/filters.ts';
import { pngBytes } from '../../explain/png.ts';
import type { AppEnv } from '../context.ts';
import { MODEL_PROBLEMS, operation } from '../openapi/operation.ts';
import { query } from '../openapi/validation.ts';
import { bytesAnswer } from '../paced-answer.ts';
import { findModel } from './model-name.ts';
import { NoQuery } from './schemas.ts';

/** Drawing it, ms of one core. */
const PICTURE_MS = 30;

export const filtersRoute = new Hono<AppEnv>().get(
  '/v1/models/:name/filters.png',
  operation({
    tag: 'own',
    summary: 'The filters of the first layer, as a picture',
    png: true,
    problems: [...MODEL_PROBLEMS, 404],
  }),
  query(NoQuery),
  async (c) => {
    await findModel(c, c.req.param('name'));
    const { budget } = c.var.classifier;
    const engine = await c.var.classifier.load();
    await budget.admit();
    await budget.turn(PICTURE_MS);
    return bytesAnswer(c, [pngBytes(filterPicture(engine))], { 'content-type': 'image/png' });
  },
);
