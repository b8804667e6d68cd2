// The Worker's other entry: batches of the queue, for the same classifier that requests have. All photos of jobs are
// one client, so that requests come first where an isolate serves both.
import { emptyLog } from '../classify/request-log.ts';
import { consume } from '../jobs/consumer.ts';
import type { Bindings } from './bindings.ts';
import { createClassifier, type Isolate } from './context.ts';

const CLIENT = 'jobs';

export function queueHandler(isolate: Isolate) {
  return (batch: MessageBatch<unknown>, env: Bindings, ctx: Pick<ExecutionContext, 'waitUntil'>) =>
    consume(batch, env, {
      makeClassifier: (bytes) =>
        createClassifier(isolate, env, {
          client: CLIENT,
          log: emptyLog(),
          waitUntil: (promise) => ctx.waitUntil(promise),
          ...(bytes === undefined ? { workMs: Number.POSITIVE_INFINITY } : {}),
        }),
      openIndex: (name, of) => isolate.retrieval.open(env, name, of),
    });
}
