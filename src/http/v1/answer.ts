// Pieces of the own routes' answers, in the wire's names.
import type { Classified, Classifier, ReadOptions } from '../../classify/classifier.ts';
import { type RankOptions, rankLabels } from '../../classify/rank.ts';
import type { Silence } from '../../classify/silence.ts';
import type { Spread } from '../../classify/spread.ts';
import type { Prediction } from '../../engine/engine.ts';
import { ServiceError } from '../../errors.ts';
import type { ModelInfo } from '../../network/model-info.ts';
import { NARROW, project, WIDE } from '../../retrieval/projection.ts';
import { modelName } from './model-name.ts';
import type { ClassifyQuery } from './schemas.ts';

export function rankOptions(query: Pick<ClassifyQuery, 'top_k' | 'min_score'>): RankOptions {
  return { topK: query.top_k, minScore: query.min_score };
}

/** Whom the request asks: the model, heads, or an ensemble. Throws ServiceError as useHeads and useEnsemble do. */
export async function useAsked(
  classifier: Classifier,
  { head, ensemble }: Pick<ClassifyQuery, 'head' | 'ensemble'>,
): Promise<void> {
  if (head && ensemble)
    throw new ServiceError('bad-parameter', 'ensemble: expected without head, got both', {
      members: { parameter: 'ensemble' },
    });
  if (head) await classifier.useHeads(head);
  if (ensemble) await classifier.useEnsemble(ensemble);
}

type SilenceQuery = Pick<ClassifyQuery, 'towers' | 'after' | 'without'>;

/** What is to be switched off; undefined: nothing. Throws ServiceError bad-parameter for a layer without a tower. */
export function silenceOf({ towers, after, without }: SilenceQuery): Silence | undefined {
  const tower = towers === undefined || towers === 'both' ? undefined : towers === '1' ? 1 : 2;
  if (after !== undefined && towers === undefined)
    throw new ServiceError('bad-parameter', 'after: expected together with towers', {
      members: { parameter: 'after' },
    });
  return tower === undefined && without === undefined ? undefined : { tower, after, without };
}

type ReadQuery = SilenceQuery & Pick<ClassifyQuery, 'exif' | 'crops' | 'relight' | 'dropout' | 'seed'>;

/** How a picture is to be read and averaged. Throws ServiceError bad-parameter. */
export function readOptions(query: ReadQuery): ReadOptions {
  const { exif, crops, relight, dropout, seed } = query;
  return {
    exif,
    crops: crops === '10' ? 10 : 1,
    relight: relight === undefined ? undefined : { copies: relight, seed: seed ?? 0 },
    dropout: dropout === undefined ? undefined : { passes: dropout, seed: seed ?? 0 },
    silence: silenceOf(query),
  };
}

/** The ranking, with the deviation of each score where several answers were averaged. */
function predictions(
  { probabilities }: Prediction,
  spread: Spread | undefined,
  model: ModelInfo,
  query: ClassifyQuery,
) {
  return rankLabels(probabilities, model, rankOptions(query)).map((ranked) => ({
    ...ranked,
    ...(spread ? { deviation: spread.deviation[ranked.index] ?? 0 } : {}),
  }));
}

/** What the last layer reads, or the vector that indexes of photos keep of it. */
function embeddingOf({ embedding }: Prediction, { dims }: ClassifyQuery): number[] {
  if (dims === undefined || embedding.length === 0) return Array.from(embedding);
  return Array.from(project(embedding, dims === '256' ? NARROW : WIDE));
}

function uncertainty(spread: Spread | undefined) {
  if (!spread) return {};
  const { samples, entropy, mutualInformation } = spread;
  return { uncertainty: { samples, entropy, mutual_information: mutualInformation } };
}

/** Members about photos of something else; none where the model does not say. */
function knownMembers(known: number | undefined, reject: number) {
  return known === undefined ? {} : { known, none_of_these: known < reject };
}

/** One picture's part of an answer. */
export function imageResult(
  { picture, prediction, known, spread, heads = [], ensemble }: Classified,
  model: ModelInfo,
  query: ClassifyQuery,
) {
  const { format, width, height, orientation } = picture;
  const include = query.include?.split(',') ?? [];
  return {
    image: { format, width, height, orientation },
    predictions: predictions(prediction, spread, model, query),
    ...uncertainty(spread),
    ...knownMembers(known, query.reject),
    ...(heads.length > 1
      ? {
          heads: heads.map((head) => ({
            model: modelName(head.model),
            predictions: predictions(head, head.spread, head.model, query),
            ...uncertainty(head.spread),
            ...knownMembers(head.known, query.reject),
          })),
        }
      : {}),
    ...(ensemble ? { ensemble: ensemble.map(modelName) } : {}),
    ...(include.includes('logits') ? { logits: Array.from(prediction.logits) } : {}),
    ...(include.includes('embedding') ? { embedding: embeddingOf(prediction, query) } : {}),
  };
}
