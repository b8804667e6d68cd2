// GET /: the page. It is a static asset; it passes through here only because POST / is a dialect's route, and an
// asset would answer that itself. Everything else of the page is served before the Worker is asked. What shows the page to
// others wants the whole address of its picture (og:image), which only the request knows.
import { Hono } from 'hono';
import { ServiceError } from '../errors.ts';
import type { AppEnv } from './context.ts';

export const pageRoute = new Hono<AppEnv>().get('/', async (c) => {
  if (!c.env.ASSETS)
    throw new ServiceError(
      'not-found',
      'there is no page here: expected [assets] in wrangler.toml; see /docs',
    );
  const page = await c.env.ASSETS.fetch(c.req.raw);
  const absolute = {
    element(meta: Element) {
      meta.setAttribute('content', new URL(meta.getAttribute('content') ?? '', c.req.url).href);
    },
  };
  return new HTMLRewriter()
    .on('meta[property="og:image"]', absolute)
    .transform(new Response(page.body, page));
});
