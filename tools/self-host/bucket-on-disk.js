// The model bucket of a self-hosted Worker: the files of one folder, behind the part of R2's interface that the Worker
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

function address(key) {
  return `http://disk/${key.split('/').map(encodeURIComponent).join('/')}`;
}

class BucketOnDisk {
  #disk;

  constructor(disk) {
    this.#disk = disk;
  }

  async get(key, { range, onlyIf } = {}) {
    const response = await this.#disk.fetch(address(key));
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

  async put(key, bytes) {
    const response = await this.#disk.fetch(address(key), { method: 'PUT', body: bytes });
    if (!response.ok) throw new Error(`storing ${key}: expected status 204, found ${response.status}`);
  }

  /** @param keys one or many; those that are not there are deleted already */
  async delete(keys) {
    for (const key of [keys].flat()) {
      const response = await this.#disk.fetch(address(key), { method: 'DELETE' });
      if (!response.ok && response.status !== 404)
        throw new Error(`deleting ${key}: expected status 204, found ${response.status}`);
    }
  }

  /** The files below `prefix`, or, with a delimiter, the folders that have some. `prefix` ends in a slash. */
  async list({ prefix, delimiter }) {
    const entries = await this.#entries(prefix);
    const folders = entries.filter(({ type }) => type === 'directory').map(({ name }) => `${prefix}${name}/`);
    const objects = entries.filter(({ type }) => type === 'file').map(({ name }) => ({ key: prefix + name }));
    const below = await Promise.all(folders.map((folder) => this.#entries(folder)));
    return {
      objects: delimiter
        ? objects
        : [...objects, ...below.flatMap((files, i) => files.map(({ name }) => ({ key: folders[i] + name })))],
      // What was deleted leaves its folder.
      delimitedPrefixes: folders.filter((_, i) => below[i].length > 0),
      truncated: false,
    };
  }

  /** The disk service answers a folder's address with its entries. */
  async #entries(prefix) {
    const response = await this.#disk.fetch(`http://disk/${prefix}`);
    if (response.ok) return response.json();
    await response.body?.cancel();
    return [];
  }
}

export default ({ disk }) => new BucketOnDisk(disk);
