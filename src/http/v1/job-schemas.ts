// Schemas of the routes of jobs.
import * as v from 'valibot';
import { JOB_ID, JobParameters } from '../../jobs/parameters.ts';

export const ResultsQuery = v.strictObject({
  only: v.optional(
    v.pipe(
      v.picklist(['done', 'failed'], 'done or failed'),
      v.description('Lines with a result, or lines with a problem; without it, all.'),
    ),
  ),
});

export const JobAnswer = v.object({
  id: v.pipe(v.string(), v.regex(JOB_ID)),
  state: v.pipe(
    v.picklist(['listing', 'running', 'watching', 'finished', 'cancelled']),
    v.description('watching: all photos are answered, and new ones are awaited.'),
  ),
  created: v.pipe(v.string(), v.description('RFC 3339.')),
  listed: v.pipe(v.number(), v.description('Photos that were found or announced so far.')),
  queued: v.pipe(v.number(), v.description('Photos that are not answered yet.')),
  done: v.pipe(v.number(), v.description('Photos with a result.')),
  failed: v.pipe(v.number(), v.description('Photos with a problem; their lines say which.')),
  rate: v.pipe(v.number(), v.description('Photos a second, of the last minute or of a finished job.')),
  eta: v.pipe(v.nullable(v.number()), v.description('Seconds to the end; null: not known.')),
  problem: v.pipe(
    v.nullable(v.string()),
    v.description('What keeps it from listing or sending; it goes on trying.'),
  ),
  parameters: v.object(JobParameters.entries),
});

export const JobsAnswer = v.object({
  jobs: v.pipe(v.array(v.string()), v.description('Jobs with results, the oldest first.')),
});
