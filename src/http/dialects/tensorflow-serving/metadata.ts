// The one signature of the model, in the form of a SignatureDef as JSON: 64-bit sizes are texts, -1 = any.
// Source: tensorflow/serving, docs "RESTful API", "Model metadata API"; tensorflow/core/protobuf/meta_graph.proto.
import type { ModelInfo } from '../../../network/model-info.ts';
import { numericVersion } from '../../v1/model-name.ts';

function tensor(name: string, dtype: string, sizes: readonly number[]) {
  const dim = sizes.map((size) => ({ size: String(size), name: '' }));
  return { dtype, tensor_shape: { dim, unknown_rank: false }, name };
}

/** What GET /v1/models/{model}/metadata answers. */
export function metadata(model: ModelInfo) {
  const serving_default = {
    inputs: { image_bytes: tensor('image_bytes:0', 'DT_STRING', [-1]) },
    outputs: {
      classes: tensor('classes:0', 'DT_INT64', [-1]),
      label: tensor('label:0', 'DT_STRING', [-1]),
      probabilities: tensor('probabilities:0', 'DT_FLOAT', [-1, model.labels.length]),
      ...(model.known
        ? {
            known: tensor('known:0', 'DT_FLOAT', [-1]),
            none_of_these: tensor('none_of_these:0', 'DT_BOOL', [-1]),
          }
        : {}),
    },
    method_name: 'tensorflow/serving/predict',
  };
  return {
    model_spec: { name: model.name, signature_name: '', version: numericVersion(model) },
    metadata: { signature_def: { signature_def: { serving_default } } },
  };
}
