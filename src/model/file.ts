// The packed model as it lies in the bucket, for those who run it themselves: whole, or from some byte on.
import { ServiceError } from '../errors.ts';
import type { ModelBindings } from './bindings.ts';

export interface ModelFile {
  body: ReadableStream<Uint8Array>;
  /** Of the whole file. */
  bytes: number;
  etag: string;
}

/** @param from the first byte wanted. Throws ServiceError: model-bucket-missing, model-missing, bad-parameter. */
export async function openModelFile({ MODELS, MODEL = '' }: ModelBindings, from: number): Promise<ModelFile> {
  if (!MODELS)
    throw new ServiceError(
      'model-bucket-missing',
      'expected an R2 bucket bound as MODELS, found none; add [[r2_buckets]] to wrangler.toml',
    );
  const object = await MODELS.get(MODEL, from > 0 ? { range: { offset: from } } : {}).catch(() => null);
  if (!object)
    throw new ServiceError(
      'model-missing',
      `expected the object ${MODEL} in the model bucket, found none; upload it: npm run weights -- push`,
    );
  return { body: object.body, bytes: object.size, etag: object.etag };
}
