// A Worker that only computes, for the bench: the engine in workerd without HTTP in the figures.
//   POST /weights           a packed model file
//   POST /forward?count=N   a picture, u8 RGB; N forward passes, answers {ms, logits}: the time of them all
// Locally workerd's clock goes on during computation, in steps of a millisecond.
import { DurableObject } from 'cloudflare:workers';
import kernelsModule from '../../../build/kernels.wasm';
import { Engine } from '../../../src/engine/engine.ts';
import { modelInfoOf } from '../../../src/model/header.ts';
import { parseHeader } from '../../../src/model/safetensors.ts';

/** wrangler.toml names it, and wrangler bundles nothing without it. */
export class HeadTrainer extends DurableObject {}

let engine: Engine | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    if (url.pathname === '/weights') {
      const header = parseHeader(body);
      engine = new Engine(kernelsModule, modelInfoOf(header));
      engine.weights(0, header.dataBytes).set(body.subarray(header.dataStart));
      return new Response(null, { status: 204 });
    }
    if (!engine) return new Response('POST /weights first', { status: 409 });
    const count = Number(url.searchParams.get('count'));
    const start = Date.now();
    let logits: Float32Array = new Float32Array(0);
    for (let i = 0; i < count; i++) logits = engine.run([body])[0]?.logits ?? logits;
    return Response.json({ ms: Date.now() - start, logits: Array.from(logits) });
  },
};
