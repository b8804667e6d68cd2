// The Worker with a bad day: its buckets fail now and then, before or after they did what they were asked, and the
// consumer ends in the middle of its work. After such an end everything that it still waits for never comes, as when
// the runtime stops it, and the next batch finds an isolate that has just started.
import decodeModule from '../../build/decode.wasm';
import kernelsModule from '../../build/kernels.wasm';
import { HeadCatalog } from '../../src/heads/catalog.ts';
import { createApp } from '../../src/http/app.ts';
import type { Bindings } from '../../src/http/bindings.ts';
import type { Isolate } from '../../src/http/context.ts';
import { queueHandler } from '../../src/http/queue.ts';
import { ImageDecoder } from '../../src/image/decoder.ts';
import { createShared } from '../../src/isolate/budget.ts';
import { Job as RealJob } from '../../src/jobs/job.ts';
import { ModelLoader } from '../../src/model/loader.ts';

type FaultyBindings = Bindings & {
  /** Of 1,000 calls to a bucket so many fail. */
  FAULTS?: string;
  /** Photos after which the consumer ends, with commas. */
  KILLS?: string;
  /** A key that ends the consumer each time it is read. */
  POISON?: string;
};

function newIsolate(): Isolate {
  return {
    shared: createShared(),
    loader: new ModelLoader(kernelsModule),
    decoder: new ImageDecoder(decodeModule),
    heads: new HeadCatalog(),
  };
}

let isolate = newIsolate();
let state = 2012;
let photos = 0;
let kills = 0;

/** One process of the consumer. */
interface Life {
  ended: boolean;
  end(): void;
}

/** 0 to 1, seeded: a linear congruential generator (Numerical Recipes). */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

const never = new Promise<never>(() => undefined);

/** A method that now and then fails, before its work or after it. */
function unreliable(method: (...given: unknown[]) => Promise<unknown>, share: number, life?: Life) {
  return async (...given: unknown[]) => {
    if (life?.ended) return never;
    const luck = random();
    if (luck < share / 2) throw new Error('put: We encountered an internal error. Please try again. (10001)');
    const done = await method(...given);
    if (life?.ended) return never;
    if (luck < share) throw new Error('Network connection lost.');
    return done;
  };
}

function faultyBucket(bucket: R2Bucket | undefined, share: number, life?: Life): R2Bucket | undefined {
  if (!bucket) return undefined;
  return new Proxy(bucket, {
    get(target, name) {
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? unreliable(member.bind(target), share, life) : member;
    },
  });
}

function faulty(env: FaultyBindings, life?: Life): Bindings {
  const share = Number(env.FAULTS ?? 0) / 1_000;
  const ends = (env.KILLS ?? '').split(',').map(Number);
  const PHOTOS = faultyBucket(env.PHOTOS, share, life);
  const counted =
    PHOTOS && life
      ? new Proxy(PHOTOS, {
          get(target, name) {
            if (name !== 'get') return Reflect.get(target, name);
            return (key: string) => {
              if (ends.includes(++photos) || key === env.POISON) life.end();
              return life.ended ? never : target.get(key);
            };
          },
        })
      : PHOTOS;
  const RESULTS = faultyBucket(env.RESULTS, share, life);
  return { ...env, ...(counted ? { PHOTOS: counted } : {}), ...(RESULTS ? { RESULTS } : {}) };
}

/** Bound by wrangler.toml; jobs do not use it. */
export { HeadTrainer } from '../../src/index.ts';

export class Job extends RealJob {
  constructor(context: DurableObjectState, env: FaultyBindings) {
    super(context, faulty(env));
  }
}

export default {
  fetch(request: Request, env: FaultyBindings, context: ExecutionContext) {
    if (new URL(request.url).pathname === '/kills') return new Response(String(kills));
    return createApp(isolate).fetch(request, env, context);
  },
  queue(batch: MessageBatch<unknown>, env: FaultyBindings, context: ExecutionContext) {
    return new Promise<void>((resolve, reject) => {
      const life: Life = {
        ended: false,
        end() {
          life.ended = true;
          kills++;
          isolate = newIsolate();
          reject(new Error('the consumer was ended'));
        },
      };
      queueHandler(isolate)(batch, faulty(env, life), context).then(resolve, reject);
    });
  },
};
