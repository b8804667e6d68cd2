// What heads say of one picture, from the activations of its crops, and the model that a head is to the outside.
import type { ServedHead } from '../heads/catalog.ts';
import { predict } from '../heads/head.ts';
import { knownP } from '../heads/known.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { mean } from './ten-crop.ts';

export interface HeadResult {
  model: ModelInfo;
  logits: Float32Array;
  probabilities: Float32Array;
  /** f32: what the head read. */
  embedding: Float32Array;
  known: number;
}

/** The backbone under the head's name, with its classes. */
export function headModel(model: ModelInfo, { head, sha256 }: ServedHead): ModelInfo {
  const { name, labels, correct, photos } = head.facts;
  const all = photos.reduce((sum, count) => sum + count, 0);
  return {
    ...model,
    name,
    sha256,
    labels: labels.map((words) => ({ words })),
    source: {
      from: `a head on ${model.name}, trained on ${all} photos`,
      sha256,
      licence: model.source.licence,
      accuracy: `${((100 * correct) / all).toFixed(1)} % by leave-one-out`,
    },
    known: head.known,
  };
}

/** The layers that heads read, each once. */
export function headLayers(heads: readonly ServedHead[]): string[] {
  return [...new Set(heads.map(({ head }) => head.facts.layer))];
}

/** @param crops f32 activations of each crop, one vector a layer in the order of headLayers */
export function scoreHeads(
  heads: readonly ServedHead[],
  crops: readonly Float32Array[][],
  model: ModelInfo,
): HeadResult[] {
  const layers = headLayers(heads);
  return heads.map((served) => {
    const at = layers.indexOf(served.head.facts.layer);
    const read = crops.map((vectors) => vectors[at] ?? new Float32Array(0));
    const predicted = read.map((x) => predict(served.head, x));
    const logits = mean(predicted.map(({ logits }) => logits));
    const embedding = mean(read);
    return {
      model: headModel(model, served),
      logits,
      probabilities: mean(predicted.map(({ probabilities }) => probabilities)),
      embedding,
      known: knownP(served.head.known, embedding, logits),
    };
  });
}
