// Schemas of the routes that teach heads: what they take and what they answer.
import * as v from 'valibot';
import { Problem } from '../problem.ts';
import { ClassifyQuery } from './schemas.ts';

export const ExamplesQuery = v.strictObject({ exif: ClassifyQuery.entries.exif });

const Version = v.pipe(v.string(), v.description('The first 12 digits of the head file’s checksum.'));

const Accuracy = v.pipe(
  v.object({
    correct: v.number(),
    of: v.number(),
    share: v.number(),
    low: v.number(),
    high: v.number(),
  }),
  v.description('By leave-one-out: each photo classified by a head that has not seen it; 95 % interval.'),
);

const Class = v.object({ label: v.string(), photos: v.number() });

export const HeadsAnswer = v.object({ heads: v.array(v.string()) });

export const HeadAnswer = v.object({
  name: v.string(),
  version: Version,
  versions: v.pipe(
    v.array(v.string()),
    v.description('Those that can be rolled back to; the one in use is the last.'),
  ),
  sha256: v.string(),
  backbone: v.object({ name: v.string(), sha256: v.string() }),
  layer: v.string(),
  lambda: v.number(),
  temperature: v.number(),
  classes: v.array(Class),
  strangers: v.pipe(
    v.number(),
    v.description('Photos of other things, by which "none of these" was fitted.'),
  ),
  accuracy: Accuracy,
});

export const ExamplesAnswer = v.object({
  name: v.string(),
  backbone: v.nullable(v.object({ name: v.string(), sha256: v.string() })),
  photos: v.number(),
  classes: v.array(v.object({ label: v.string(), photos: v.number(), ids: v.array(v.string()) })),
});

const Added = v.object({
  id: v.string(),
  added: v.pipe(v.boolean(), v.description('false: the same photo was there already.')),
});

export const AddedAnswer = v.object({
  name: v.string(),
  label: v.string(),
  photos: v.pipe(v.number(), v.description('Of this class, now.')),
  examples: v.array(
    v.union([
      v.object({ file: v.optional(v.string()), ...Added.entries }),
      v.object({ file: v.optional(v.string()), problem: Problem }),
    ]),
  ),
});

export const RemovedAnswer = v.object({ name: v.string(), removed: v.number() });

export const TrainedAnswer = v.object({
  name: v.string(),
  version: Version,
  versions: v.array(v.string()),
  layer: v.string(),
  lambda: v.number(),
  classes: v.array(Class),
  strangers: v.number(),
  accuracy: Accuracy,
  bytes: v.number(),
  suspicious: v.pipe(
    v.array(v.object({ id: v.string(), label: v.string(), own: v.number(), predicted: v.string() })),
    v.description('Photos that contradict their class the most: perhaps in the wrong one.'),
  ),
});

export const RolledBackAnswer = v.object({
  name: v.string(),
  version: Version,
  versions: v.array(v.string()),
});
