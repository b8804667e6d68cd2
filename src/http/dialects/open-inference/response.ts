// A v2 inference response: JSON alone, or, when an output is wanted in binary, JSON followed by those outputs.
// Triton's classification extension replaces an output's values by "value:index:label" strings, best first.
// Source: Open Inference Protocol v2, Triton "Classification Extension".
import type { Context } from 'hono';
import { rankLabels } from '../../../classify/rank.ts';
import type { Prediction } from '../../../engine/engine.ts';
import type { ModelInfo } from '../../../network/model-info.ts';
import type { AppEnv } from '../../context.ts';
import { jsonPieces } from '../../json-pieces.ts';
import { bytesAnswer, jsonAnswer } from '../../paced-answer.ts';
import { numericVersion } from '../../v1/model-name.ts';
import type { WantedOutput } from './request.ts';
import { writeByteElements } from './tensors.ts';

interface OutputTensor {
  name: string;
  datatype: 'FP32' | 'BYTES';
  shape: number[];
  values: Float32Array | string[];
}

const SOURCES = { prob: 'probabilities', logits: 'logits', embedding: 'embedding' } as const;

/** What one picture got. */
export interface Inferred {
  prediction: Prediction;
  known?: number | undefined;
}

function outputTensor(output: WantedOutput, inferred: Inferred[], model: ModelInfo): OutputTensor {
  const { name } = output;
  const vectors = inferred.map(({ prediction, known }) =>
    name === 'known' ? Float32Array.of(known ?? 1) : prediction[SOURCES[name]],
  );
  const width = vectors[0]?.length ?? 0;
  if (output.classification === 0) {
    const values = new Float32Array(vectors.length * width);
    vectors.forEach((vector, i) => {
      values.set(vector, i * width);
    });
    return { name: output.name, datatype: 'FP32', shape: [vectors.length, width], values };
  }
  const options = { topK: Math.min(output.classification, width), minScore: -Infinity };
  const values = vectors.flatMap((vector) =>
    rankLabels(vector, model, options).map(({ score, index, label }) =>
      name === 'embedding' || name === 'known' ? `${score}:${index}` : `${score}:${index}:${label}`,
    ),
  );
  return { name: output.name, datatype: 'BYTES', shape: [vectors.length, options.topK], values };
}

function binaryOf({ values }: OutputTensor): Uint8Array {
  return Array.isArray(values) ? writeByteElements(values) : new Uint8Array(values.buffer as ArrayBuffer);
}

/** Throws ServiceError too-much-work for an answer that may become too long. */
export function inferResponse(
  c: Context<AppEnv>,
  id: string | undefined,
  outputs: WantedOutput[],
  inferred: Inferred[],
  model: ModelInfo,
): Response {
  const binaries: Uint8Array[] = [];
  const tensors = outputs.map((output) => {
    const tensor = outputTensor(output, inferred, model);
    const { name, datatype, shape } = tensor;
    if (!output.binary) return { name, datatype, shape, data: tensor.values };
    const bytes = binaryOf(tensor);
    binaries.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.byteLength } };
  });
  const answer = {
    ...(id === undefined ? {} : { id }),
    model_name: model.name,
    model_version: numericVersion(model),
    outputs: tensors,
  };
  if (binaries.length === 0) return jsonAnswer(c, answer);
  const header = new TextEncoder().encode([...jsonPieces(answer)].join(''));
  return bytesAnswer(c, [header, ...binaries], {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(header.byteLength),
  });
}
