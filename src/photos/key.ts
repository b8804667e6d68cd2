// A photo of the bucket PHOTOS, by its key. A client that may classify may have every object there classified.
import { badParameter } from '../errors.ts';
import type { Upload } from '../isolate/upload.ts';
import { type RemoteOptions, remoteUpload } from './remote-source.ts';

/** R2's own limit, bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/**
 * The object's bytes.
 * Throws ServiceError bad-parameter; the upload's reads throw it for an object that is not there, and what remoteUpload
 * says.
 */
export function keyUpload(bucket: R2Bucket | undefined, key: string, options: RemoteOptions): Upload {
  const { what } = options;
  if (!bucket)
    throw badParameter(
      what,
      'no key: there is no bucket here; bind one as PHOTOS ([[r2_buckets]] in wrangler.toml)',
    );
  const bytes = new TextEncoder().encode(key).byteLength;
  if (bytes === 0 || bytes > MAX_KEY_BYTES)
    throw badParameter(what, `a key of 1 to ${MAX_KEY_BYTES} bytes`, { got: `${bytes} bytes` });
  return remoteUpload(async () => {
    const object = await bucket.get(key);
    if (!object) throw badParameter(what, 'the key of an object in the bucket PHOTOS', { got: key });
    return { stream: object.body, bytes: object.size };
  }, options);
}
