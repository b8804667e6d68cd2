// What this dialect is sent and answers; the OpenAPI document shows the same schemas.
import * as v from 'valibot';
import { MOST_FILES } from '../../limits.ts';
import { KnownMembers, ModelAnswer } from '../../v1/schemas.ts';

const Base64 = v.strictObject({ b64: v.string('base64') });

export const TensorflowBody = v.strictObject({
  instances: v.pipe(
    v.array(
      v.union(
        [Base64, v.strictObject({ image_bytes: Base64 }), v.strictObject({ image: Base64 })],
        '{"b64": base64}',
      ),
      'an array of {"b64": base64}',
    ),
    v.minLength(1, 'at least one instance'),
    v.maxLength(MOST_FILES, `at most ${MOST_FILES} instances`),
  ),
  signature_name: v.optional(v.literal('serving_default', 'serving_default')),
});

export const TensorflowAnswer = v.object({
  predictions: v.array(
    v.object({
      classes: v.pipe(v.number(), v.description('Index of the best class.')),
      label: v.string(),
      probabilities: v.array(v.number()),
      ...KnownMembers,
    }),
  ),
});

export const StatusAnswer = v.object({ model_version_status: ModelAnswer.entries.model_version_status });

const TensorInfo = v.object({
  name: v.string(),
  dtype: v.string(),
  tensor_shape: v.object({
    dim: v.array(v.object({ size: v.string(), name: v.string() })),
    unknown_rank: v.boolean(),
  }),
});

const Signature = v.object({
  inputs: v.record(v.string(), TensorInfo),
  outputs: v.record(v.string(), TensorInfo),
  method_name: v.string(),
});

export const MetadataAnswer = v.object({
  model_spec: v.object({ name: v.string(), signature_name: v.string(), version: v.string() }),
  metadata: v.object({
    signature_def: v.object({ signature_def: v.object({ serving_default: Signature }) }),
  }),
});
