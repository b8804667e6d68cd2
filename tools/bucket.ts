// The bucket that the Worker reads its model from, as `wrangler dev` simulates it (.wrangler/state). An object that is
// there already, byte for byte, is not stored again; a damaged one is replaced; another model's stays. The account's
// bucket is filled by deploy/steps.ts.
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { R2Bucket, R2UploadedPart } from '@cloudflare/workers-types';
import { getPlatformProxy } from 'wrangler';
import { OperatorError } from '../weights/operator-error.ts';
import { isSameModel } from '../weights/packed/conflict.ts';
import type { PackedFile } from '../weights/packed/file.ts';
import { requireFreeSpace } from './free-space.ts';

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

/** Stores the file under its key, part by part. False when it is there already. Throws OperatorError as isSameModel. */
export async function putLocal(
  bucket: R2Bucket,
  packed: PackedFile,
  progress?: UploadProgress,
): Promise<boolean> {
  const { path: file, key, bytes } = packed;
  const stored = await bucket.get(key);
  if (stored) {
    const content = new Uint8Array(await stored.arrayBuffer());
    if (isSameModel(packed, content) && (await readFile(file)).equals(content)) return false;
  }
  // Its parts, and the whole that is made of them.
  await requireFreeSpace(path.join(root, '.wrangler'), 2 * bytes);
  const upload = await bucket.createMultipartUpload(key, {
    httpMetadata: { contentType: 'application/octet-stream' },
  });
  const handle = await open(file);
  try {
    const parts: R2UploadedPart[] = [];
    for (let position = 0; position < bytes; position += PART_BYTES) {
      const part = new Uint8Array(Math.min(PART_BYTES, bytes - position));
      const { bytesRead } = await handle.read(part, 0, part.length, position);
      if (bytesRead !== part.length)
        throw new OperatorError(`${file}: expected ${bytes} bytes, found ${position + bytesRead}`);
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
