// The model bucket of a self-hosted Worker: the files of one folder, behind the part of R2's interface that the loader
// uses. workerd's disk service knows no ranges, so a read that goes on in the middle skips what comes before.

/** Reads and forgets `bytes` of a byte stream. */
async function skip(body, bytes) {
  const reader = body.getReader({ mode: 'byob' });
  for (let left = bytes; left > 0; ) {
    const { value, done } = await reader.read(new Uint8Array(Math.min(left, 1 << 20)));
    if (done) break;
    left -= value.byteLength;
  }
  reader.releaseLock();
}

class BucketOnDisk {
  #disk;

  constructor(disk) {
    this.#disk = disk;
  }

  async get(key, { range, onlyIf } = {}) {
    const address = key.split('/').map(encodeURIComponent).join('/');
    const response = await this.#disk.fetch(`http://disk/${address}`);
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`reading ${key}: expected status 200, found ${response.status}`);
    const size = Number(response.headers.get('content-length'));
    const etag = `${size}-${response.headers.get('last-modified')}`;
    const wanted = onlyIf?.etagMatches ?? etag;
    if (wanted !== etag || onlyIf?.etagDoesNotMatch === etag) {
      await response.body.cancel();
      return { etag };
    }
    if (!range) return { etag, size, body: response.body };
    await skip(response.body, range.offset);
    // A body that has been read from cannot become an answer's.
    return { etag, size, body: response.body.pipeThrough(new IdentityTransformStream()) };
  }

  /** The folders below `prefix`: the disk service answers a folder's address with its entries. */
  async list({ prefix }) {
    const response = await this.#disk.fetch(`http://disk/${prefix}`);
    const entries = response.ok ? await response.json() : [];
    const folders = entries.filter(({ type }) => type === 'directory');
    return { delimitedPrefixes: folders.map(({ name }) => `${prefix}${name}/`), truncated: false };
  }
}

export default ({ disk }) => new BucketOnDisk(disk);
