// The bucket of heads as the command line uses it: the local one through the simulator, the account's through
// wrangler's command line, which cannot list objects: of a head's, those that its pointer names.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readPointer } from '../../src/heads/publish.ts';
import { HEADS_PREFIX, pointerKey, versionKey } from '../../src/heads/published.ts';
import { type StoredObjects, storedObjects } from '../../src/model/objects.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { withLocalBucket } from '../bucket.ts';
import { readConfig } from '../config.ts';
import { wrangler } from '../deploy/wrangler.ts';

export type HeadObjects = Pick<StoredObjects, 'get' | 'put' | 'remove' | 'keys'>;

function remoteObjects(bucket: string, folder: string): HeadObjects {
  const file = path.join(folder, 'object');
  const run = async (command: string, key: string, ...rest: string[]) =>
    wrangler.run('r2', 'object', command, `${bucket}/${key}`, '--remote', ...rest);
  const succeed = ({ status, output }: { status: number; output: string }, what: string) => {
    if (status !== 0) throw new OperatorError(`${what}: ${output.trim().split('\n').at(-1) ?? ''}`);
  };
  const objects: HeadObjects = {
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
    async remove(keys) {
      for (const key of keys) succeed(await run('delete', key), `deleting ${key}`);
    },
    async keys(prefix) {
      const name = prefix.slice(HEADS_PREFIX.length, -1);
      if (name === '')
        throw new OperatorError("wrangler cannot list the account's bucket: ask the Worker: GET /v1/models");
      const pointer = await readPointer(objects, name);
      return pointer ? [pointerKey(name), ...pointer.versions.map((each) => versionKey(name, each))] : [];
    },
  };
  return objects;
}

export async function withHeadBucket<T>(
  remote: boolean,
  use: (objects: HeadObjects) => Promise<T>,
): Promise<T> {
  if (remote) {
    const folder = await mkdtemp(path.join(tmpdir(), 'heads-'));
    try {
      return await use(remoteObjects((await readConfig()).bucketName, folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return withLocalBucket((bucket) => use(storedObjects(bucket)));
}
