// The page of a self-hosted Worker: its files from workerd's disk service, everything else from the Worker, through the
// gate. What wrangler's assets do at Cloudflare: the files come first, but for `/`, whose POST is a dialect's route.
import { Gate } from './gate.js';

const gate = new Gate();
const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  jpg: 'image/jpeg',
  png: 'image/png',
  wasm: 'application/wasm',
};

/** A file in a folder that is named for what lies in it never changes. */
const NAMED_FOR_CONTENT = /^\/build\/[0-9a-f]{16}\/[^/]+$/;

export default {
  /** @param {{ page: Fetcher, main: Fetcher, HEADERS: Record<string, string> }} env HEADERS: of every file */
  async fetch(request, { page, main, HEADERS }) {
    const { pathname } = new URL(request.url);
    const file = pathname === '/' ? '/index.html' : pathname;
    const type = TYPES[file.split('.').at(-1)];
    if (type === undefined || !['GET', 'HEAD'].includes(request.method))
      return gate.pass(request, () => main.fetch(request));
    const found = await page.fetch(`http://disk${file}`, { method: request.method });
    if (!found.ok) return gate.pass(request, () => main.fetch(request));
    const modified = found.headers.get('last-modified');
    const headers = {
      ...HEADERS,
      'content-type': type,
      ...(modified ? { 'last-modified': modified } : {}),
      ...(NAMED_FOR_CONTENT.test(file) ? { 'cache-control': 'public, max-age=31536000, immutable' } : {}),
    };
    const response = new Response(found.body, { headers });
    if (file !== '/index.html') return response;
    // As src/http/page.ts: where the page is shown to others, its picture's whole address is wanted.
    const absolute = {
      element: (meta) =>
        meta.setAttribute('content', new URL(meta.getAttribute('content'), request.url).href),
    };
    return new HTMLRewriter().on('meta[property="og:image"]', absolute).transform(response);
  },
};
