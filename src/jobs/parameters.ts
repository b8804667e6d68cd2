// What a job is asked to do: which photos of the bucket, and what is said of each. Validated when the job is made, and
// kept with it.
import * as v from 'valibot';
import { ServiceError } from '../errors.ts';
import { MAX_DISTANCE } from '../retrieval/photo-index.ts';

/** Of heads and indexes. */
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const MAX_SUFFIXES = 16;
const MAX_HEADS = 8;
const MAX_TOP_K = 1000;
const share = (min: number, max: number) => `a number from ${min} to ${max}`;
const text = (max: number) => v.pipe(v.string('text'), v.maxLength(max, `text of at most ${max} characters`));
const within = (min: number, max: number) =>
  v.pipe(v.number(share(min, max)), v.minValue(min, share(min, max)), v.maxValue(max, share(min, max)));

export const JobParameters = v.strictObject({
  on: v.optional(
    v.pipe(
      v.picklist(['existing', 'new', 'both'], 'existing, new or both'),
      v.description('The photos that are there, those that the bucket announces from now on, or both.'),
    ),
    'existing',
  ),
  bucket: v.optional(
    v.pipe(
      text(63),
      v.description('Name of the bucket bound as PHOTOS; where given, announcements of others are ignored.'),
    ),
  ),
  prefix: v.optional(v.pipe(text(1024), v.description('What the keys begin with.')), ''),
  suffixes: v.optional(
    v.pipe(
      v.array(text(64), 'a list of texts'),
      v.maxLength(MAX_SUFFIXES, `at most ${MAX_SUFFIXES}`),
      v.description('What the keys end with, whatever their case, such as `.jpg`; none: anything.'),
    ),
    [],
  ),
  model: v.optional(v.pipe(text(128), v.description('The name that the model must have.'))),
  head: v.optional(
    v.pipe(
      v.array(
        v.pipe(v.string('the name of a head'), v.regex(NAME, 'the name of a head')),
        'a list of names of heads',
      ),
      v.maxLength(MAX_HEADS, `at most ${MAX_HEADS}`),
      v.description('Published heads that classify instead of the model.'),
    ),
    [],
  ),
  top_k: v.optional(
    v.pipe(
      v.number(`a whole number from 0 to ${MAX_TOP_K}`),
      v.integer(`a whole number from 0 to ${MAX_TOP_K}`),
      v.minValue(0, `a whole number from 0 to ${MAX_TOP_K}`),
      v.maxValue(MAX_TOP_K, `a whole number from 0 to ${MAX_TOP_K}`),
      v.description('Number of predictions; 0 = all classes.'),
    ),
    5,
  ),
  min_score: v.optional(v.pipe(within(0, 1), v.description('Predictions below this score are left out.')), 0),
  crops: v.optional(
    v.pipe(v.picklist([1, 10], '1 or 10'), v.description('1: the centre crop; 10: the mean of ten.')),
    1,
  ),
  exif: v.optional(
    v.pipe(
      v.picklist(['apply', 'ignore'], 'apply or ignore'),
      v.description('Whether the orientation that the camera recorded is applied.'),
    ),
    'apply',
  ),
  reject: v.optional(
    v.pipe(within(0.02, 0.5), v.description('Photos with `known` below it are `none_of_these`.')),
    0.05,
  ),
  include: v.optional(
    v.pipe(
      v.array(v.picklist(['logits', 'embedding'], 'logits or embedding'), 'a list of logits, embedding'),
      v.maxLength(2, 'at most 2'),
      v.description('More of what was computed.'),
    ),
    [],
  ),
  index: v.optional(
    v.pipe(
      v.string('the name of an index'),
      v.regex(NAME, 'the name of an index'),
      v.description('An index that the photos are added to, under their keys.'),
    ),
  ),
  dedupe: v.optional(
    v.pipe(
      within(0, MAX_DISTANCE),
      v.integer(share(0, MAX_DISTANCE)),
      v.description(
        'With index: a photo whose code differs in at most so many of 256 bits from that of another photo of the index is ' +
          'not added; its line says which one, as `duplicate_of`.',
      ),
    ),
  ),
});
export type JobParameters = v.InferOutput<typeof JobParameters>;

/** Throws ServiceError bad-parameter for parameters that do not go together: an index has vectors of one kind. */
export function checkTogether({ index, dedupe, head, crops }: JobParameters): void {
  const wrong =
    index === undefined
      ? dedupe !== undefined && (['dedupe', 'it together with index'] as const)
      : head.length > 0
        ? (['index', 'it without head'] as const)
        : crops !== 1 && (['index', 'it with crops of 1'] as const);
  if (!wrong) return;
  const [parameter, expected] = wrong;
  throw new ServiceError('bad-parameter', `${parameter}: expected ${expected}`, { members: { parameter } });
}

/** Whether a job takes a photo of this key. */
export function takes({ prefix, suffixes }: JobParameters, key: string): boolean {
  if (!key.startsWith(prefix) || isOwnKey(key)) return false;
  const small = key.toLowerCase();
  return suffixes.length === 0 || suffixes.some((suffix) => small.endsWith(suffix.toLowerCase()));
}

/** A job's name: the time it was made and eight random digits. */
export const JOB_ID = /^\d{8}-\d{6}-[0-9a-f]{8}$/;

export function newJobId(now: Date): string {
  const [day = '', time = ''] = now
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z/g, '')
    .split('T');
  const random = crypto.getRandomValues(new Uint8Array(4));
  return `${day}-${time}-${random.toHex()}`;
}

const OWN_KEY = /^(?:results\/\d{8}-\d{6}-[0-9a-f]{8}\/\d{8}\.ndjson|watching\/\d{8}-\d{6}-[0-9a-f]{8})$/;

/** Where the two buckets are one: what jobs write themselves is no photo. */
function isOwnKey(key: string): boolean {
  return OWN_KEY.test(key);
}
