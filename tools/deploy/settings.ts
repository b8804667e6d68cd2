// wrangler.toml as the deployment reads it, checked before anything is built: names, the model's key, and every limit
// that the Worker would otherwise refuse at its first request.
import { unstable_readConfig } from 'wrangler';
import type { Bindings } from '../../src/http/bindings.ts';
import {
  budgetLimits,
  cacheSeconds,
  headLimits,
  maxFiles,
  maxJsonBytes,
  ratePolicy,
} from '../../src/http/limits.ts';
import { imageLimits } from '../../src/image/limits.ts';
import { firstPause } from '../../src/jobs/consumer.ts';
import { allowedHosts } from '../../src/photos/url.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { type JobSettings, jobSettings } from './job-settings.ts';

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const KEY = /^[a-z0-9][a-z0-9._-]*-[0-9a-f]{12}\.safetensors$/;
const MAX_CPU_MS = 300_000;

export interface Settings {
  name: string;
  bucket: string;
  /** Key of the model. */
  model: string;
  /** What jobs have; undefined without jobs. */
  jobs?: JobSettings | undefined;
  /** Arguments that choose the environment. */
  environment: string[];
}

function require(correct: boolean, what: string, expected: string, found: unknown): void {
  if (!correct) throw new OperatorError(`wrangler.toml: ${what}: expected ${expected}, found ${found}`);
}

/** What wrangler makes of the file; it checks the form of most entries. Throws OperatorError. */
function readConfig(config: string, env?: string) {
  try {
    return unstable_readConfig({ config, ...(env === undefined ? {} : { env }) }, { hideWarnings: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new OperatorError(`wrangler.toml: ${error.message}`);
  }
}

/** Throws OperatorError with what is wrong and what was expected. */
export function readSettings(configPath: string): Settings {
  const top = readConfig(configPath);
  const production = top.definedEnvironments?.includes('production') ?? false;
  const config = production ? readConfig(configPath, 'production') : top;
  const name = config.name ?? '';
  require(NAME.test(name), 'name', 'up to 63 of a-z, 0-9 and dashes', `"${name}"`);
  const models = config.r2_buckets.find(({ binding }: { binding?: string }) => binding === 'MODELS');
  require(models !== undefined, 'r2_buckets', 'one with binding = "MODELS"', 'none');
  const bucket = models?.bucket_name ?? '';
  require(bucket !== '', 'bucket_name', 'the name of a bucket', 'none');
  const model = String(config.vars.MODEL ?? '');
  require(KEY.test(model), 'MODEL', '<name>-<12 hex digits>.safetensors', `"${model}"`);
  const cpu = config.limits?.cpu_ms ?? 1;
  require(cpu >= 1 && cpu <= MAX_CPU_MS, 'limits.cpu_ms', `1 to ${MAX_CPU_MS}`, cpu);
  checkVariables(config.vars);
  const limiter = config.ratelimits.find((entry: { name: string }) => entry.name === 'RATE_LIMITER')?.simple;
  if (limiter) {
    const vars = {
      limit: Number(config.vars.RATE_LIMIT ?? 60),
      period: Number(config.vars.RATE_PERIOD ?? 60),
    };
    require(limiter.limit === vars.limit, 'RATE_LIMIT', `${limiter.limit} as in ratelimits`, vars.limit);
    require(limiter.period === vars.period, 'RATE_PERIOD', `${limiter.period} as in ratelimits`, vars.period);
  }
  const jobs = jobSettings(config);
  return { name, bucket, model, jobs, environment: production ? ['--env', 'production'] : [] };
}

/** A name with dots, and a port where it is not 443. */
const HOST = /^(?=.*[a-z])[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?$/;

function checkVariables(vars: Record<string, unknown>): void {
  const bindings = vars as Bindings;
  for (const host of allowedHosts(bindings.URL_HOSTS))
    require(HOST.test(host), 'URL_HOSTS', 'names of hosts, such as images.example.com:8443', `"${host}"`);
  try {
    for (const read of [
      imageLimits,
      budgetLimits,
      headLimits,
      maxFiles,
      maxJsonBytes,
      ratePolicy,
      cacheSeconds,
      firstPause,
    ])
      read(bindings);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new OperatorError(`wrangler.toml: ${error.message}`);
  }
}
