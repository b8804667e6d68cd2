// What is said of one picture, in the wire's names: the members that an answer to a request and a line of a job have
// in common.
import type { Prediction } from '../engine/engine.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { type Dims, project } from '../retrieval/projection.ts';
import type { Classified } from './classifier.ts';
import { sumParents } from './parents.ts';
import { type RankOptions, rankLabels } from './rank.ts';
import type { Spread } from './spread.ts';

export interface ResultOptions extends RankOptions {
  /** Pictures whose p-value is below it are `none_of_these`. */
  reject: number;
  /** `logits`, `embedding`. */
  include: readonly string[];
  /** The embedding as the vector of so many numbers that indexes of photos are made of. */
  dims?: Dims | undefined;
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

/** The ranking, with the deviation of each score where several answers were averaged. */
function predictions(
  { probabilities }: Prediction,
  spread: Spread | undefined,
  model: ModelInfo,
  options: RankOptions,
) {
  return rankLabels(probabilities, model, options).map((ranked) => ({
    ...ranked,
    ...(spread ? { deviation: spread.deviation[ranked.index] ?? 0 } : {}),
  }));
}

function uncertainty(spread: Spread | undefined) {
  if (!spread) return {};
  const { samples, entropy, mutualInformation } = spread;
  return { uncertainty: { samples, entropy, mutual_information: mutualInformation } };
}

/** What the last layer reads, or the vector that indexes of photos keep of it. */
function embeddingOf({ embedding }: Prediction, dims: Dims | undefined): number[] {
  return Array.from(dims === undefined || embedding.length === 0 ? embedding : project(embedding, dims));
}

export function resultMembers(
  { picture, prediction, known, spread, heads = [], ensemble }: Classified,
  model: ModelInfo,
  options: ResultOptions,
) {
  const { format, width, height, orientation, warnings } = picture;
  const { include, reject, minScore, dims } = options;
  const parents = options.parents && heads.length === 0 ? model.parents : undefined;
  return {
    image: { format, width, height, orientation, ...(warnings.length > 0 ? { warnings } : {}) },
    predictions: predictions(prediction, spread, model, options),
    ...(parents ? { parents: sumParents(prediction.probabilities, parents, minScore) } : {}),
    ...uncertainty(spread),
    ...knownMembers(known, reject),
    ...(heads.length > 1
      ? {
          heads: heads.map((head) => ({
            model: modelName(head.model),
            predictions: predictions(head, head.spread, head.model, options),
            ...uncertainty(head.spread),
            ...knownMembers(head.known, reject),
          })),
        }
      : {}),
    ...(ensemble ? { ensemble: ensemble.map(modelName) } : {}),
    ...(include.includes('logits') ? { logits: prediction.logits } : {}),
    ...(include.includes('embedding') ? { embedding: embeddingOf(prediction, dims) } : {}),
  };
}
