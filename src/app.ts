// The HTTP application: middleware in order, then routes. Every error leaves through one exit.
import { type Context, Hono } from 'hono';
import { requestId } from 'hono/request-id';
import type { AppEnv } from './app-env.ts';
import { options, refuse } from './middleware/methods.ts';
import { record } from './middleware/record.ts';
import { asServiceError, problemResponse } from './problem.ts';
import { classifyRoute } from './routes/classify.ts';
import { healthRoute } from './routes/health.ts';
import { modelsRoute } from './routes/models.ts';
import type { Services } from './services.ts';

export function createApp(services: Services) {
  const app = new Hono<AppEnv>();
  const answerError = (error: unknown, c: Context<AppEnv>) => {
    const known = asServiceError(error);
    const id = c.var.requestId;
    if (known.status >= 500)
      console.error(
        JSON.stringify({ message: 'error', id, code: known.code, error: String(known.cause ?? known) }),
      );
    return problemResponse(known, c.req.path, id);
  };
  app.onError(answerError);
  app.notFound((c) => answerError(refuse(app, c), c));
  app.use(requestId(), async (c, next) => {
    c.set('services', services);
    await next();
  });
  app.use(record, options(app));
  return app.route('/', classifyRoute).route('/', modelsRoute).route('/', healthRoute);
}

export type App = ReturnType<typeof createApp>;
