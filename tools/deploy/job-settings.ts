// What wrangler.toml says of jobs, checked: all of their tables or none, and that they fit together.
import type { Unstable_Config } from 'wrangler';
import { MAX_ATTEMPTS } from '../../src/jobs/consumer.ts';
import { OperatorError } from '../../weights/operator-error.ts';

export interface JobSettings {
  queue: string;
  deadLetters: string;
  /** Name of the bucket of photos. */
  photos: string;
  /** Name of the bucket of results. */
  results: string;
}

function wrong(what: string, expected: string, found: unknown): OperatorError {
  return new OperatorError(`wrangler.toml: ${what}: expected ${expected}, found ${found}`);
}

/** Undefined where there are no jobs. Throws OperatorError with what is wrong and what was expected. */
export function jobSettings(
  config: Pick<Unstable_Config, 'r2_buckets' | 'queues' | 'durable_objects' | 'migrations'>,
): JobSettings | undefined {
  const bucket = (name: string) => config.r2_buckets.find(({ binding }) => binding === name)?.bucket_name;
  const photos = bucket('PHOTOS');
  const results = bucket('RESULTS');
  const queue = config.queues.producers?.find(({ binding }) => binding === 'QUEUE')?.queue;
  const object = config.durable_objects.bindings.find(({ name }) => name === 'JOBS');
  if (results === undefined && queue === undefined && object === undefined) return undefined;
  if (photos === undefined || results === undefined || queue === undefined || object === undefined)
    throw wrong(
      'jobs',
      'PHOTOS and RESULTS ([[r2_buckets]]), QUEUE ([[queues.producers]]) and JOBS ([[durable_objects.bindings]])',
      'only some of them',
    );
  if (object.class_name !== 'Job') throw wrong('JOBS', 'class_name = "Job"', object.class_name);
  if (!config.migrations.some(({ new_sqlite_classes }) => new_sqlite_classes?.includes('Job')))
    throw wrong('migrations', 'one with new_sqlite_classes = ["Job"]', 'none');
  const consumer = config.queues.consumers?.find((entry) => entry.queue === queue);
  if (!consumer) throw wrong('queues.consumers', `one of queue = "${queue}"`, 'none');
  const deadLetters = consumer.dead_letter_queue;
  if (deadLetters !== `${queue}-dead`)
    throw wrong('queues.consumers', `dead_letter_queue = "${queue}-dead"`, deadLetters ?? 'none');
  const retries = consumer.max_retries ?? 3;
  if (retries <= MAX_ATTEMPTS) throw wrong('queues.consumers', `max_retries over ${MAX_ATTEMPTS}`, retries);
  if (!config.queues.consumers?.some((entry) => entry.queue === deadLetters))
    throw wrong('queues.consumers', `one of queue = "${deadLetters}"`, 'none');
  return { queue, deadLetters, photos, results };
}
