// The results of a job as one stream: its parts in order, as they are at the moment. One part is in memory at a time.
import { isFailed } from './line.ts';
import { JOB_ID } from './parameters.ts';
import { resultsPrefix } from './part.ts';

const MAX_NAMES = 10_000;

export type Which = 'all' | 'done' | 'failed';

/** Keys of the parts, in order, a page of the listing at a time. */
async function* partKeys(bucket: R2Bucket, job: string): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({
      prefix: resultsPrefix(job),
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { key } of page.objects) yield key;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** Names of the jobs that have results, the oldest first. */
export async function jobNames(bucket: R2Bucket): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: 'results/', delimiter: '/', ...(cursor ? { cursor } : {}) });
    names.push(...page.delimitedPrefixes.map((folder) => folder.slice('results/'.length, -1)));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined && names.length < MAX_NAMES);
  return names.filter((name) => JOB_ID.test(name));
}

/** NDJSON. Errors when the bucket fails. */
export function resultsStream(bucket: R2Bucket, job: string, which: Which): ReadableStream<Uint8Array> {
  const keys = partKeys(bucket, job);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const { done, value: key } = await keys.next();
          if (done) return controller.close();
          const text = await (await bucket.get(key))?.text();
          const lines = (text ?? '').split('\n').filter((line) => line !== '');
          const wanted = lines.filter((line) => which === 'all' || isFailed(line) === (which === 'failed'));
          if (wanted.length === 0) continue;
          return controller.enqueue(encoder.encode(`${wanted.join('\n')}\n`));
        }
      },
      async cancel() {
        await keys.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
