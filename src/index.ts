// The Worker's entry: the wasm modules, what lives as long as the isolate, and the HTTP application.
import decodeModule from '../build/decode.wasm';
import kernelsModule from '../build/kernels.wasm';
import { dotProducts } from './engine/gram.ts';
import { HeadCatalog } from './heads/catalog.ts';
import { createApp } from './http/app.ts';
import { queueHandler } from './http/queue.ts';
import { classifierEntrypoint } from './http/rpc.ts';
import { ImageDecoder } from './image/decoder.ts';
import { createShared } from './isolate/budget.ts';
import { ModelLoader } from './model/loader.ts';
import { headTrainer } from './training/head-trainer.ts';

const shared = createShared();
const isolate = {
  shared,
  loader: new ModelLoader(kernelsModule),
  decoder: new ImageDecoder(decodeModule),
  heads: new HeadCatalog(),
};

/** For service bindings of other Workers. */
export const Classifier = classifierEntrypoint(isolate);

/** The Durable Object of jobs. */
export { Job } from './jobs/job.ts';

/** The one writer of each head; bound as HEADS. */
export const HeadTrainer = headTrainer({
  dotProducts: (left, right) => dotProducts(kernelsModule, left, right),
  shared,
});

export default { fetch: createApp(isolate).fetch, queue: queueHandler(isolate) };
