// GET /openapi.json, and GET /docs: the same document as a page that asks nobody else for anything.
import type { Context, Hono } from 'hono';
import type { AppEnv } from '../context.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { numericVersion } from '../v1/model-name.ts';
import { docsPage } from './docs-page.ts';
import { type Document, makeDocument } from './openapi.ts';

const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src 'self' blob:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Adds the two routes; the document is made when it is first asked for. */
export function documentRoutes(app: Hono<AppEnv>, dialects: readonly Dialect[]): void {
  let made: Document | undefined;
  const document = async (): Promise<Document> => {
    made ??= await makeDocument(app, dialects);
    return made;
  };
  app.get('/openapi.json', async (c: Context<AppEnv>) => c.json(await document()));
  app.get('/docs', async (c: Context<AppEnv>) => {
    c.header('content-security-policy', PAGE_POLICY);
    // The page is there without a model, too.
    const model = await c.var.classifier.describe().catch(() => undefined);
    const context = {
      origin: new URL(c.req.url).origin,
      model: { name: model?.name ?? 'MODEL', version: model ? numericVersion(model) : '1' },
      token: (c.env.API_TOKENS ?? '') !== '',
    };
    return c.html(docsPage(await document(), context));
  });
}
