// GET /healthz: the process is up. GET /readyz: the model is in memory; with ?warm=1 it is loaded first.
import { Hono } from 'hono';
import * as v from 'valibot';
import { type AppEnv, supplyOf } from '../app-env.ts';
import { query } from './validation.ts';

export const healthRoute = new Hono<AppEnv>()
  .get('/healthz', (c) => c.json({ status: 'ok' as const }))
  .get(
    '/readyz',
    query(v.strictObject({ warm: v.optional(v.picklist(['0', '1'], '0 or 1'), '0') })),
    async (c) => {
      const supply = supplyOf(c);
      if (c.req.valid('query').warm === '1') await supply.load();
      return supply.warm ? c.json({ status: 'ready' as const }) : c.json({ status: 'cold' as const }, 503);
    },
  );
