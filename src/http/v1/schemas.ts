// Schemas of the own routes: what they take and what they answer. They validate, they type the client, and the
// OpenAPI document is made from them.
import * as v from 'valibot';
import { wholeNumber } from '../openapi/validation.ts';

export const MAX_TOP_K = 1000;

const score = 'a number from 0 to 1';

export const ClassifyQuery = v.strictObject({
  top_k: v.optional(
    v.pipe(wholeNumber(0, MAX_TOP_K), v.description('Number of predictions; 0 = all classes.')),
    '5',
  ),
  min_score: v.optional(
    v.pipe(
      v.string(score),
      v.regex(/^(\d+\.?\d*|\.\d+)(e-?\d{1,3})?$/i, score),
      v.transform(Number),
      v.number(),
      v.minValue(0),
      v.maxValue(1, score),
      v.description('Predictions below this score are left out.'),
    ),
    '0',
  ),
  crops: v.optional(
    v.pipe(
      v.picklist(['1', '10'], '1 or 10'),
      v.description('1: the centre crop; 10: four corners and centre, mirrored too, probabilities averaged.'),
    ),
    '1',
  ),
  exif: v.optional(
    v.pipe(
      v.picklist(['apply', 'ignore'], 'apply or ignore'),
      v.description('Whether the orientation that the camera recorded is applied.'),
    ),
    'apply',
  ),
  include: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^(logits|embedding)(,(logits|embedding))?$/, 'logits, embedding or logits,embedding'),
      v.description('More of what was computed: `logits`, `embedding` (input of the last layer), or both.'),
    ),
  ),
});
export type ClassifyQuery = v.InferOutput<typeof ClassifyQuery>;

/** Routes without parameters refuse every one by name. */
export const NoQuery = v.strictObject({});

export const ClassifyBody = v.strictObject({
  image: v.pipe(
    v.string('base64 or a data: URL'),
    v.description('The image file as base64 or as a data: URL.'),
  ),
});

export const ModelName = v.object({
  name: v.string(),
  version: v.pipe(v.string(), v.description('The first 12 digits of sha256.')),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

export const ImageFacts = v.object({
  format: v.string(),
  width: v.number(),
  height: v.number(),
  orientation: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)),
});

export const Prediction = v.object({
  index: v.number(),
  synset: v.optional(v.string()),
  label: v.string(),
  score: v.number(),
});

export const ImageResult = v.object({
  image: ImageFacts,
  predictions: v.array(Prediction),
  logits: v.optional(v.array(v.number())),
  embedding: v.optional(v.array(v.number())),
});

export const Problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  instance: v.string(),
  request_id: v.string(),
  error: v.pipe(v.string(), v.description('The same as detail, for clients that read only this.')),
});

export const ClassifyAnswer = v.object({
  model: ModelName,
  ...ImageResult.entries,
  request_id: v.string(),
});

export const FileResult = v.object({
  file: v.pipe(v.string(), v.description('The file name as sent.')),
  ...ImageResult.entries,
});

export const FilesAnswer = v.object({
  model: ModelName,
  results: v.array(v.union([FileResult, v.object({ file: v.string(), problem: Problem })])),
  request_id: v.string(),
});

export const Shape = v.pipe(v.array(v.number()), v.description('Height, width, channels.'));

export const ModelSummary = v.object({
  ...ModelName.entries,
  classes: v.number(),
  preprocessing: v.looseObject({
    resize: v.picklist(['shorter-side', 'warp']),
    resizeTo: v.number(),
    crop: v.number(),
    mean: v.array(v.number()),
    std: v.array(v.number()),
    trainedOn: v.picklist(['RGB', 'BGR']),
  }),
  source: v.string(),
  source_sha256: v.string(),
  licence: v.string(),
  accuracy: v.nullable(v.string()),
});

export const ModelsAnswer = v.object({ models: v.array(ModelSummary) });

export const ModelAnswer = v.object({
  ...ModelSummary.entries,
  input: v.object({ size: v.number(), channels: v.number() }),
  layers: v.array(
    v.looseObject({
      type: v.string(),
      name: v.string(),
      input: Shape,
      output: Shape,
      macs: v.pipe(v.number(), v.description('Multiply-adds of one picture.')),
      parameters: v.number(),
    }),
  ),
  macs: v.number(),
  parameters: v.number(),
  labels: v.array(v.object({ index: v.number(), synset: v.optional(v.string()), label: v.string() })),
  model_version_status: v.pipe(
    v.array(
      v.object({
        version: v.string(),
        state: v.string(),
        status: v.object({ error_code: v.string(), error_message: v.string() }),
      }),
    ),
    v.description('What TensorFlow Serving answers at this address.'),
  ),
});

export const LimitsAnswer = v.object({
  image_bytes: v.number(),
  image_pixels: v.number(),
  image_side: v.number(),
  jpeg_scans: v.number(),
  jpeg_blocks: v.number(),
  work_ms: v.number(),
  answer_bytes: v.number(),
  stall_ms: v.number(),
  bytes_per_second: v.number(),
  json_bytes: v.number(),
  json_value_bytes: v.number(),
  files: v.number(),
  formats: v.array(v.string()),
  top_k: v.number(),
  crops: v.array(v.number()),
  rate: v.nullable(v.object({ requests: v.number(), period_seconds: v.number() })),
});
