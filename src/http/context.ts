// What Hono hands to every handler of this Worker: bindings, and the variables that middleware sets.
import type { Context } from 'hono';
import { Classifier } from '../classify/classifier.ts';
import type { RequestLog } from '../classify/request-log.ts';
import type { HeadCatalog } from '../heads/catalog.ts';
import type { ImageDecoder } from '../image/decoder.ts';
import { imageLimits } from '../image/limits.ts';
import { Budget, type Shared } from '../isolate/budget.ts';
import type { ModelLoader, WaitUntil } from '../model/loader.ts';
import { objectsOf } from '../model/objects.ts';
import type { Bindings } from './bindings.ts';
import { budgetLimits } from './limits.ts';
import type { Client } from './middleware/client.ts';

/** What lives as long as the isolate. */
export interface Isolate {
  shared: Shared;
  loader: ModelLoader;
  decoder: ImageDecoder;
  heads: HeadCatalog;
}

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    requestId: string;
    isolate: Isolate;
    log: RequestLog;
    client: Client;
    classifier: Classifier;
    /** Set by requireWrite: the answer belongs into no cache. */
    writes?: boolean;
    /** Whether the answer goes out at the client's pace, and the budget with it. */
    paced: boolean | undefined;
  };
}

export interface Requester {
  /** A token or an address; '' = unknown. */
  client: string;
  log: RequestLog;
  waitUntil: WaitUntil;
  /** Work that it may do, ms; without it, as the variables say. */
  workMs?: number;
}

/** The classifier of one request, to be finished by its maker. */
export function createClassifier(
  { shared, loader, decoder, heads }: Isolate,
  env: Bindings,
  requester: Requester,
) {
  const { client, log, waitUntil, workMs } = requester;
  const key = env.MODEL ?? '';
  return new Classifier({
    model: {
      describe: () => loader.describe(env.MODELS, key, waitUntil),
      load: () => loader.load(env.MODELS, key, waitUntil),
      drop: () => loader.drop(),
      get reads() {
        return loader.reads;
      },
      get warm() {
        return loader.engine !== undefined;
      },
    },
    decoder,
    headNames: () => heads.names(objectsOf(env.MODELS)),
    findHead: (name) => heads.find(name, objectsOf(env.MODELS)),
    limits: imageLimits(env),
    images: env.IMAGES,
    budget: new Budget(shared, { ...budgetLimits(env), ...(workMs === undefined ? {} : { workMs }) }, client),
    log,
  });
}

/** The request's classifier, its body and what it may take, for the readers of bodies. */
export function budgetOf(c: Context<AppEnv>): Budget {
  return c.var.classifier.budget;
}
