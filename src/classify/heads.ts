// What heads say of one picture, from the activations of its crops, and the model that a head is to the outside.
import type { Prediction } from '../engine/engine.ts';
import type { ServedHead } from '../heads/catalog.ts';
import { predict } from '../heads/head.ts';
import { knownP } from '../heads/known.ts';
import type { ModelInfo } from '../network/model-info.ts';
import type { Spread } from './spread.ts';

/** A head's prediction; `embedding` is what it read. */
export interface HeadResult extends Prediction {
  model: ModelInfo;
  known: number;
  /** Where several answers were averaged that are meant to differ. */
  spread?: Spread | undefined;
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

/** What each head says of activations: one vector a layer, in the order of headLayers. */
export function headPredictions(
  heads: readonly ServedHead[],
  activations: readonly Float32Array[],
): Prediction[] {
  const layers = headLayers(heads);
  return heads.map(({ head }) => {
    const embedding = activations[layers.indexOf(head.facts.layer)] ?? new Float32Array(0);
    const { logits, probabilities } = predict(head, embedding);
    return { logits, probabilities, embedding };
  });
}

/** The answer of a head. @param prediction the mean of its crops and samples */
export function headResult(
  served: ServedHead,
  prediction: Prediction,
  model: ModelInfo,
  spread: Spread | undefined,
): HeadResult {
  const known = knownP(served.head.known, prediction.embedding, prediction.logits);
  return { ...prediction, model: headModel(model, served), known, spread };
}
