// Schemas of the routes that look inside: what they take and what they answer.
import * as v from 'valibot';
import { MAX_GRID, MAX_SQUARES } from '../../explain/occlusion.ts';
import { wholeNumber } from '../openapi/validation.ts';
import { ClassifyQuery, ImageResult, MAX_TOP_K, ModelName, Shape } from './schemas.ts';

const fit = v.optional(
  v.pipe(
    v.picklist(['resize', 'none'], 'resize or none'),
    v.description('none: the picture is what layer=input answered, and is taken as it is.'),
  ),
  'resize',
);

export const InspectQuery = v.strictObject({
  layer: v.optional(
    v.pipe(
      v.string(),
      v.description(
        '`input` or the name of a layer; without it, figures of all layers, or as PNG the input.',
      ),
    ),
  ),
  maps: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(1000, 'names of layers with commas, or all'),
      v.description('Names with commas, or `all`: their pictures in the JSON, as `data:` URLs of PNG.'),
    ),
  ),
  format: v.optional(
    v.pipe(
      v.picklist(['png', 'json'], 'png or json'),
      v.description('Of the answer; without it, the header Accept decides.'),
    ),
  ),
  fit,
  exif: ClassifyQuery.entries.exif,
  damaged: ClassifyQuery.entries.damaged,
});

export const InspectAnswer = v.object({
  model: ModelName,
  ...ImageResult.entries,
  layers: v.array(
    v.object({
      name: v.string(),
      type: v.string(),
      shape: Shape,
      time_ms: v.pipe(
        v.number(),
        v.description('0 in production, where the clock stands still during computation.'),
      ),
      zeros: v.pipe(v.number(), v.description('Share of values that are exactly 0.')),
      min: v.number(),
      max: v.number(),
    }),
  ),
  layer: v.optional(v.string()),
  values: v.optional(
    v.pipe(v.array(v.number()), v.description('The layer, in height, width, channel order.')),
  ),
  maps: v.optional(
    v.pipe(v.record(v.string(), v.string()), v.description('`data:` URLs, by the name of the layer.')),
  ),
  request_id: v.string(),
});

export const OcclusionQuery = v.strictObject({
  grid: v.optional(
    v.pipe(wholeNumber(2, MAX_GRID), v.description('Positions of the covering square along one side.')),
    '11',
  ),
  from: v.optional(
    v.pipe(
      wholeNumber(0, MAX_GRID * MAX_GRID - 1),
      v.description(`First position, row by row; one answer has up to ${MAX_SQUARES}.`),
    ),
    '0',
  ),
  class: v.optional(
    v.pipe(wholeNumber(0, MAX_TOP_K - 1), v.description('Index of the class; without it, the best one.')),
  ),
  fit,
  exif: ClassifyQuery.entries.exif,
  damaged: ClassifyQuery.entries.damaged,
});

export const OcclusionAnswer = v.object({
  model: ModelName,
  class: v.object({ index: v.number(), synset: v.optional(v.string()), label: v.string() }),
  score: v.pipe(v.number(), v.description('Of the class, with nothing covered.')),
  grid: v.number(),
  square: v.pipe(v.number(), v.description('Side of the covering square in pixels.')),
  from: v.number(),
  scores: v.array(v.number()),
  request_id: v.string(),
});
