// What jobs need of wrangler.toml; without one of them there are no jobs (docs/OPERATIONS.md, "Whole buckets").
import { ServiceError } from '../errors.ts';
import type { Job } from './job.ts';
import type { WorkMessage } from './message.ts';

export interface JobBindings {
  /** The bucket of photos. */
  PHOTOS?: R2Bucket;
  /** The bucket that results are written to; may be that of the photos. */
  RESULTS?: R2Bucket;
  /** One object a job. */
  JOBS?: DurableObjectNamespace<Job>;
  /** What consumers take their work from. */
  QUEUE?: Queue<WorkMessage>;
  /** Seconds until what the platform failed at is tried again; four times as long at each further try. */
  RETRY_SECONDS?: string;
}

export type BoundJobs = Required<Pick<JobBindings, 'PHOTOS' | 'RESULTS' | 'JOBS' | 'QUEUE'>>;

const TABLES = {
  PHOTOS: '[[r2_buckets]]',
  RESULTS: '[[r2_buckets]]',
  JOBS: '[[durable_objects.bindings]] and [[migrations]]',
  QUEUE: '[[queues.producers]] and [[queues.consumers]]',
} as const;

/** Throws ServiceError jobs-unbound, which names the tables that are missing. */
export function requireBound({ PHOTOS, RESULTS, JOBS, QUEUE }: JobBindings): BoundJobs {
  if (PHOTOS && RESULTS && JOBS && QUEUE) return { PHOTOS, RESULTS, JOBS, QUEUE };
  const bound = { PHOTOS, RESULTS, JOBS, QUEUE };
  const missing = (Object.keys(TABLES) as (keyof typeof TABLES)[]).filter((name) => !bound[name]);
  throw new ServiceError(
    'jobs-unbound',
    `there are no jobs here: bind ${missing.map((name) => `${name} (${TABLES[name]})`).join(', ')} in wrangler.toml; ` +
      'a self-hosted Worker has no queue: npm run bulk classifies a folder',
  );
}
