// Pieces of the own routes' answers, in the wire's names.
import type { Classified } from '../../classify/classifier.ts';
import { sumParents } from '../../classify/parents.ts';
import { type RankOptions, rankLabels } from '../../classify/rank.ts';
import type { ModelInfo } from '../../network/model-info.ts';
import { modelName } from './model-name.ts';
import type { ClassifyQuery } from './schemas.ts';

export function rankOptions(query: Pick<ClassifyQuery, 'top_k' | 'min_score'>): RankOptions {
  return { topK: query.top_k, minScore: query.min_score };
}

export function readOptions({ exif, crops }: Pick<ClassifyQuery, 'exif' | 'crops'>) {
  return { exif, crops: crops === '10' ? 10 : 1 } as const;
}

/** Members about photos of something else; none where the model does not say. */
function knownMembers(known: number | undefined, reject: number) {
  return known === undefined ? {} : { known, none_of_these: known < reject };
}

/** One picture's part of an answer. */
export function imageResult(
  { picture, prediction, known, heads = [] }: Classified,
  model: ModelInfo,
  query: ClassifyQuery,
) {
  const { format, width, height, orientation } = picture;
  const include = query.include?.split(',') ?? [];
  return {
    image: { format, width, height, orientation },
    predictions: rankLabels(prediction.probabilities, model, rankOptions(query)),
    ...(query.parents === '1' && heads.length === 0 && model.parents
      ? { parents: sumParents(prediction.probabilities, model.parents, query.min_score) }
      : {}),
    ...knownMembers(known, query.reject),
    ...(heads.length > 1
      ? {
          heads: heads.map((head) => ({
            model: modelName(head.model),
            predictions: rankLabels(head.probabilities, head.model, rankOptions(query)),
            ...knownMembers(head.known, query.reject),
          })),
        }
      : {}),
    ...(include.includes('logits') ? { logits: Array.from(prediction.logits) } : {}),
    ...(include.includes('embedding') ? { embedding: Array.from(prediction.embedding) } : {}),
  };
}
