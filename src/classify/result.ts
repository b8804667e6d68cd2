// What is said of one picture, in the wire's names: the members that an answer to a request and a line of a job have
// in common.
import type { ModelInfo } from '../network/model-info.ts';
import type { Classified } from './classifier.ts';
import { sumParents } from './parents.ts';
import { type RankOptions, rankLabels } from './rank.ts';

export interface ResultOptions extends RankOptions {
  /** Pictures whose p-value is below it are `none_of_these`. */
  reject: number;
  /** `logits`, `embedding`. */
  include: readonly string[];
  /** Sums of the kinds of several classes, too, where the model knows them and no head answers. */
  parents?: boolean;
}

/** Digits of the checksum that name a version; also part of the object's key. */
const VERSION_DIGITS = 12;

export function modelVersion({ sha256 }: ModelInfo): string {
  return sha256.slice(0, VERSION_DIGITS);
}

export function modelName(model: ModelInfo) {
  return { name: model.name, version: modelVersion(model), sha256: model.sha256 };
}

/** The threshold of those who name none. */
const DEFAULT_REJECT = 0.05;

/** Members about photos of something else; none where the model does not say. */
export function knownMembers(known: number | undefined, reject = DEFAULT_REJECT) {
  return known === undefined ? {} : { known, none_of_these: known < reject };
}

export function resultMembers(
  { picture, prediction, known, heads = [] }: Classified,
  model: ModelInfo,
  options: ResultOptions,
) {
  const { format, width, height, orientation, warnings } = picture;
  const { include, reject, minScore } = options;
  const parents = options.parents && heads.length === 0 ? model.parents : undefined;
  return {
    image: { format, width, height, orientation, ...(warnings.length > 0 ? { warnings } : {}) },
    predictions: rankLabels(prediction.probabilities, model, options),
    ...(parents ? { parents: sumParents(prediction.probabilities, parents, minScore) } : {}),
    ...knownMembers(known, reject),
    ...(heads.length > 1
      ? {
          heads: heads.map((head) => ({
            model: modelName(head.model),
            predictions: rankLabels(head.probabilities, head.model, options),
            ...knownMembers(head.known, reject),
          })),
        }
      : {}),
    ...(include.includes('logits') ? { logits: prediction.logits } : {}),
    ...(include.includes('embedding') ? { embedding: prediction.embedding } : {}),
  };
}
