// The bucket of heads as the command line uses it: the local one through the simulator, the account's through
// wrangler's command line, which cannot list objects.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OperatorError } from '../../weights/operator-error.ts';
import { withLocalBucket } from '../bucket.ts';
import { readConfig } from '../config.ts';
import { wrangler } from '../deploy/wrangler.ts';

export interface HeadBucket {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  /** Keys that begin with `prefix`. Throws OperatorError where the bucket cannot be listed. */
  keys(prefix: string): Promise<string[]>;
}

function remoteBucket(bucket: string, folder: string): HeadBucket {
  const file = path.join(folder, 'object');
  const run = async (command: string, key: string, ...rest: string[]) =>
    wrangler.run('r2', 'object', command, `${bucket}/${key}`, '--remote', ...rest);
  const succeed = ({ status, output }: { status: number; output: string }, what: string) => {
    if (status !== 0) throw new OperatorError(`${what}: ${output.trim().split('\n').at(-1) ?? ''}`);
  };
  return {
    async get(key) {
      const found = await run('get', key, '--file', file);
      if (found.status === 0) return new Uint8Array(await readFile(file));
      if (/does not exist|not found/i.test(found.output)) return undefined;
      succeed(found, `reading ${key}`);
      return undefined;
    },
    async put(key, bytes) {
      await writeFile(file, bytes);
      succeed(await run('put', key, '--file', file), `storing ${key}`);
    },
    async remove(key) {
      succeed(await run('delete', key), `deleting ${key}`);
    },
    async keys() {
      throw new OperatorError("wrangler cannot list the account's bucket: ask the Worker: GET /v1/models");
    },
  };
}

export async function withHeadBucket<T>(
  remote: boolean,
  use: (bucket: HeadBucket) => Promise<T>,
): Promise<T> {
  if (remote) {
    const folder = await mkdtemp(path.join(tmpdir(), 'heads-'));
    try {
      return await use(remoteBucket((await readConfig()).bucketName, folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return withLocalBucket((bucket) =>
    use({
      async get(key) {
        const object = await bucket.get(key);
        return object ? new Uint8Array(await object.arrayBuffer()) : undefined;
      },
      async put(key, bytes) {
        await bucket.put(key, bytes);
      },
      remove: (key) => bucket.delete(key),
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
    }),
  );
}
