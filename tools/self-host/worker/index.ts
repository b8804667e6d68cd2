// The Worker of a self-hosted process: the same application as src/index.ts, with what Cloudflare brings and plain
// workerd does not: settings that change without a restart (settings.ts), and /metrics (metrics.ts). A new model gets
// an application of its own, which loads it before requests go there; those in flight end on the old one.
/// <reference path="../../../src/wasm.d.ts" />
import decodeModule from '../../../build/decode.wasm';
import kernelsModule from '../../../build/kernels.wasm';
import { dotProducts } from '../../../src/engine/gram.ts';
import { HeadCatalog } from '../../../src/heads/catalog.ts';
import { createApp } from '../../../src/http/app.ts';
import type { Bindings } from '../../../src/http/bindings.ts';
import { bearerToken, isAccepted, listedTokens } from '../../../src/http/middleware/client.ts';
import { ImageDecoder } from '../../../src/image/decoder.ts';
import { createShared } from '../../../src/isolate/budget.ts';
import { ModelLoader } from '../../../src/model/loader.ts';
import { SecondModel } from '../../../src/model/second.ts';
import { Retrieval } from '../../../src/retrieval/retrieval.ts';
import { headTrainer } from '../../../src/training/head-trainer.ts';
import { Metrics } from './metrics.ts';
import { Settings } from './settings.ts';

export * from '../../../src/index.ts';

interface Environment extends Bindings {
  /** The folder of settings, by workerd's disk service. */
  SETTINGS: Fetcher;
  /** Bearer tokens of /metrics, comma separated; none: there is no such address. */
  METRICS_TOKENS?: string;
}

const shared = createShared();
const decoder = new ImageDecoder(decodeModule);
const heads = new HeadCatalog();
const retrieval = new Retrieval(kernelsModule);
const second = new SecondModel(kernelsModule);
const metrics = new Metrics();
/** In the place of src/index.ts's: it shares this isolate's memory with the requests here. */
export const HeadTrainer = headTrainer({
  dotProducts: (left, right) => dotProducts(kernelsModule, left, right),
  shared,
});

const settings = new Settings(['API_TOKENS', 'WRITE_TOKENS', 'METRICS_TOKENS', 'MODEL']);

interface Serving {
  model: string;
  loader: ModelLoader;
  app: ReturnType<typeof createApp>;
}

function serving(model: string): Serving {
  const loader = new ModelLoader(kernelsModule);
  return { model, loader, app: createApp({ shared, loader, decoder, heads, retrieval, second }) };
}

let current: Serving | undefined;
/** A model that is being loaded, and when that began, ms. */
let next: { serving: Serving; since: number } | undefined;
/** A load that has not ended by then is begun anew: its request was cancelled. */
const LOAD_MS = 30_000;

/** Loads the model that the settings name, if it is another one; requests go on with the old one meanwhile. */
function change(env: Environment, context: ExecutionContext): void {
  const model = env.MODEL ?? '';
  current ??= serving(model);
  if (current.model === model) {
    next = undefined;
    return;
  }
  if (next?.serving.model === model && Date.now() - next.since < LOAD_MS) return;
  const own = serving(model);
  next = { serving: own, since: Date.now() };
  const load = own.loader
    .load(env.MODELS, model, (work) => context.waitUntil(work))
    .then(
      () => {
        if (next?.serving !== own) return;
        current = own;
        next = undefined;
        console.log(JSON.stringify({ message: 'model changed', model }));
      },
      (error: unknown) =>
        console.error(JSON.stringify({ message: 'model not changed', model, error: String(error) })),
    );
  context.waitUntil(load);
}

async function metricsAnswer(request: Request, env: Environment): Promise<Response | undefined> {
  const accepted = listedTokens(env.METRICS_TOKENS);
  if (accepted.length === 0) return undefined;
  const token = bearerToken(request.headers.get('authorization') ?? undefined);
  if (token === undefined || !(await isAccepted(token, accepted)))
    return new Response('expected Authorization: Bearer TOKEN, one of METRICS_TOKENS\n', {
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="metrics"' },
    });
  return metrics.answer({
    requestsInProgress: shared.places.used,
    requestsWaiting: shared.places.waiting + shared.memory.waiting,
    requestMemoryBytes: shared.memory.used,
    engineMemoryBytes: current?.loader.engine?.memoryBytes ?? 0,
    headCacheBytes: heads.cachedBytes,
    modelLoaded: current?.loader.engine !== undefined,
    modelReads: current?.loader.reads ?? 0,
    model: current?.model ?? '',
  });
}

export default {
  async fetch(request: Request, environment: Environment, context: ExecutionContext): Promise<Response> {
    const found = await settings.read(environment.SETTINGS);
    if (!found) return new Response('the folder of settings cannot be read\n', { status: 503 });
    const env: Environment = { ...environment, ...found };
    if (new URL(request.url).pathname === '/metrics' && request.method === 'GET') {
      const answer = await metricsAnswer(request, env);
      if (answer) return answer;
    }
    change(env, context);
    const { app, model } = current ?? serving(env.MODEL ?? '');
    return app.fetch(request, { ...env, MODEL: model, ANALYTICS: metrics }, context);
  },
};
