// The bucket that the Worker reads its model from: R2 as `wrangler dev` simulates it (.wrangler/state), or the real
// one through wrangler's own command. An object carries the SHA-256 of its data section as custom metadata; an object
// with the same key and the same checksum is not uploaded again.
import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { R2Bucket, R2UploadedPart } from '@cloudflare/workers-types';
import { getPlatformProxy } from 'wrangler';
import { ImportError } from './float-model.ts';
import type { PackedFile } from './packed-file.ts';

/** Bytes stored of all bytes. */
export type UploadProgress = (done: number, total: number) => void;

/** R2 wants parts of at least 5 MiB, all of one size but the last. */
const PART_BYTES = 8 << 20;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Gives the local bucket to `use` and lets the simulator go afterwards. */
export async function withLocalBucket<T>(
  use: (bucket: R2Bucket) => Promise<T>,
  persistPath = path.join(root, '.wrangler', 'state', 'v3'),
): Promise<T> {
  const proxy = await getPlatformProxy<{ MODELS: R2Bucket }>({
    configPath: path.join(root, 'wrangler.toml'),
    persist: { path: persistPath },
    envFiles: [],
  });
  try {
    return await use(proxy.env.MODELS);
  } finally {
    await proxy.dispose();
  }
}

/** The checksum that the object of this key carries; undefined when there is none. */
export async function storedChecksum(bucket: R2Bucket, key: string): Promise<string | undefined> {
  return (await bucket.head(key))?.customMetadata?.sha256;
}

/** Stores the file under its key, part by part. False when it is there already. */
export async function putLocal(
  bucket: R2Bucket,
  { path: file, key, bytes, info }: PackedFile,
  progress?: UploadProgress,
): Promise<boolean> {
  if ((await storedChecksum(bucket, key)) === info.sha256) return false;
  const upload = await bucket.createMultipartUpload(key, {
    customMetadata: { sha256: info.sha256 },
    httpMetadata: { contentType: 'application/octet-stream' },
  });
  const handle = await open(file);
  try {
    const parts: R2UploadedPart[] = [];
    for (let position = 0; position < bytes; position += PART_BYTES) {
      const part = new Uint8Array(Math.min(PART_BYTES, bytes - position));
      const { bytesRead } = await handle.read(part, 0, part.length, position);
      if (bytesRead !== part.length)
        throw new ImportError(`${file}: expected ${bytes} bytes, found ${position + bytesRead}`);
      parts.push(await upload.uploadPart(parts.length + 1, part));
      progress?.(position + part.length, bytes);
    }
    await upload.complete(parts);
    return true;
  } catch (error) {
    await upload.abort();
    throw error;
  } finally {
    await handle.close();
  }
}

/** Arguments of Node that run wrangler's command line. */
export function wranglerArguments(...rest: string[]): string[] {
  return [path.join(root, 'node_modules/wrangler/bin/wrangler.js'), ...rest];
}

/** Stores the file in the account's bucket through `wrangler r2 object put`. Throws ImportError when it fails. */
export async function putRemote({ path: file, key }: PackedFile, bucketName: string): Promise<void> {
  const child = spawn(
    process.execPath,
    wranglerArguments('r2', 'object', 'put', `${bucketName}/${key}`, '--file', file, '--remote'),
    { stdio: 'inherit', cwd: root },
  );
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new ImportError(`wrangler r2 object put: expected exit status 0, found ${code}`);
}
