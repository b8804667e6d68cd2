// What Hono hands to every handler of this Worker: bindings, and the variables that middleware sets.
import type { Context } from 'hono';
import type { Bindings } from './bindings.ts';
import type { ImageReader, ModelSupply } from './classify.ts';
import type { RequestRecord } from './middleware/record.ts';
import { imageReader, modelSupply, type Services } from './services.ts';

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    requestId: string;
    services: Services;
    record: RequestRecord;
  };
}

export function supplyOf(c: Context<AppEnv>): ModelSupply {
  return modelSupply(c.var.services, c.env, (promise) => c.executionCtx.waitUntil(promise));
}

export function readerOf(c: Context<AppEnv>): ImageReader {
  return imageReader(c.var.services, c.env);
}
