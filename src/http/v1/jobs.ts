// /v1/jobs: many photos of the bucket PHOTOS, through the queue. A job is made, looked at, cancelled; its results are
// one stream of NDJSON. Making and cancelling needs the scope `write`.
import { type Context, Hono } from 'hono';
import { excerpt, ServiceError } from '../../errors.ts';
import { requireBound } from '../../jobs/bindings.ts';
import type { JobStatus } from '../../jobs/job.ts';
import { checkTogether, JOB_ID, JobParameters, newJobId } from '../../jobs/parameters.ts';
import { jobNames, resultsStream } from '../../jobs/results.ts';
import { unwatch, watch } from '../../jobs/watching.ts';
import { readJson, wholeBody } from '../body/body.ts';
import { type AppEnv, budgetOf } from '../context.ts';
import { maxJsonBytes } from '../limits.ts';
import { requireWrite } from '../middleware/require-write.ts';
import { operation } from '../openapi/operation.ts';
import { parseJson, query } from '../openapi/validation.ts';
import { JobAnswer, JobsAnswer, ResultsQuery } from './job-schemas.ts';
import { findModel } from './model-name.ts';
import { NoQuery } from './schemas.ts';

function jobAnswer(id: string, { created, ...status }: JobStatus) {
  return { id, ...status, created: new Date(created).toISOString() };
}

/** The job of an address. Throws ServiceError jobs-unbound, not-found. */
async function findJob(c: Context<AppEnv>) {
  const jobs = requireBound(c.env);
  const id = c.req.param('id') ?? '';
  const stub = JOB_ID.test(id) ? jobs.JOBS.getByName(id) : undefined;
  const status = await stub?.status();
  if (!stub || !status) throw new ServiceError('not-found', `there is no job ${excerpt(id)}`);
  return { id, stub, jobs, status: status as JobStatus };
}

export const jobsRoute = new Hono<AppEnv>()
  .post(
    '/v1/jobs',
    operation({
      tag: 'own',
      summary: 'Classify many photos of the bucket',
      status: 202,
      answer: JobAnswer,
      body: { json: { schema: JobParameters, example: { prefix: 'photos/', suffixes: ['.jpg'], top_k: 3 } } },
      problems: [400, 401, 403, 404, 408, 413, 429, 500, 501, 504],
      write: true,
    }),
    requireWrite,
    query(NoQuery),
    async (c) => {
      const { JOBS, RESULTS } = requireBound(c.env);
      const body = await wholeBody(c.req.raw, maxJsonBytes(c.env), budgetOf(c));
      const parameters = parseJson(JobParameters, await readJson(body));
      checkTogether(parameters);
      if (parameters.model !== undefined) await findModel(c, parameters.model);
      if (parameters.head.length > 0) await c.var.classifier.useHeads(parameters.head);
      const id = newJobId(new Date());
      if (parameters.on !== 'existing') await watch(RESULTS, id);
      const stub = JOBS.getByName(id);
      await stub.create(id, parameters);
      const status = (await stub.status()) as JobStatus;
      return c.json(jobAnswer(id, status), 202, { location: `/v1/jobs/${id}` });
    },
  )
  .get(
    '/v1/jobs',
    operation({
      tag: 'own',
      summary: 'Jobs that have results',
      answer: JobsAnswer,
      problems: [400, 401, 500, 501],
    }),
    query(NoQuery),
    async (c) => c.json({ jobs: await jobNames(requireBound(c.env).RESULTS) }),
  )
  .get(
    '/v1/jobs/:id',
    operation({
      tag: 'own',
      summary: 'How a job stands',
      answer: JobAnswer,
      problems: [400, 401, 404, 500, 501],
    }),
    query(NoQuery),
    async (c) => {
      const { id, status } = await findJob(c);
      return c.json(jobAnswer(id, status));
    },
  )
  .delete(
    '/v1/jobs/:id',
    operation({
      tag: 'own',
      summary: 'Cancel a job; its results stay',
      answer: JobAnswer,
      problems: [400, 401, 403, 404, 500, 501],
      write: true,
    }),
    requireWrite,
    query(NoQuery),
    async (c) => {
      const { id, stub, jobs } = await findJob(c);
      await stub.cancel();
      await unwatch(jobs.RESULTS, id);
      return c.json(jobAnswer(id, (await stub.status()) as JobStatus));
    },
  )
  .get(
    '/v1/jobs/:id/results',
    operation({
      tag: 'own',
      summary: 'The results of a job so far: NDJSON, a line a photo',
      ndjson: true,
      problems: [400, 401, 404, 500, 501],
    }),
    query(ResultsQuery),
    async (c) => {
      const { id, jobs, status } = await findJob(c);
      const { only = 'all' } = c.req.valid('query');
      return c.body(resultsStream(jobs.RESULTS, id, only), 200, {
        'content-type': 'application/x-ndjson',
        // Else the whole stream would be read for a tag of its content.
        etag: `W/"${id}-${status.done}-${status.failed}"`,
      });
    },
  );
