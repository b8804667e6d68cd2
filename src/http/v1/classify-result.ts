// Pieces of the own routes' answers, in the wire's names.
import type { Classified, Classifier, ReadOptions } from '../../classify/classifier.ts';
import { MOST_PARENTS } from '../../classify/parents.ts';
import type { RankOptions } from '../../classify/rank.ts';
import { resultMembers } from '../../classify/result.ts';
import type { Silence } from '../../classify/silence.ts';
import { ServiceError } from '../../errors.ts';
import type { ModelInfo } from '../../network/model-info.ts';
import { NARROW, WIDE } from '../../retrieval/projection.ts';
import { jsonBytes } from '../json-pieces.ts';
import type { ClassifyQuery } from './schemas.ts';

export function rankOptions(query: Pick<ClassifyQuery, 'top_k' | 'min_score'>): RankOptions {
  return { topK: query.top_k, minScore: query.min_score };
}

/** Of a picture's part: facts and names of members. */
const FRAME_BYTES = 512;
/** Of a prediction: its members and three numbers. */
const PREDICTION_BYTES = 140;
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

type ReadQuery = SilenceQuery &
  Pick<ClassifyQuery, 'exif' | 'damaged' | 'crops' | 'relight' | 'dropout' | 'seed'>;

/** How a picture is to be read and averaged. Throws ServiceError bad-parameter. */
export function readOptions(query: ReadQuery): ReadOptions {
  const { exif, damaged, crops, relight, dropout, seed } = query;
  return {
    exif,
    damaged,
    crops: crops === '10' ? 10 : 1,
    relight: relight === undefined ? undefined : { copies: relight, seed: seed ?? 0 },
    dropout: dropout === undefined ? undefined : { passes: dropout, seed: seed ?? 0 },
    silence: silenceOf(query),
  };
}

/** One picture's part of an answer. */
export function imageResult(classified: Classified, model: ModelInfo, query: ClassifyQuery) {
  const { reject, include = '', dims, parents } = query;
  return resultMembers(classified, model, {
    ...rankOptions(query),
    reject,
    include: include.split(','),
    dims: dims === undefined ? undefined : dims === '256' ? NARROW : WIDE,
    parents: parents === '1',
  });
}
