// What this dialect is sent and answers; the OpenAPI document shows the same schemas.
import * as v from 'valibot';
import { wholeNumber } from '../../openapi/validation.ts';
import { MAX_TOP_K } from '../../v1/schemas.ts';

export const FUNCTIONS = ['softmax', 'sigmoid', 'none'] as const;
const expectedFunction = FUNCTIONS.join(', ');
const expectedTopK = `a whole number from 0 to ${MAX_TOP_K}`;

export const HuggingFaceQuery = v.strictObject({
  top_k: v.optional(wholeNumber(0, MAX_TOP_K)),
  function_to_apply: v.optional(v.picklist(FUNCTIONS, expectedFunction)),
});

const Parameters = v.strictObject({
  top_k: v.nullish(
    v.pipe(
      v.number(expectedTopK),
      v.integer(expectedTopK),
      v.minValue(0, expectedTopK),
      v.maxValue(MAX_TOP_K, expectedTopK),
    ),
  ),
  function_to_apply: v.nullish(v.picklist(FUNCTIONS, expectedFunction)),
});

export const HuggingFaceBody = v.strictObject({
  inputs: v.pipe(
    v.string('base64, a data: URL or an address'),
    v.description('The image file as base64, or its https address.'),
  ),
  parameters: v.nullish(Parameters),
  options: v.nullish(
    v.pipe(
      v.looseObject({}, 'an object'),
      v.description('Directions to the hosted service (caching, waiting): no effect.'),
    ),
  ),
});

export const HuggingFaceAnswer = v.array(
  v.object({ label: v.string(), score: v.number(), index: v.number(), synset: v.optional(v.string()) }),
);
