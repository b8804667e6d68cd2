// Small objects of the model bucket, read whole: heads and what names them.

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
