// What this dialect is sent and answers; the OpenAPI document shows the same schemas.
import * as v from 'valibot';
import { MAX_ELEMENTS } from '../../body/json-cost.ts';
import { wholeNumber } from '../../openapi/validation.ts';
import { Problem } from '../../problem.ts';
import { MAX_TOP_K } from '../../v1/schemas.ts';

export const WorkersAiQuery = v.strictObject({ top_k: v.optional(wholeNumber(0, MAX_TOP_K), '5') });

export const WorkersAiBody = v.strictObject({
  image: v.pipe(
    v.custom<number[]>(
      (value) => Array.isArray(value) && value.length <= MAX_ELEMENTS,
      'an array of bytes, 0 to 255',
    ),
    v.description('The image file, one number from 0 to 255 for each byte.'),
    v.metadata({
      jsonSchema: {
        type: 'array',
        maxItems: MAX_ELEMENTS,
        items: { type: 'integer', minimum: 0, maximum: 255 },
      },
    }),
  ),
});

export const WorkersAiAnswer = v.object({
  result: v.array(v.object({ label: v.string(), score: v.number() })),
  success: v.boolean(),
  errors: v.array(v.string()),
  messages: v.pipe(
    v.array(v.string()),
    v.description('"none of these" and the p-value, for a photo that is probably of something else.'),
  ),
});

/** A problem document in the envelope that Cloudflare's API puts around everything. */
export const WorkersAiProblem = v.object({
  ...Problem.entries,
  result: v.null(),
  success: v.boolean(),
  errors: v.array(v.object({ code: v.number(), message: v.string() })),
  messages: v.array(v.string()),
});
