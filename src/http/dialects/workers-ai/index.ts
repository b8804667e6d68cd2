// The Workers AI dialect, image classification: POST /ai/run/{model}, and the long address of Cloudflare's own API.
// Raw bytes, or JSON {"image": [0..255, ...]}. Source: Cloudflare's Workers AI model pages (resnet-50).
import { type Context, Hono } from 'hono';
import type { ImageSource } from '../../../classify/classifier.ts';
import { rankLabels } from '../../../classify/rank.ts';
import { knownMembers } from '../../../classify/result.ts';
import { badParameter, ServiceError } from '../../../errors.ts';
import { openBody, readJson } from '../../body/body.ts';
import { type AppEnv, budgetOf } from '../../context.ts';
import { maxJsonBytes } from '../../limits.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, operation } from '../../openapi/operation.ts';
import { parseJson, query } from '../../openapi/validation.ts';
import type { ErrorForm } from '../../problem.ts';
import { findModel } from '../../v1/model-name.ts';
import type { Dialect } from '../dialect.ts';
import { WorkersAiAnswer, WorkersAiBody, WorkersAiProblem, WorkersAiQuery } from './schemas.ts';

function bytesOf(values: readonly unknown[]): Uint8Array {
  if (values.length === 0)
    throw new ServiceError('empty-body', 'image: expected the bytes of an image, got none');
  const bytes = new Uint8Array(values.length);
  values.forEach((value, i) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255)
      throw badParameter('image', 'a whole number from 0 to 255', {
        got: typeof value === 'number' ? String(value) : typeof value,
        subject: `image.${i}`,
      });
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
  const { known, none_of_these } = knownMembers(found.known);
  const messages = none_of_these ? [`none of these: known ${known}`] : [];
  return c.json({ result, success: true, errors: [] as string[], messages });
}

const form: ErrorForm = {
  name: 'WorkersAi',
  contentType: 'application/problem+json',
  schema: WorkersAiProblem,
  body: (problem) => ({
    ...problem,
    result: null,
    success: false,
    errors: [{ code: problem.status, message: problem.detail }],
    messages: [],
  }),
};

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
  form,
});

const routes = new Hono<AppEnv>()
  .post('/ai/run/:model{.+}', describeWorkersAi, query(WorkersAiQuery), (c) =>
    answer(c, c.req.param('model'), c.req.valid('query').top_k),
  )
  .post('/client/v4/accounts/:account/ai/run/:model{.+}', describeWorkersAi, query(WorkersAiQuery), (c) =>
    answer(c, c.req.param('model'), c.req.valid('query').top_k),
  );

export const workersAi: Dialect = { routes, errors: { prefixes: ['/ai', '/client/v4'], form } };
