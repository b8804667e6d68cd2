// What Hono hands to every handler of this Worker: bindings, and the variables that middleware sets.
import type { Context } from 'hono';
import type { ImageReader, ModelSupply } from '../classify/classify.ts';
import type { Hold, Ticket } from '../isolate/admission.ts';
import type { Bindings } from './bindings.ts';
import type { RequestRecord } from './middleware/record.ts';
import { imageReader, modelSupply, type Services } from './services.ts';

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    requestId: string;
    services: Services;
    record: RequestRecord;
    /** Of every POST. */
    ticket: Ticket;
  };
}

export function supplyOf(c: Context<AppEnv>): ModelSupply {
  return modelSupply(c.var.services, c.env, (promise) => c.executionCtx.waitUntil(promise));
}

export function readerOf(c: Context<AppEnv>): ImageReader {
  return imageReader(c.var.services, c.env, c.var.ticket);
}

/** Waits until there is memory for a body that is read whole; `openBody` and its like ask for it. */
export function holdOf(c: Context<AppEnv>): Hold {
  return (bytes) => c.var.ticket.hold(bytes);
}
