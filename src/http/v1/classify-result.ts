// Pieces of the own routes' answers, in the wire's names.
import type { Classified } from '../../classify/classifier.ts';
import type { RankOptions } from '../../classify/rank.ts';
import { resultMembers } from '../../classify/result.ts';
import type { ModelInfo } from '../../network/model-info.ts';
import type { ClassifyQuery } from './schemas.ts';

export function rankOptions(query: Pick<ClassifyQuery, 'top_k' | 'min_score'>): RankOptions {
  return { topK: query.top_k, minScore: query.min_score };
}

export function readOptions({ exif, crops }: Pick<ClassifyQuery, 'exif' | 'crops'>) {
  return { exif, crops: crops === '10' ? 10 : 1 } as const;
}

/** One picture's part of an answer. */
export function imageResult(classified: Classified, model: ModelInfo, query: ClassifyQuery) {
  const { reject, include = '' } = query;
  return resultMembers(classified, model, { ...rankOptions(query), reject, include: include.split(',') });
}
