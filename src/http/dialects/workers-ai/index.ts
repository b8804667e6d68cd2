// The Workers AI dialect, image classification: POST /ai/run/{model}, and the long address of Cloudflare's own API.
// Raw bytes, or JSON {"image": [0..255, ...]}. Source: Cloudflare's Workers AI model pages (resnet-50).
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import type { ImageSource } from '../../../classify/classifier.ts';
import { rankLabels } from '../../../classify/rank.ts';
import { ServiceError } from '../../../errors.ts';
import { openBody, readJson } from '../../body/body.ts';
import { MAX_ELEMENTS } from '../../body/json-cost.ts';
import { type AppEnv, budgetOf } from '../../context.ts';
import { maxJsonBytes } from '../../limits.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, operation } from '../../openapi/operation.ts';
import { parseJson, query, wholeNumber } from '../../openapi/validation.ts';
import { findModel } from '../../v1/model-name.ts';
import { MAX_TOP_K } from '../../v1/schemas.ts';
import { WorkersAiAnswer } from '../schemas.ts';

export const WorkersAiQuery = v.strictObject({ top_k: v.optional(wholeNumber(0, MAX_TOP_K), '5') });

export const WorkersAiBody = v.strictObject({
  image: v.pipe(
    v.custom<number[]>(
      (value) => Array.isArray(value) && value.length <= MAX_ELEMENTS,
      'an array of bytes, 0 to 255',
    ),
    v.description('The image file, one number from 0 to 255 for each byte.'),
    v.metadata({
      jsonSchema: {
        type: 'array',
        maxItems: MAX_ELEMENTS,
        items: { type: 'integer', minimum: 0, maximum: 255 },
      },
    }),
  ),
});

function bytesOf(values: readonly unknown[]): Uint8Array {
  if (values.length === 0)
    throw new ServiceError('empty-body', 'image: expected the bytes of an image, got none');
  const bytes = new Uint8Array(values.length);
  values.forEach((value, i) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255)
      throw new ServiceError(
        'bad-parameter',
        `image.${i}: expected a whole number from 0 to 255, got ${typeof value === 'number' ? value : typeof value}`,
        { members: { parameter: 'image' } },
      );
    bytes[i] = value;
  });
  return bytes;
}

async function readSource(c: Context<AppEnv>): Promise<ImageSource> {
  const body = await openBody(
    c.req.raw,
    {
      image: c.var.classifier.limits.bytes,
      json: maxJsonBytes(c.env),
    },
    budgetOf(c),
  );
  if (body.kind === 'image') return body.upload;
  return bytesOf(parseJson(WorkersAiBody, await readJson(body.upload)).image);
}

async function answer(c: Context<AppEnv>, model: string, topK: number) {
  await findModel(c, model);
  const found = await c.var.classifier.classify(await readSource(c), { exif: 'apply', crops: 1 });
  const ranked = rankLabels(found.prediction.probabilities, found.model, { topK, minScore: 0 });
  const result = ranked.map(({ label, score }) => ({ label, score }));
  return c.json({ result, success: true, errors: [] as string[], messages: [] as string[] });
}

const describeWorkersAi = operation({
  tag: 'Workers AI',
  summary: 'Image classification as Workers AI answers it',
  answer: WorkersAiAnswer,
  body: {
    image: true,
    json: {
      schema: WorkersAiBody,
      example: { image: Array.from(atob(EXAMPLE_IMAGE), (char) => char.charCodeAt(0)) },
    },
  },
  problems: [...CLASSIFY_PROBLEMS, 404],
});

export const workersAiRoute = new Hono<AppEnv>()
  .post('/ai/run/:model{.+}', describeWorkersAi, query(WorkersAiQuery), (c) =>
    answer(c, c.req.param('model'), c.req.valid('query').top_k),
  )
  .post('/client/v4/accounts/:account/ai/run/:model{.+}', describeWorkersAi, query(WorkersAiQuery), (c) =>
    answer(c, c.req.param('model'), c.req.valid('query').top_k),
  );
