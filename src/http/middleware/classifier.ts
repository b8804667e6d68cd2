// Makes the request's classifier, and gives back what the request held: when it is answered, or, for an answer that is
// read at the client's pace (paced-answer.ts), when the client has read it.
import { createMiddleware } from 'hono/factory';
import { type AppEnv, createClassifier } from '../context.ts';

export const classifier = createMiddleware<AppEnv>(async (c, next) => {
  const own = createClassifier(c.var.isolate, c.env, {
    client: c.var.client.name,
    log: c.var.log,
    waitUntil: (promise) => c.executionCtx.waitUntil(promise),
  });
  c.set('classifier', own);
  let reading = false;
  try {
    await next();
    // An error answers in place of what was to be read.
    reading = c.var.paced === true && c.res.ok;
  } finally {
    if (!reading) own.finish();
  }
});
