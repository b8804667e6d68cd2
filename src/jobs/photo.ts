// A photo of a job, out of the bucket PHOTOS: its bytes, and the etag that its result is known by.
import { excerpt, ServiceError } from '../errors.ts';
import type { Upload } from '../isolate/upload.ts';
import { remoteUpload } from '../photos/remote-source.ts';
import type { PhotoName } from './message.ts';

/** Until the bucket answers, and until the last byte: in between others may have their turns. */
const OPEN_MS = 10_000;
const READ_MS = 60_000;

export interface OpenedPhoto {
  upload: Upload;
  etag: string;
  bytes: number;
}

/** Rejects when the promise takes longer. */
function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * @param limit bytes of a photo
 * Throws ServiceError photo-missing, photo-replaced, photo-unreachable; the upload's reads: too-many-bytes,
 * photo-unreachable.
 */
export async function openPhoto(
  bucket: R2Bucket,
  { key, etag }: PhotoName,
  limit: number,
): Promise<OpenedPhoto> {
  const object = await within(OPEN_MS, bucket.get(key)).catch((cause: unknown) => {
    throw new ServiceError('photo-unreachable', `the bucket did not give ${excerpt(key)}`, { cause });
  });
  if (!object)
    throw new ServiceError('photo-missing', `expected an object ${excerpt(key)} in the bucket, found none`);
  if (etag !== undefined && object.etag !== etag) {
    await object.body.cancel();
    throw new ServiceError(
      'photo-replaced',
      `${excerpt(key)}: expected etag ${excerpt(etag)}, found ${object.etag}; the new photo is announced by itself`,
    );
  }
  const upload = remoteUpload(async () => ({ stream: object.body, bytes: object.size }), {
    limit,
    what: 'photo',
    maxMs: READ_MS,
  });
  return { upload, etag: object.etag, bytes: object.size };
}
