// Small objects of the model bucket, read whole: heads and what names them.
import { ServiceError } from '../errors.ts';

/** The bucket as those who read heads see it; bound to one request. */
export interface Objects {
  /** Undefined where there is none. Rejects as the bucket does, and for more than `limitBytes`. */
  get(key: string, limitBytes: number): Promise<Uint8Array | undefined>;
  /** Names of the folders below `prefix`, which ends in a slash. */
  folders(prefix: string): Promise<string[]>;
}

/** Folders that are listed at most: ten pages of the bucket. */
const MAX_PAGES = 10;

export function objectsOf(bucket: R2Bucket | undefined): Objects {
  return {
    async get(key, limitBytes) {
      const object = await bucket?.get(key);
      if (!object) return undefined;
      if (object.size > limitBytes) {
        await object.body.cancel();
        throw new RangeError(`${key}: expected at most ${limitBytes} bytes, found ${object.size}`);
      }
      return new Uint8Array(await new Response(object.body).arrayBuffer());
    },
    async folders(prefix) {
      const names: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MAX_PAGES && bucket; page++) {
        const found = await bucket.list({ prefix, delimiter: '/', ...(cursor ? { cursor } : {}) });
        names.push(...found.delimitedPrefixes.map((folder) => folder.slice(prefix.length, -1)));
        if (!found.truncated) break;
        cursor = found.cursor;
      }
      return names;
    },
  };
}

/** The bucket as those who publish see it. */
export interface StoredObjects extends Objects {
  /** Tried again after a pause: the bucket takes about one write a second to the same key. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  remove(keys: string[]): Promise<void>;
  /** Keys below `prefix`. */
  keys(prefix: string): Promise<string[]>;
}

const PUT_TRIES = 3;
const PUT_PAUSE_MS = 1_100;

/** Rejects as the bucket does. Throws ServiceError model-bucket-missing. */
export function storedObjects(bucket: R2Bucket | undefined): StoredObjects {
  if (!bucket)
    throw new ServiceError('model-bucket-missing', 'expected the bucket MODELS (wrangler.toml), found none');
  return {
    ...objectsOf(bucket),
    async put(key, bytes) {
      for (let left = PUT_TRIES; ; left--)
        try {
          await bucket.put(key, bytes);
          return;
        } catch (error) {
          if (left === 1) throw error;
          await new Promise((resolve) => setTimeout(resolve, PUT_PAUSE_MS));
        }
    },
    async remove(keys) {
      if (keys.length > 0) await bucket.delete(keys);
    },
    async keys(prefix) {
      const keys: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await bucket.list({ prefix, ...(cursor ? { cursor } : {}) });
        keys.push(...page.objects.map(({ key }) => key));
        cursor = page.truncated ? page.cursor : undefined;
      } while (cursor);
      return keys;
    },
  };
}
