// What an isolate keeps for retrieval, and the index of a name for one request: in Vectorize where that is bound, else in
// the bucket.
import { CodeScanner } from '../engine/hamming.ts';
import { ServiceError } from '../errors.ts';
import type { Budget } from '../isolate/budget.ts';
import { EmbeddedIndex } from './embedded-index.ts';
import type { PhotoIndex } from './photo-index.ts';
import { SegmentCache } from './segments.ts';
import { VectorizeIndex } from './vectorize-index.ts';

export interface RetrievalBindings {
  MODELS?: R2Bucket;
  /** 1,024 dimensions, cosine. */
  VECTORIZE?: Vectorize;
}

export class Retrieval {
  readonly #module: WebAssembly.Module;
  readonly cache: SegmentCache;
  #scanner: CodeScanner | undefined;

  /** @param module build/kernels.wasm */
  constructor(module: WebAssembly.Module, cache = new SegmentCache()) {
    this.#module = module;
    this.cache = cache;
  }

  /** @param model SHA-256 of the model. Throws ServiceError: bad-parameter for a malformed name, model-bucket-missing. */
  open(
    { MODELS, VECTORIZE }: RetrievalBindings,
    name: string,
    { model, budget }: { model: string; budget: Budget },
  ): PhotoIndex {
    if (VECTORIZE) return new VectorizeIndex(VECTORIZE, name);
    if (!MODELS)
      throw new ServiceError(
        'model-bucket-missing',
        'expected an R2 bucket bound as MODELS, found none; add [[r2_buckets]] to wrangler.toml',
      );
    this.#scanner ??= new CodeScanner(this.#module);
    return new EmbeddedIndex({
      bucket: MODELS,
      cache: this.cache,
      scanner: this.#scanner,
      budget,
      name,
      model,
    });
  }
}
