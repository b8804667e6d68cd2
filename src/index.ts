// The Worker's entry: the wasm modules, what lives as long as the isolate, and the HTTP application.
import decodeModule from '../build/decode.wasm';
import kernelsModule from '../build/kernels.wasm';
import { HeadCatalog } from './heads/catalog.ts';
import { createApp } from './http/app.ts';
import { queueHandler } from './http/queue.ts';
import { classifierEntrypoint } from './http/rpc.ts';
import { ImageDecoder } from './image/decoder.ts';
import { createShared } from './isolate/budget.ts';
import { ModelLoader } from './model/loader.ts';

const isolate = {
  shared: createShared(),
  loader: new ModelLoader(kernelsModule),
  decoder: new ImageDecoder(decodeModule),
  heads: new HeadCatalog(),
};

/** For service bindings of other Workers. */
export const Classifier = classifierEntrypoint(isolate);

/** The Durable Object of jobs. */
export { Job } from './jobs/job.ts';

export default { fetch: createApp(isolate).fetch, queue: queueHandler(isolate) };
