// What the classes of a picture have in common: the sums of their probabilities for each kind that the model knows.
import type { Parent } from '../network/parents.ts';

export interface ScoredParent {
  synset: string;
  label: string;
  score: number;
  /** Number of classes that are of this kind. */
  classes: number;
}

/** Kinds below this share say nothing. */
const LEAST_SCORE = 0.05;
export const MOST_PARENTS = 20;

/**
 * Kinds with a score of at least `minScore` and 0.05, the most special first: by the number of their classes, then by
 * score; at most 20.
 * @param probabilities f32, one per class
 */
export function sumParents(
  probabilities: Float32Array,
  parents: readonly Parent[],
  minScore: number,
): ScoredParent[] {
  const scored = parents.map(({ synset, words, classes: ranges }) => {
    let score = 0;
    let classes = 0;
    for (let i = 0; i + 1 < ranges.length; i += 2) {
      const part = probabilities.subarray(ranges[i], (ranges[i + 1] ?? 0) + 1);
      classes += part.length;
      for (const value of part) score += value;
    }
    return { synset, label: words, score: Math.min(1, score), classes };
  });
  return scored
    .filter(({ score }) => score >= Math.max(LEAST_SCORE, minScore))
    .sort((a, b) => a.classes - b.classes || b.score - a.score)
    .slice(0, MOST_PARENTS);
}
