// The limits that HTTP adds to those of images; each has a variable of its own.

import { ServiceError } from '../errors.ts';
import { type BudgetLimits, DEFAULT_BUDGET } from '../isolate/budget.ts';
import type { ExampleLimits } from '../training/example-store.ts';
import type { TrainLimits } from '../training/head-trainer.ts';
import type { Bindings } from './bindings.ts';

const DEFAULT_FILES = 16;
/** A JSON body is in memory whole, as text and as bytes: with the weights it must fit into one isolate. */
const DEFAULT_JSON_BYTES = 12 << 20;

function positive(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new ServiceError('internal', `variable ${name}: expected a positive whole number, found "${text}"`);
}

/** What the schemas of lists of pictures say, whatever MAX_FILES is. */
export const MOST_FILES = 1_000;

export function maxFiles({ MAX_FILES }: Bindings): number {
  return Math.min(MOST_FILES, positive('MAX_FILES', MAX_FILES, DEFAULT_FILES));
}

export function maxJsonBytes({ MAX_JSON_BYTES }: Bindings): number {
  return positive('MAX_JSON_BYTES', MAX_JSON_BYTES, DEFAULT_JSON_BYTES);
}

/** What one request may take (isolate/budget.ts). */
export function budgetLimits(env: Bindings): BudgetLimits {
  const { workMs, answerBytes, pace } = DEFAULT_BUDGET;
  return {
    workMs: positive('MAX_WORK_MS', env.MAX_WORK_MS, workMs),
    answerBytes: positive('MAX_ANSWER_BYTES', env.MAX_ANSWER_BYTES, answerBytes),
    pace: {
      graceMs: positive('MAX_STALL_MS', env.MAX_STALL_MS, pace.graceMs),
      bytesPerSecond: positive('MIN_BYTES_PER_SECOND', env.MIN_BYTES_PER_SECOND, pace.bytesPerSecond),
    },
  };
}

/** What can be taught over HTTP; the command line has no such bounds. */
export function headLimits(env: Bindings): ExampleLimits & TrainLimits {
  return {
    photos: positive('MAX_HEAD_PHOTOS', env.MAX_HEAD_PHOTOS, 500),
    classes: positive('MAX_HEAD_CLASSES', env.MAX_HEAD_CLASSES, 100),
    workMs: positive('MAX_TRAIN_MS', env.MAX_TRAIN_MS, 5_000),
  };
}

export interface RatePolicy {
  limit: number;
  periodSeconds: number;
}

/** What the rate limit binding was configured with; undefined without one. */
export function ratePolicy({ RATE_LIMITER, RATE_LIMIT, RATE_PERIOD }: Bindings): RatePolicy | undefined {
  if (!RATE_LIMITER) return undefined;
  return {
    limit: positive('RATE_LIMIT', RATE_LIMIT, 60),
    periodSeconds: positive('RATE_PERIOD', RATE_PERIOD, 60),
  };
}

/** Seconds that a result stays in the cache; 0 = no cache. */
export function cacheSeconds({ RESULT_CACHE_SECONDS }: Bindings): number {
  if (RESULT_CACHE_SECONDS === '0') return 0;
  return positive('RESULT_CACHE_SECONDS', RESULT_CACHE_SECONDS, 0);
}
