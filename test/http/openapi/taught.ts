// What brings each documented status of the routes of heads about: a head that is taught and trained twice, so that
// every one of them has something to answer, and some that are wrong.
import { pointerKey } from '../../../src/heads/published.ts';
import type { Bindings } from '../../../src/http/bindings.ts';
import { randomIntegers } from '../../../tools/fixtures/random.ts';
import { BACKBONE } from '../../heads/examples.ts';
import { bindings, send } from '../worker.ts';

export const WRITER = { WRITE_TOKENS: 'writer' };
export const authorization = 'Bearer writer';

const LAYERS = [
  { name: 'fc6', outputs: 64 },
  { name: 'fc7', outputs: 48 },
];
const LIMITS = { photos: 500, classes: 100 };

function stubOf(name: string) {
  const stub = bindings.HEADS?.get(bindings.HEADS.idFromName(name));
  if (!stub) throw new Error('expected the binding HEADS');
  return stub;
}

/** @returns the id of the first */
async function teach(name: string, label: string, count: number, backbone = BACKBONE): Promise<string> {
  const next = randomIntegers(label.charCodeAt(0) + count);
  const features = Array.from({ length: count }, () => Uint8Array.from({ length: 112 }, () => next(128)));
  const reply = await stubOf(name).add(label, features, { ...backbone, layers: LAYERS }, LIMITS);
  if (!reply.ok) throw new Error(reply.problem.message);
  return reply.value.examples[0]?.id ?? '';
}

const { models } = (await (await send('/v1/models')).json()) as {
  models: { name: string; sha256: string }[];
};
const own = { name: models[0]?.name ?? '', sha256: models[0]?.sha256 ?? '' };

/** Makes the heads anew. @returns the id of an example of the class `a` */
export async function makeTaught(): Promise<string> {
  await send('/v1/heads/taught', { method: 'DELETE', headers: { authorization } }, WRITER);
  const id = await teach('taught', 'a', 2, own);
  await teach('taught', 'b', 2, own);
  for (const more of [3, 4]) {
    await stubOf('taught').train('taught', { workMs: 5_000 });
    await teach('taught', 'b', more, own);
  }
  await stubOf('taught').train('taught', { workMs: 5_000 });
  return id;
}

await teach('large', 'a', 30);
await teach('large', 'b', 30);
await teach('foreign-examples', 'a', 2);
await bindings.MODELS?.put(pointerKey('torn'), '{');

/** A bucket that cannot be reached. */
export const unreachable = new Proxy({} as R2Bucket, {
  get: () => () => Promise.reject(new Error('Network connection lost')),
});
const away = { get: () => () => Promise.reject(new Error('Network connection lost')) };
const HEADS = {
  idFromName: () => '',
  get: () => new Proxy({}, away),
} as unknown as NonNullable<Bindings['HEADS']>;

interface HeadCause {
  name?: string;
  bindings?: Partial<Bindings>;
}

const NO_HEADS = { HEADS: undefined } as unknown as Partial<Bindings>;

/** By status; what is missing is as for every other route. */
export const HEAD_CAUSES: Record<string, (method: string, path: string) => HeadCause> = {
  403: () => ({ bindings: { WRITE_TOKENS: '' } }),
  404: (_, path) => ({ name: path.endsWith('{id}') ? 'empty' : 'no-such-head' }),
  409: () => ({ name: 'foreign-examples' }),
  413: (_, path) => (path.endsWith(':train') ? { name: 'large', bindings: { MAX_TRAIN_MS: '1' } } : {}),
  422: (_, path) => (path.endsWith(':train') ? { name: 'empty' } : {}),
  500: (method) => (method === 'get' ? { name: 'torn', bindings: NO_HEADS } : { bindings: NO_HEADS }),
  504: () => ({ bindings: { HEADS, MODELS: unreachable } }),
};
