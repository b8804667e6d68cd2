// Schemas of the own routes: what they take and what they answer. They validate, they type the client, and the
// OpenAPI document is made from them.
import * as v from 'valibot';
import { IMAGE_WARNINGS } from '../../image/warnings.ts';
import { PictureBody } from '../body/picture.ts';
import { MOST_FILES } from '../limits.ts';
import { wholeNumber } from '../openapi/validation.ts';
import { Problem } from '../problem.ts';
import { Training } from './model-card.ts';

export const MAX_TOP_K = 1000;

const score = 'a number from 0 to 1';
const share = 'a number from 0.02 to 0.5';

/** Copies, masks, and the largest seed. */
export const MAX_RELIGHT = 16;
export const MAX_DROPOUT = 32;
const MAX_SEED = 999_999_999;

/** Single maps, by layer. */
const MAPS = /^[a-z0-9_]{1,32}:\d{1,5}(,\d{1,5})*(;[a-z0-9_]{1,32}:\d{1,5}(,\d{1,5})*)*$/i;
const maps = 'layers and their channels, such as conv3:17,42;fc6:5, in at most 1000 characters';

/** What is switched off in the network: of classifying and of looking inside. */
export const SilenceEntries = {
  towers: v.optional(
    v.pipe(
      v.picklist(['1', '2', 'both'], '1, 2 or both'),
      v.description(
        "Only one of the paper's two towers: the other one's maps are 0 behind the layer `after`.",
      ),
    ),
  ),
  after: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(64, 'the name of a layer'),
      v.description('The layer behind which a tower is off; without it, the first.'),
    ),
  ),
  without: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(1000, maps),
      v.regex(MAPS, maps),
      v.description('Maps that are 0 behind their layer: `conv3:17,42;fc6:5`.'),
    ),
  ),
};

/** Heads of one request. */
export const MAX_HEADS = 8;
const ensemble = `2 to ${MAX_HEADS} names of models or heads, with commas between`;
const heads = `1 to ${MAX_HEADS} names of heads, with commas between`;

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
  relight: v.optional(
    v.pipe(
      wholeNumber(1, MAX_RELIGHT),
      v.description("Copies with the paper's random shift of colours, averaged; of all crops, too."),
    ),
  ),
  dropout: v.optional(
    v.pipe(
      wholeNumber(2, MAX_DROPOUT),
      v.description(
        'Passes with random halves of the hidden dense layers, averaged: how sure the answer is.',
      ),
    ),
  ),
  seed: v.optional(
    v.pipe(
      wholeNumber(0, MAX_SEED),
      v.description('Of relight and dropout, 0 without it: the same one gives the same answer, everywhere.'),
    ),
  ),
  ...SilenceEntries,
  exif: v.optional(
    v.pipe(
      v.picklist(['apply', 'ignore'], 'apply or ignore'),
      v.description('Whether the orientation that the camera recorded is applied.'),
    ),
    'apply',
  ),
  damaged: v.optional(
    v.pipe(
      v.picklist(['accept', 'refuse'], 'accept or refuse'),
      v.description(
        'A lightly damaged file that viewers show is read, with `image.warnings`; or refused: 422 damaged-image.',
      ),
    ),
    'accept',
  ),
  parents: v.optional(
    v.pipe(
      v.picklist(['0', '1'], '0 or 1'),
      v.description('1: sums of probabilities too, of the kinds that several classes are of (`parents`).'),
    ),
    '0',
  ),
  head: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[a-z0-9][a-z0-9-]{0,63}(,[a-z0-9][a-z0-9-]{0,63}){0,7}$/, heads),
      v.transform((text) => [...new Set(text.split(','))]),
      v.description('Classify by these published heads (own classes) instead of the model.'),
    ),
  ),
  ensemble: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[a-z0-9][a-z0-9-]{0,63}(,[a-z0-9][a-z0-9-]{0,63}){1,7}$/, ensemble),
      v.transform((text) => [...new Set(text.split(','))]),
      v.description('Models and heads of the same classes, whose probabilities are averaged.'),
    ),
  ),
  reject: v.optional(
    v.pipe(
      v.string(share),
      v.regex(/^0?\.\d{1,6}$/, share),
      v.transform(Number),
      v.number(),
      v.minValue(0.02, share),
      v.maxValue(0.5, share),
      v.description(
        'Photos with `known` below it are `none_of_these`: the share of right photos that may be.',
      ),
    ),
    '0.05',
  ),
  include: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^(logits|embedding)(,(logits|embedding))?$/, 'logits, embedding or logits,embedding'),
      v.description('More of what was computed: `logits`, `embedding` (input of the last layer), or both.'),
    ),
  ),
  dims: v.optional(
    v.pipe(
      v.picklist(['1024', '256'], '1024 or 256'),
      v.description('The embedding as the vector of so many numbers that indexes of photos are made of.'),
    ),
  ),
});
export type ClassifyQuery = v.InferOutput<typeof ClassifyQuery>;

/** Routes without parameters refuse every one by name. */
export const NoQuery = v.strictObject({});

