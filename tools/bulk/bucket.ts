// The photos of a bucket: the local one of `wrangler dev`, or the account's, through wrangler's remote bindings (which
// ask for a login). Its name is that of the binding PHOTOS in wrangler.toml, unless another one is given.
import { unstable_readConfig } from 'wrangler';
import { OperatorError } from '../../weights/operator-error.ts';
import { openBucket } from '../bucket.ts';
import { CONFIG_PATH } from '../config.ts';
import { isPhoto, type Photos } from './photos.ts';

/** Throws OperatorError where wrangler.toml has no such binding. */
function boundBucket(): string {
  for (const env of ['production', undefined]) {
    const { r2_buckets, definedEnvironments = [] } = unstable_readConfig(
      { config: CONFIG_PATH },
      { hideWarnings: true },
    );
    if (env !== undefined && !definedEnvironments.includes(env)) continue;
    const buckets =
      env === undefined
        ? r2_buckets
        : unstable_readConfig({ config: CONFIG_PATH, env }, { hideWarnings: true }).r2_buckets;
    const found = buckets.find(({ binding }: { binding?: string }) => binding === 'PHOTOS')?.bucket_name;
    if (found !== undefined) return found;
  }
  throw new OperatorError(
    'wrangler.toml: expected [[r2_buckets]] with binding = "PHOTOS", found none; or name the bucket: --name',
  );
}

/** Throws OperatorError where there are no photos. @param statePath of the local buckets */
export async function bucketPhotos(
  where: 'local' | 'remote',
  prefix: string,
  name = boundBucket(),
  statePath?: string,
): Promise<Photos> {
  const { bucket, close } = await openBucket(name, where === 'remote', statePath);
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
    keys.push(...page.objects.map(({ key }) => key));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  const names = keys.filter(isPhoto).sort();
  if (names.length === 0) {
    await close();
    throw new OperatorError(`${where} bucket ${name}: expected photos below "${prefix}", found none`);
  }
  return {
    names,
    others: keys.length - names.length,
    file: () => undefined,
    async read(key) {
      const object = await bucket.get(key);
      if (!object) throw new Error('the object is gone');
      return new Uint8Array(await object.arrayBuffer());
    },
    close,
  };
}
