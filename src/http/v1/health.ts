// GET /healthz: the process is up. GET /readyz: the model is in memory; with ?warm=1 it is loaded first.
import { Hono } from 'hono';
import * as v from 'valibot';
import type { AppEnv } from '../context.ts';
import { operation } from '../openapi/operation.ts';
import { query } from '../openapi/validation.ts';
import { NoQuery } from './schemas.ts';

function Health(status: 'ok' | 'ready' | 'cold') {
  return v.object({ status: v.literal(status) });
}

export const healthRoute = new Hono<AppEnv>()
  .get(
    '/healthz',
    operation({ tag: 'own', summary: 'Process up', answer: Health('ok'), problems: [400] }),
    query(NoQuery),
    (c) => c.json({ status: 'ok' as const }),
  )
  .get(
    '/readyz',
    operation({
      tag: 'own',
      summary: 'Model in memory',
      answer: Health('ready'),
      problems: [400, 500, 504],
      also: { 503: { description: 'The model is not loaded yet', schema: Health('cold') } },
    }),
    query(v.strictObject({ warm: v.optional(v.picklist(['0', '1'], '0 or 1'), '0') })),
    async (c) => {
      const { model } = c.var.classifier;
      if (c.req.valid('query').warm === '1') await model.load();
      // How often the model's object was opened shows whether requests shared one load.
      const answer = { model_reads: model.reads };
      return model.warm
        ? c.json({ status: 'ready' as const, ...answer })
        : c.json({ status: 'cold' as const, ...answer }, 503);
    },
  );