export const ClassifyBody = v.strictObject({
  ...PictureBody.entries,
  images: v.optional(
    v.pipe(
      v.array(v.union([v.string(), PictureBody], 'base64, or an object with image, key or url'), 'an array'),
      v.minLength(1, 'at least one picture'),
      v.maxLength(MOST_FILES, `at most ${MOST_FILES} pictures`),
      v.description('Several pictures, up to the limit `files`; the answer has one result each, in order.'),
    ),
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
  warnings: v.optional(
    v.pipe(
      v.array(v.picklist(IMAGE_WARNINGS)),
      v.description(
        'Absent where nothing is wrong. `stray-bytes`: garbage between the segments of a JPEG; `bad-exif`: its EXIF block ' +
          'cannot be read; `cut-off`: it ends before its picture, of which the rest is grey or coarse; `bad-codes`: a part ' +
          'of it cannot be decoded and is grey.',
      ),
    ),
  ),
});

export const Prediction = v.object({
  index: v.number(),
  synset: v.optional(v.string()),
  label: v.string(),
  score: v.number(),
  deviation: v.optional(
    v.pipe(v.number(), v.description('Standard deviation of the score over relight and dropout.')),
  ),
});

const Uncertainty = {
  uncertainty: v.optional(
    v.pipe(
      v.object({
        samples: v.pipe(v.number(), v.description('Answers that were averaged: copies times passes.')),
        entropy: v.pipe(v.number(), v.description('Of the mean scores, in nats.')),
        mutual_information: v.pipe(
          v.number(),
          v.description('What the answers disagree about: entropy less their own mean entropy, in nats.'),
        ),
      }),
      v.description('Of relight and dropout.'),
    ),
  ),
};

export const KnownMembers = {
  known: v.optional(
    v.pipe(
      v.number(),
      v.description(
        'p-value: the share of photos of these classes that look no more like them. Absent where the model has no calibration.',
      ),
    ),
  ),
  none_of_these: v.optional(
    v.pipe(
      v.boolean(),
      v.description('Whether `known` is below `reject`: probably a photo of something else.'),
    ),
  ),
};

export const ImageResult = v.object({
  image: ImageFacts,
  predictions: v.array(Prediction),
  ...Uncertainty,
  parents: v.optional(
    v.pipe(
      v.array(v.object({ synset: v.string(), label: v.string(), score: v.number(), classes: v.number() })),
      v.description(
        'With `parents=1`: WordNet synsets above several classes, the sum of their probabilities and their number, the ' +
          'most special first; at most 20 of at least 0.05. Absent where the model does not know them.',
      ),
    ),
  ),
  ...KnownMembers,
  heads: v.optional(
    v.pipe(
      v.array(
        v.object({ model: ModelName, predictions: v.array(Prediction), ...Uncertainty, ...KnownMembers }),
      ),
      v.description(
        'What each head says, where several were asked for; the members beside it are of the first.',
      ),
    ),
  ),
  ensemble: v.optional(v.pipe(v.array(ModelName), v.description('The models whose answers were averaged.'))),
  logits: v.optional(v.array(v.number())),
  embedding: v.optional(v.array(v.number())),
});

export const ClassifyAnswer = v.object({
  model: ModelName,
  ...ImageResult.entries,
  request_id: v.string(),
});

export const FileResult = v.object({
  file: v.pipe(
    v.string(),
    v.description('The file name, key or address as sent, in part; of base64 its place.'),
  ),
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
  preprocessing: v.object({
    resize: v.picklist(['shorter-side', 'warp']),
    resize_to: v.number(),
    crop: v.number(),
    mean: v.array(v.number()),
    std: v.array(v.number()),
    trained_on: v.picklist(['RGB', 'BGR']),
  }),
  source: v.string(),
  source_sha256: v.string(),
  licence: v.string(),
  accuracy: v.nullable(v.string()),
});

export const ModelsAnswer = v.object({
  models: v.array(ModelSummary),
  heads: v.pipe(
    v.array(v.string()),
    v.description('Published heads (own classes): each a model of its own name.'),
  ),
});

export const ModelAnswer = v.object({
  ...ModelSummary.entries,
  input: v.object({ size: v.number(), channels: v.number() }),
  layers: v.array(
    v.object({
      type: v.picklist(['conv', 'lrn', 'maxpool', 'dense', 'softmax']),
      name: v.string(),
      kernel: v.optional(v.number()),
      stride: v.optional(v.number()),
      pad: v.optional(v.number()),
      groups: v.optional(v.number()),
      out: v.optional(v.pipe(v.number(), v.description('Output channels of conv, outputs of dense.'))),
      relu: v.optional(v.boolean()),
      ceil: v.optional(v.pipe(v.boolean(), v.description('Whether the output size is rounded up.'))),
      size: v.optional(v.pipe(v.number(), v.description('Neighbouring channels of lrn.'))),
      alpha: v.optional(v.number()),
      beta: v.optional(v.number()),
      k: v.optional(v.number()),
      input: Shape,
      output: Shape,
      macs: v.pipe(v.number(), v.description('Multiply-adds of one picture.')),
      parameters: v.number(),
    }),
  ),
  macs: v.number(),
  parameters: v.number(),
  training: v.pipe(
    v.nullable(Training),
    v.description('What the weights were trained on, and how; null where that is not known.'),
  ),
  paper: v.pipe(Training, v.description("The paper's own facts and figures, in the same members.")),
  labels: v.array(v.object({ index: v.number(), synset: v.optional(v.string()), label: v.string() })),
  model_version_status: v.pipe(
    v.array(
      v.object({
        version: v.string(),
        state: v.string(),
        status: v.object({ error_code: v.string(), error_message: v.string() }),
      }),
    ),
    v.description('The versions that are served, and their state.'),
  ),
});

export const LimitsAnswer = v.object({
  image_bytes: v.number(),
  image_pixels: v.number(),
  image_side: v.number(),
  jpeg_scans: v.number(),
  decode_blocks: v.number(),
  work_ms: v.number(),
  answer_bytes: v.number(),
  stall_ms: v.number(),
  bytes_per_second: v.number(),
  head_photos: v.number(),
  head_classes: v.number(),
  train_ms: v.number(),
  json_bytes: v.number(),
  json_value_bytes: v.number(),
  files: v.number(),
  formats: v.array(v.string()),
  top_k: v.number(),
  crops: v.array(v.number()),
  rate: v.nullable(v.object({ requests: v.number(), period_seconds: v.number() })),
});
