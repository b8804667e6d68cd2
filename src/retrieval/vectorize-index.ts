// An index in Cloudflare Vectorize: a namespace of the bound index, which must have 1,024 dimensions and compare by cosine.
// Its limits are the platform's: ids of 64 bytes (NAME/KEY here), 100 matches; what is written is found some seconds later.
import { excerpt, ServiceError } from '../errors.ts';
import { checkIndexName, checkKey } from './manifest.ts';
import type { Duplicate, Found, IndexFacts, Near, NewPhoto, PhotoIndex } from './photo-index.ts';
import { WIDE } from './projection.ts';

const MAX_ID_BYTES = 64;

export class VectorizeIndex implements PhotoIndex {
  readonly #store: Vectorize;
  readonly #name: string;

  /** Throws ServiceError bad-parameter for a malformed name. */
  constructor(store: Vectorize, name: string) {
    this.#store = store;
    this.#name = checkIndexName(name);
  }

  async put(key: string, vector: Float32Array): Promise<void> {
    await this.putAll([{ key, vector }]);
  }

  checkKey(key: string): void {
    this.#id(key);
  }

  async putAll(photos: readonly NewPhoto[], maxDistance?: number): Promise<(Near | undefined)[]> {
    if (maxDistance !== undefined)
      throw this.#unable('leaving out what is nearly the same', 'search for each photo');
    const vectors = photos.map(({ key, vector }) => ({
      id: this.#id(key),
      values: Array.from(vector),
      namespace: this.#name,
    }));
    await this.#asked(() => this.#store.upsert(vectors));
    return photos.map(() => undefined);
  }

  async remove(key: string): Promise<void> {
    const id = this.#id(key);
    const found = await this.#asked(() => this.#store.getByIds([id]));
    if (found.length === 0)
      throw new ServiceError('not-found', `index ${this.#name} has no photo ${excerpt(key)}`);
    await this.#asked(() => this.#store.deleteByIds([id]));
  }

  async clear(): Promise<void> {
    throw this.#unable('deleting a whole index', 'delete its photos one by one');
  }

  async search(vector: Float32Array, k: number): Promise<Found[]> {
    if (vector.length !== WIDE)
      throw new ServiceError('bad-parameter', `vector: expected ${WIDE} numbers, got ${vector.length}`, {
        members: { parameter: 'vector' },
      });
    const { matches } = await this.#asked(() =>
      this.#store.query(vector, { topK: k, namespace: this.#name }),
    );
    return matches.map(({ id, score }) => ({ key: id.slice(this.#name.length + 1), similarity: score }));
  }

  async facts(): Promise<IndexFacts> {
    return { photos: null, bytes: null, store: 'vectorize' };
  }

  async duplicates(): Promise<{ pairs: Duplicate[]; complete: boolean }> {
    throw this.#unable('duplicates', 'search for each photo with k=2');
  }

  #id(key: string): string {
    const id = `${this.#name}/${checkKey(key)}`;
    const bytes = new TextEncoder().encode(id).length;
    if (bytes <= MAX_ID_BYTES) return id;
    throw new ServiceError(
      'bad-parameter',
      `key: expected at most ${MAX_ID_BYTES} bytes of name and key with VECTORIZE, got ${bytes}`,
      { members: { parameter: 'key' } },
    );
  }

  #unable(what: string, instead: string): ServiceError {
    return new ServiceError(
      'bad-request',
      `${what} is for indexes in the bucket, VECTORIZE has no such thing; ${instead}`,
    );
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      throw new ServiceError('index-unreachable', `index ${this.#name}: Vectorize did not answer`, { cause });
    }
  }
}
