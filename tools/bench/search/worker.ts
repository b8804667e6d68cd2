// A Worker that only searches, for the bench: an index of synthetic photos in its memory.
//   POST /fill?photos=N     makes it
//   POST /search?count=N    N searches of the six nearest, answers {ms, bytes}: the time of them all, and the index's bytes
// Locally workerd's clock goes on during computation, in steps of a millisecond.
import { DurableObject } from 'cloudflare:workers';
import kernelsModule from '../../../build/kernels.wasm';
import { CodeScanner } from '../../../src/engine/hamming.ts';
import { Xoshiro128 } from '../../../src/random/xoshiro.ts';
import { type Code, codeOf } from '../../../src/retrieval/code.ts';
import { Nearest } from '../../../src/retrieval/nearest.ts';
import { encodeSegment, SEGMENT_PHOTOS, Segment } from '../../../src/retrieval/segment.ts';

/** wrangler.toml names it, and wrangler bundles nothing without it. */
export class HeadTrainer extends DurableObject {}

const scanner = new CodeScanner(kernelsModule);
const random = Xoshiro128.seeded(2012);
const segments: Segment[] = [];

function randomCode(): Code {
  return codeOf(Float32Array.from({ length: 256 }, () => random.fraction() - 0.5));
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/fill') {
      const photos = Number(searchParams.get('photos'));
      for (let from = 0; from < photos; from += SEGMENT_PHOTOS) {
        const count = Math.min(SEGMENT_PHOTOS, photos - from);
        const entries = Array.from({ length: count }, (_, i) => ({
          key: `photos/${String(from + i).padStart(8, '0')}.jpg`,
          ...randomCode(),
        }));
        segments.push(new Segment(encodeSegment(entries)));
      }
      return new Response(null, { status: 204 });
    }
    const count = Number(searchParams.get('count'));
    const codes = Array.from({ length: count }, randomCode);
    const start = Date.now();
    for (const code of codes) {
      const nearest = new Nearest(scanner, code);
      for (const segment of segments) nearest.scan(segment);
      nearest.best(6);
    }
    const ms = Date.now() - start;
    return Response.json({ ms, bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0) });
  },
};
