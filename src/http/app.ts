// The HTTP application: middleware in order, then routes. Every error leaves through one exit.
import { type Context, Hono } from 'hono';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import type { AppEnv, Isolate } from './context.ts';
import { DIALECTS, errorFormAt } from './dialects/index.ts';
import { auth } from './middleware/auth.ts';
import { classifier } from './middleware/classifier.ts';
import { client } from './middleware/client.ts';
import { crossOrigin } from './middleware/cross-origin.ts';
import { drainBody } from './middleware/drain-body.ts';
import { entityTag } from './middleware/entity-tag.ts';
import { options, refuse } from './middleware/methods.ts';
import { rateLimit } from './middleware/rate-limit.ts';
import { requestLog } from './middleware/request-log.ts';
import { resultCache } from './middleware/result-cache.ts';
import { documentRoutes } from './openapi/document.ts';
import { pageRoute } from './page.ts';
import { asServiceError, errorResponse, withCurlHint } from './problem.ts';
import { classifyRoute } from './v1/classify.ts';
import { filtersRoute } from './v1/filters.ts';
import { headsRoute } from './v1/heads.ts';
import { healthRoute } from './v1/health.ts';
import { inspectRoute } from './v1/inspect.ts';
import { jobsRoute } from './v1/jobs.ts';
import { limitsRoute } from './v1/limits.ts';
import { modelFileRoute } from './v1/model-file.ts';
import { modelsRoute } from './v1/models.ts';
import { photoIndexRoute } from './v1/photo-index.ts';

/** Characters of a client's own X-Request-Id; a longer one is replaced. */
const MAX_REQUEST_ID = 64;

export function createApp(isolate: Isolate) {
  const app = new Hono<AppEnv>();
  const headers = DIALECTS.flatMap((dialect) => dialect.headers ?? []);
  const answerError = (error: unknown, c: Context<AppEnv>) => {
    const known = withCurlHint(asServiceError(error), c.req.header('content-type'));
    const id = c.var.requestId;
    if (known.status >= 500)
      console.error(
        JSON.stringify({ message: 'error', id, code: known.code, error: String(known.cause ?? known) }),
      );
    return errorResponse(known, c.req.path, id, errorFormAt(c.req.path));
  };
  app.onError(answerError);
  app.notFound((c) => answerError(refuse(app, c), c));
  app.use(requestId({ limitLength: MAX_REQUEST_ID }), async (c, next) => {
    c.set('isolate', isolate);
    await next();
  });
  app.use(
    requestLog,
    drainBody,
    secureHeaders({ crossOriginResourcePolicy: 'cross-origin' }),
    options(app),
    crossOrigin(headers),
    client,
    rateLimit,
    auth(DIALECTS.flatMap(({ open = [] }) => open)),
    classifier,
    entityTag,
    resultCache(headers),
  );
  app
    .route('/', classifyRoute)
    .route('/', modelsRoute)
    .route('/', inspectRoute)
    .route('/', filtersRoute)
    .route('/', modelFileRoute)
    .route('/', photoIndexRoute)
    .route('/', jobsRoute)
    .route('/', headsRoute)
    .route('/', limitsRoute)
    .route('/', healthRoute)
    .route('/', pageRoute);
  for (const { routes: spoken } of DIALECTS) app.route('/', spoken);
  documentRoutes(app, DIALECTS);
  return app;
}
