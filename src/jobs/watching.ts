// Which jobs want to hear of new objects: one empty object each in the bucket of results, `watching/JOB`, so that every
// consumer finds them by one listing, which is never stale.
import { JOB_ID } from './parameters.ts';
import { persistently } from './part.ts';

const PREFIX = 'watching/';

export async function watch(bucket: R2Bucket, job: string): Promise<void> {
  await persistently(() => bucket.put(`${PREFIX}${job}`, ''));
}

export async function unwatch(bucket: R2Bucket, job: string): Promise<void> {
  await persistently(() => bucket.delete(`${PREFIX}${job}`));
}

/** Names of the jobs; a thousand at most. Rejects when the bucket cannot be listed. */
export async function watchingJobs(bucket: R2Bucket): Promise<string[]> {
  const { objects } = await persistently(() => bucket.list({ prefix: PREFIX }));
  return objects.map(({ key }) => key.slice(PREFIX.length)).filter((job) => JOB_ID.test(job));
}
