// Schemas of the routes of indexes of photos.
import * as v from 'valibot';
import { MAX_DISTANCE, MAX_MATCHES } from '../../retrieval/photo-index.ts';
import { NARROW, WIDE } from '../../retrieval/projection.ts';
import { PictureBody } from '../body/picture.ts';
import { wholeNumber } from '../openapi/validation.ts';
import { ClassifyQuery } from './schemas.ts';

const vector = `${NARROW} or ${WIDE} numbers`;

export const PutPhotoQuery = v.strictObject({ exif: ClassifyQuery.entries.exif });

export const SearchQuery = v.strictObject({
  k: v.optional(v.pipe(wholeNumber(1, MAX_MATCHES), v.description('Matches.')), '6'),
  exif: ClassifyQuery.entries.exif,
});

export const DuplicatesQuery = v.strictObject({
  max_distance: v.optional(
    v.pipe(
      wholeNumber(0, MAX_DISTANCE),
      v.description('Bits of 256 in which the codes of a pair may differ.'),
    ),
    '16',
  ),
});

export const SearchBody = v.strictObject({
  ...PictureBody.entries,
  vector: v.optional(
    v.pipe(
      v.array(v.pipe(v.number(vector), v.finite(vector)), vector),
      v.maxLength(WIDE, vector),
      v.check((numbers) => numbers.length === NARROW || numbers.length === WIDE, vector),
      v.description(
        'What `include=embedding&dims=1024` or `256` of POST /v1/classify answered, in place of a picture.',
      ),
    ),
  ),
});

export const ChangedAnswer = v.object({ index: v.string(), key: v.string(), request_id: v.string() });

export const SearchAnswer = v.object({
  index: v.string(),
  matches: v.array(
    v.object({
      key: v.string(),
      similarity: v.pipe(v.number(), v.description('Cosine of the angle between the vectors, -1 to 1.')),
      distance: v.optional(
        v.pipe(v.number(), v.description('Bits of 256 in which the codes differ. Not with Vectorize.')),
      ),
    }),
  ),
  request_id: v.string(),
});

export const IndexAnswer = v.object({
  index: v.string(),
  photos: v.nullable(v.number()),
  bytes: v.nullable(v.number()),
  store: v.picklist(['embedded', 'vectorize']),
  request_id: v.string(),
});

export const DuplicatesAnswer = v.object({
  index: v.string(),
  pairs: v.array(v.object({ keys: v.array(v.string()), distance: v.number() })),
  complete: v.pipe(v.boolean(), v.description('Whether there were no more pairs than these.')),
  request_id: v.string(),
});

export const ClearedAnswer = v.object({ index: v.string(), request_id: v.string() });
