// Scores as a ranking of classes.
import { topK } from '../engine/top-k.ts';
import type { ModelInfo } from '../network/model-info.ts';

export interface RankOptions {
  /** Number of predictions; 0 = all classes. */
  topK: number;
  /** Predictions below this score are left out. */
  minScore: number;
}

export interface ScoredLabel {
  index: number;
  synset?: string;
  label: string;
  score: number;
}

/**
 * The best classes, highest score first, ties by lower index.
 * @param scores f32, one per class
 */
export function rankLabels(scores: Float32Array, model: ModelInfo, options: RankOptions): ScoredLabel[] {
  return topK(scores, options.topK)
    .map((index) => {
      const { synset, words } = model.labels[index] ?? { words: String(index) };
      return { index, ...(synset === undefined ? {} : { synset }), label: words, score: scores[index] ?? 0 };
    })
    .filter(({ score }) => score >= options.minScore);
}
