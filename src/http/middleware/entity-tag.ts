// Strong entity tags of what GET and HEAD answer: the SHA-256 of the content. Not for POST, where RFC 9110 13.1.2 allows
// no 304. What CORS lets a page read stays on a 304, too.
import { etag } from 'hono/etag';
import { EXPOSED } from './cross-origin.ts';

export const entityTag = etag({
  retainedHeaders: [
    'Access-Control-Allow-Origin',
    'Access-Control-Expose-Headers',
    'ETag',
    'Vary',
    ...EXPOSED,
  ],
  generateDigest: (body) => crypto.subtle.digest('SHA-256', body),
});
