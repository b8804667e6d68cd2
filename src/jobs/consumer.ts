// The consumer of the queue: photos of jobs become parts of results; announcements of objects go to the jobs that watch.
// A message is acknowledged when each of its photos has a line. What the platform failed at is tried again later, the
// rest of the message is not done again (part.ts); after MAX_ATTEMPTS the photo's line is its last error. What even
// that did not end comes back through the dead letter queue, and gets its line there.
//
// It may stop at any await and be started again with the same messages: parts are found as they are, reports of the
// same part count once.
import { ServiceError } from '../errors.ts';
import { type BoundJobs, type JobBindings, requireBound } from './bindings.ts';
import { classifyGroup, GROUP_PHOTOS, type Machinery } from './group.ts';
import type { Assignment } from './job.ts';
import { problemLine } from './line.ts';
import { type Announced, type PhotoName, readMessage, type WorkMessage } from './message.ts';
import { Part, partKey } from './part.ts';
import { watchingJobs } from './watching.ts';

/** The queue's `max_retries` must be more than this. */
export const MAX_ATTEMPTS = 6;
/** Work of one batch, ms of one core as estimated from sizes: consumers may have 5 minutes. */
const MAX_BATCH_WORK_MS = 120_000;
const MAX_RETRY_SECONDS = 12 * 3_600;
/** How the name of a dead letter queue ends. */
const DEAD = '-dead';

interface Batch {
  jobs: BoundJobs;
  machinery: Machinery;
  dead: boolean;
  workMs: number;
  /** By the job's name; undefined: there is no such job. */
  assignments: Map<string, Assignment | undefined>;
}

/** What RETRY_SECONDS says. Throws ServiceError internal when it is no number. */
export function firstPause({ RETRY_SECONDS = '10' }: JobBindings): number {
  if (/^\d{1,4}$/.test(RETRY_SECONDS)) return Number(RETRY_SECONDS);
  throw new ServiceError(
    'internal',
    `variable RETRY_SECONDS: expected a whole number up to 9999, found "${RETRY_SECONDS}"`,
  );
}

/** Each pause is four times as long as the one before. */
function pauseSeconds(first: number, attempts: number): number {
  return Math.min(first * 4 ** (attempts - 1), MAX_RETRY_SECONDS);
}

function log(message: string, facts: object): void {
  console.log(JSON.stringify({ message, ...facts }));
}

type Ended = 'answered' | 'failed' | 'unfinished';

/**
 * Writes the lines of the photos that have none. If one photo ends the consumer each time, the others get their lines
 * all the same: from the second try on they are written at once, from the third on each photo goes alone, and every
 * other try begins at the end.
 */
async function work(batch: Batch, message: WorkMessage, attempts: number): Promise<Ended> {
  const { jobs, dead, machinery } = batch;
  const { job, part: number, photos } = message;
  const stub = jobs.JOBS.getByName(job);
  if (!batch.assignments.has(job)) batch.assignments.set(job, await stub.assignment());
  const assignment = batch.assignments.get(job);
  if (!assignment || assignment.cancelled) return 'answered';

  const started = Date.now();
  const part = await Part.open(jobs.RESULTS, partKey(job, number), photos);
  const missing = part.missing;
  const errors = new Map<PhotoName, ServiceError>();
  if (dead) {
    const error = new ServiceError('not-classified', 'the consumer ended at each try before it had a result');
    for (const photo of missing) part.add(photo, problemLine(photo, error));
  } else {
    const together = attempts > 2 ? 1 : GROUP_PHOTOS;
    if (attempts % 2 === 0) missing.reverse();
    for (let at = 0; at < missing.length && batch.workMs < MAX_BATCH_WORK_MS; at += together) {
      const some = missing.slice(at, at + together);
      const { outcomes, workMs } = await classifyGroup(some, assignment.parameters, jobs.PHOTOS, machinery);
      batch.workMs += workMs;
      for (const [photo, outcome] of outcomes) {
        if ('line' in outcome) part.add(photo, outcome.line);
        else errors.set(photo, outcome.error);
      }
      if (attempts > 1) await part.save();
    }
  }
  if (attempts >= MAX_ATTEMPTS)
    for (const [photo, error] of errors) part.add(photo, problemLine(photo, error));
  await part.save();
  await stub.report([{ part: number, ...part.counts }]);
  const left = part.missing.length;
  const [error] = errors.values();
  log('part', {
    job,
    part: number,
    attempts,
    ...part.counts,
    left,
    total_ms: Date.now() - started,
    ...(error ? { error: String(error.cause ?? error).slice(0, 200) } : {}),
  });
  if (left === 0) return 'answered';
  return error ? 'failed' : 'unfinished';
}

async function announce({ jobs }: Batch, objects: readonly Announced[]): Promise<void> {
  const watching = await watchingJobs(jobs.RESULTS);
  if (watching.length === 0) log('announced objects that no job watches', { objects: objects.length });
  for (const job of watching) await jobs.JOBS.getByName(job).hear(objects);
}

/**
 * Handles one batch. Rejects only where jobs are not bound; then all of it is tried again.
 * @param machinery of this invocation
 */
export async function consume(
  messages: MessageBatch<unknown>,
  env: JobBindings,
  machinery: Machinery,
): Promise<void> {
  const batch: Batch = {
    jobs: requireBound(env),
    machinery,
    dead: messages.queue.endsWith(DEAD),
    workMs: 0,
    assignments: new Map(),
  };
  const pause = firstPause(env);
  const again = (message: Message<unknown>, error?: unknown) => {
    if (error !== undefined)
      console.error(JSON.stringify({ message: 'part failed', error: String(error).slice(0, 200) }));
    message.retry({ delaySeconds: pauseSeconds(pause, message.attempts) });
  };

  const announced: { message: Message<unknown>; object: Announced }[] = [];
  const inOrder = [...messages.messages];
  // Here too: what stands behind a message that ends the consumer has its turn at the next try.
  if (inOrder.some(({ attempts }) => attempts % 2 === 0)) inOrder.reverse();
  for (const message of inOrder) {
    const read = readMessage(message.body);
    if (read.kind === 'created') announced.push({ message, object: read.object });
    else if (read.kind === 'ignored') {
      log('message ignored', { why: read.why });
      message.ack();
    } else
      try {
        const full = batch.workMs >= MAX_BATCH_WORK_MS;
        const ended = full ? 'unfinished' : await work(batch, read.work, message.attempts);
        if (ended === 'failed') again(message);
        else {
          // What there was no time for is sent anew: it has not failed, and its tries are not to be used up.
          if (ended === 'unfinished') await batch.jobs.QUEUE.send(read.work, { contentType: 'json' });
          message.ack();
        }
      } catch (error) {
        again(message, error);
      }
  }
  if (announced.length === 0) return;
  try {
    await announce(
      batch,
      announced.map(({ object }) => object),
    );
    for (const { message } of announced) message.ack();
  } catch (error) {
    for (const { message } of announced) again(message, error);
  }
}
