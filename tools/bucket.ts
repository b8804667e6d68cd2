// The bucket that the Worker reads its model from, as `wrangler dev` simulates it (.wrangler/state). An object that is
// there already, byte for byte, is not stored again; a damaged one is replaced; another model's stays. The account's
// bucket is filled by deploy/steps.ts.
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { R2Bucket, R2UploadedPart } from '@cloudflare/workers-types';
import { getPlatformProxy } from 'wrangler';
import { OperatorError } from '../weights/operator-error.ts';
import { isSameModel } from '../weights/packed/conflict.ts';
import type { PackedFile } from '../weights/packed/file.ts';
import { readConfig } from './config.ts';
import { requireFreeSpace } from './free-space.ts';

/** Bytes stored of all bytes. */
export type UploadProgress = (done: number, total: number) => void;

/** R2 wants parts of at least 5 MiB, all of one size but the last. */
const PART_BYTES = 8 << 20;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const STATE = path.join(root, '.wrangler', 'state', 'v3');

export interface OpenBucket {
  bucket: R2Bucket;
  close(): Promise<void>;
}

/**
 * A bucket of `wrangler dev`, or the account's, by itself: with the Worker of wrangler.toml, wrangler would warn that its
 * Durable Objects do not work here. @param statePath of the local buckets
 */
export async function openBucket(name: string, remote = false, statePath = STATE): Promise<OpenBucket> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bucket-'));
  const config = path.join(folder, 'wrangler.json');
  const binding = { binding: 'BUCKET', bucket_name: name, ...(remote ? { remote } : {}) };
  await writeFile(
    config,
    JSON.stringify({ name: 'bucket', compatibility_date: '2026-10-20', r2_buckets: [binding] }),
  );
  const proxy = await getPlatformProxy<{ BUCKET: R2Bucket }>({
    configPath: config,
    persist: { path: statePath },
    envFiles: [],
  });
  return {
    bucket: proxy.env.BUCKET,
    async close() {
      await proxy.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Gives the local bucket of models to `use` and lets the simulator go afterwards. */
export async function withLocalBucket<T>(
  use: (bucket: R2Bucket) => Promise<T>,
  statePath = STATE,
): Promise<T> {
  const { bucket, close } = await openBucket((await readConfig()).bucketName, false, statePath);
  try {
    return await use(bucket);
  } finally {
    await close();
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
