// The account's queues, and the rule that announces new objects of a bucket to one of them.
import { OperatorError } from '../../weights/operator-error.ts';
import type { JobSettings } from './job-settings.ts';
import type { Deployment } from './steps.ts';
import { expectSuccess } from './wrangler.ts';

type Account = Pick<Deployment, 'wrangler' | 'print'>;

/** Creates the queue if it is missing. Throws OperatorError. */
export async function provideQueue({ wrangler, print }: Account, queue: string): Promise<void> {
  const found = await wrangler.run('queues', 'info', queue);
  if (found.status === 0) return print(`   queue ${queue} is there`);
  if (!/does not exist|not found/i.test(found.output)) expectSuccess('queues info', found);
  expectSuccess('queues create', await wrangler.run('queues', 'create', queue));
  print(`   queue ${queue} created`);
}

/** The command of a rule. @param watch BUCKET/PREFIX. Throws OperatorError. */
export function watchRule(watch: string, jobs: JobSettings | undefined): string[] {
  if (!jobs)
    throw new OperatorError('--watch: expected the tables of jobs in wrangler.toml ("Jobs"), found none');
  const slash = watch.indexOf('/');
  const bucket = slash < 0 ? watch : watch.slice(0, slash);
  const prefix = slash < 0 ? '' : watch.slice(slash + 1);
  if (bucket !== jobs.photos)
    throw new OperatorError(`--watch: expected ${jobs.photos}, the bucket of PHOTOS, found "${bucket}"`);
  const rule = ['r2', 'bucket', 'notification', 'create', bucket, '--event-type', 'object-create'];
  return [...rule, '--queue', jobs.queue, ...(prefix === '' ? [] : ['--prefix', prefix])];
}

/** Throws OperatorError when the rule cannot be made. */
export async function provideRule({ wrangler, print }: Account, rule: readonly string[]): Promise<void> {
  const made = await wrangler.run(...rule);
  if (made.status !== 0 && /already exists|overlap|conflict/i.test(made.output))
    return print('   the rule is there');
  expectSuccess('r2 bucket notification create', made);
  print('   new objects are announced');
}
