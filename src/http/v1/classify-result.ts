// Pieces of the own routes' answers, in the wire's names.
import type { Classified } from '../../classify/classifier.ts';
import { MOST_PARENTS } from '../../classify/parents.ts';
import type { RankOptions } from '../../classify/rank.ts';
import { resultMembers } from '../../classify/result.ts';
import type { ModelInfo } from '../../network/model-info.ts';
import { jsonBytes } from '../json-pieces.ts';
import type { ClassifyQuery } from './schemas.ts';

export function rankOptions(query: Pick<ClassifyQuery, 'top_k' | 'min_score'>): RankOptions {
  return { topK: query.top_k, minScore: query.min_score };
}

export function readOptions({ exif, damaged, crops }: Pick<ClassifyQuery, 'exif' | 'damaged' | 'crops'>) {
  return { exif, damaged, crops: crops === '10' ? 10 : 1 } as const;
}

/** Of a picture's part: facts and names of members. */
const FRAME_BYTES = 512;
/** Of a prediction: its members and two numbers. */
const PREDICTION_BYTES = 100;
/** Of one character of a label in JSON. */
const CHARACTER_BYTES = 3;

/**
 * Length at most of what imageResult says, in JSON.
 * @param models the model, or the heads that were asked
 */
export function imageResultBytes(
  models: readonly ModelInfo[],
  { top_k, include, parents }: ClassifyQuery,
  { embedding, logits }: Classified['prediction'],
): number {
  const more = include?.split(',') ?? [];
  let bytes = FRAME_BYTES;
  for (const { labels } of models) {
    const longest = labels.reduce(
      (most, { words, synset = '' }) => Math.max(most, words.length + synset.length),
      0,
    );
    const count = top_k === 0 ? labels.length : Math.min(top_k, labels.length);
    bytes += FRAME_BYTES + count * (PREDICTION_BYTES + longest * CHARACTER_BYTES);
  }
  if (parents === '1')
    for (const model of models) {
      const lengths = model.parents?.map(({ words, synset }) => words.length + synset.length) ?? [];
      bytes += FRAME_BYTES + MOST_PARENTS * (PREDICTION_BYTES + Math.max(0, ...lengths) * CHARACTER_BYTES);
    }
  if (more.includes('logits')) bytes += jsonBytes(logits);
  if (more.includes('embedding')) bytes += jsonBytes(embedding);
  return bytes;
}

/** One picture's part of an answer. */
export function imageResult(classified: Classified, model: ModelInfo, query: ClassifyQuery) {
  const { reject, include = '', parents } = query;
  return resultMembers(classified, model, {
    ...rankOptions(query),
    reject,
    include: include.split(','),
    parents: parents === '1',
  });
}
