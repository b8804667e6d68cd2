// POST /v1/classify: the own route.
import { Hono } from 'hono';
import { describeRoute, resolver } from 'hono-openapi';
import { type AppEnv, readerOf, supplyOf } from '../app-env.ts';
import { classify } from '../classify.ts';
import { noteBatch } from '../middleware/record.ts';
import { imageResult, modelName, readOptions } from './answer.ts';
import { openBody } from './body.ts';
import { ClassifyAnswer, ClassifyQuery } from './schemas.ts';
import { query } from './validation.ts';

export const classifyRoute = new Hono<AppEnv>().post(
  '/v1/classify',
  describeRoute({
    summary: 'Classify a picture',
    responses: {
      200: {
        description: 'The classes, best first',
        content: { 'application/json': { schema: resolver(ClassifyAnswer) } },
      },
    },
  }),
  query(ClassifyQuery),
  async (c) => {
    const parameters = c.req.valid('query');
    const image = readerOf(c);
    const { bytes } = image.limits;
    const body = await openBody(c.req.raw, { image: bytes, json: bytes });
    const batch = await classify(body.stream, readOptions(parameters), image, supplyOf(c));
    noteBatch(c.var.record, batch);
    return c.json({
      model: modelName(batch.model),
      ...imageResult(batch.result, batch.model, parameters),
      request_id: c.var.requestId,
    });
  },
);
