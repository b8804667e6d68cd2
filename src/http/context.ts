// What Hono hands to every handler of this Worker: bindings, and the variables that middleware sets.
import type { Context } from 'hono';
import { Classifier } from '../classify/classifier.ts';
import type { ModelHandle } from '../classify/model-handle.ts';
import type { RequestLog } from '../classify/request-log.ts';
import type { HeadCatalog } from '../heads/catalog.ts';
import type { ImageDecoder } from '../image/decoder.ts';
import { imageLimits } from '../image/limits.ts';
import { Budget, type Shared } from '../isolate/budget.ts';
import type { ModelLoader, WaitUntil } from '../model/loader.ts';
import { objectsOf } from '../model/objects.ts';
import { findModel, type SecondModel } from '../model/second.ts';
import type { Retrieval } from '../retrieval/retrieval.ts';
import type { Bindings } from './bindings.ts';
import { budgetLimits } from './limits.ts';
import type { Client } from './middleware/client.ts';

/** What lives as long as the isolate. */
export interface Isolate {
  shared: Shared;
  loader: ModelLoader;
  decoder: ImageDecoder;
  heads: HeadCatalog;
  retrieval: Retrieval;
  /** A model beside the one in use, for ensembles. */
  second: SecondModel;
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

function modelHandle(
  loader: ModelLoader,
  { MODELS }: Bindings,
  key: string,
  waitUntil: WaitUntil,
): ModelHandle {
  return {
    describe: () => loader.describe(MODELS, key, waitUntil),
    load: () => loader.load(MODELS, key, waitUntil),
    drop: () => loader.drop(),
    get reads() {
      return loader.reads;
    },
    get warm() {
      return loader.engine !== undefined;
    },
  };
}

/** The classifier of one request, to be finished by whoever made it. */
export function createClassifier(
  { shared, loader, decoder, heads, second }: Isolate,
  env: Bindings,
  requester: Requester,
) {
  const { client, log, waitUntil, workMs } = requester;
  const key = env.MODEL ?? '';
  return new Classifier({
    model: modelHandle(loader, env, key, waitUntil),
    storedModel: async (name) => {
      const stored = await findModel(env.MODELS, name);
      return (
        stored && {
          bytes: stored.bytes,
          handle: modelHandle(second.loader(stored.key), env, stored.key, waitUntil),
        }
      );
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
