// The packed model as it lies in the bucket, for those who run it themselves: whole, or from some byte on.
import { ServiceError } from '../errors.ts';
import type { ModelBindings } from './bindings.ts';

export interface ModelFile {
  body: ReadableStream<Uint8Array>;
  /** Of the whole file. */
  bytes: number;
  etag: string;
}

/**
 * @param from the first byte wanted. Throws ServiceError: model-bucket-missing, model-missing, and range-beyond-end
 * when there is no such byte.
 */
export async function openModelFile({ MODELS, MODEL = '' }: ModelBindings, from: number): Promise<ModelFile> {
  if (!MODELS)
    throw new ServiceError(
      'model-bucket-missing',
      'expected an R2 bucket bound as MODELS, found none; add [[r2_buckets]] to wrangler.toml',
    );
  const whole = () => MODELS.get(MODEL).catch(() => null);
  const ranged = from > 0 ? await MODELS.get(MODEL, { range: { offset: from } }).catch(() => null) : null;
  // R2 fails for a range that begins beyond the end; only the whole object tells where that is.
  const object = ranged ?? (await whole());
  if (object && from > 0 && from >= object.size) {
    await object.body.cancel();
    throw new ServiceError(
      'range-beyond-end',
      `expected a range that begins below ${object.size}, got one from ${from}`,
      { headers: { 'content-range': `bytes */${object.size}` } },
    );
  }
  if (!ranged && from > 0) await object?.body.cancel();
  if (!object || (!ranged && from > 0))
    throw new ServiceError(
      'model-missing',
      `expected the object ${MODEL} in the model bucket, found none; upload it: npm run weights -- push`,
    );
  return { body: object.body, bytes: object.size, etag: object.etag };
}
