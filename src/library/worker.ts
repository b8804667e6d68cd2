// The package's `./worker`: the whole HTTP application in somebody's own Worker, and the entrypoint for service
// bindings. `app.mount('/photos', createApp({ ... }).fetch)` puts it into a Hono application.
import { HeadCatalog } from '../heads/catalog.ts';
import { createApp as createHttpApp } from '../http/app.ts';
import type { Bindings } from '../http/bindings.ts';
import { ImageDecoder } from '../image/decoder.ts';
import { createShared } from '../isolate/budget.ts';
import { ModelLoader } from '../model/loader.ts';
import { SecondModel } from '../model/second.ts';
import { Retrieval } from '../retrieval/retrieval.ts';
import { decodeModule, kernelsModule } from './wasm-modules.ts';

/** What the application reads of an environment: the variables and bindings of docs/API.md by their names. */
export interface AppBindings {
  /** The R2 bucket with packed models. */
  MODELS: unknown;
  /** Key of the current model in it. */
  MODEL: string;
  [name: string]: unknown;
}

export interface AppOptions<Environment> {
  /** From one's own environment to the application's names; default: they are the same. */
  bindings?: (environment: Environment) => AppBindings;
}

/** What the runtime hands to a Worker beside request and environment. */
export interface Context {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
}

export interface PhotoApp<Environment> {
  fetch(request: Request, environment: Environment, context: Context): Promise<Response>;
}

async function makeApp() {
  const [kernels, decode] = await Promise.all([kernelsModule(), decodeModule()]);
  return createHttpApp({
    shared: createShared(),
    loader: new ModelLoader(kernels),
    decoder: new ImageDecoder(decode),
    heads: new HeadCatalog(),
    retrieval: new Retrieval(kernels),
    second: new SecondModel(kernels),
  });
}

/** One for each isolate: it holds the model's memory. Call it once, outside of any request. */
export function createApp<Environment = AppBindings>({
  bindings,
}: AppOptions<Environment> = {}): PhotoApp<Environment> {
  const app = makeApp();
  return {
    async fetch(request, environment, context) {
      const own = bindings ? bindings(environment) : environment;
      // What the application reads of it, it checks itself.
      return (await app).fetch(request, own as Bindings, context as ExecutionContext);
    },
  };
}
