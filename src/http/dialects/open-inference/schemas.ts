// What this protocol answers; the OpenAPI document shows the same schemas.
import * as v from 'valibot';

const TensorMetadata = v.object({ name: v.string(), datatype: v.string(), shape: v.array(v.number()) });

export const InferenceServerAnswer = v.object({
  name: v.string(),
  version: v.string(),
  extensions: v.array(v.string()),
});

export const LiveAnswer = v.object({ live: v.boolean() });
export const ReadyAnswer = v.object({ ready: v.boolean() });
export const ModelReadyAnswer = v.object({ name: v.string(), ready: v.boolean() });

export const InferenceModelAnswer = v.object({
  name: v.string(),
  versions: v.array(v.string()),
  platform: v.string(),
  inputs: v.array(TensorMetadata),
  outputs: v.array(TensorMetadata),
});

export const InferAnswer = v.object({
  id: v.optional(v.string()),
  model_name: v.string(),
  model_version: v.string(),
  outputs: v.array(
    v.object({
      ...TensorMetadata.entries,
      parameters: v.optional(v.object({ binary_data_size: v.number() })),
      data: v.optional(v.array(v.union([v.number(), v.string()]))),
    }),
  ),
});

export const InferError = v.object({ error: v.string() });
