// The kinds of things that several classes of a model are ("dog" of many breeds), as the model file says them: WordNet's
// hypernyms, with the classes below each.
import * as v from 'valibot';

export interface Parent {
  synset: string;
  words: string;
  /** Indices of classes as ranges: first, last, first, last, ..., ascending. */
  classes: number[];
}

/** ImageNet's 1000 classes have some 500. */
const MOST_PARENTS = 5000;

const index = v.pipe(v.number(), v.safeInteger('a whole number'), v.minValue(0));

export const ParentsField = v.pipe(
  v.array(
    v.object({
      synset: v.string(),
      words: v.string(),
      classes: v.pipe(
        v.array(index),
        v.check(
          (ranges) =>
            ranges.length % 2 === 0 && ranges.every((each, i) => i === 0 || each >= (ranges[i - 1] ?? 0)),
          'ascending pairs of indices',
        ),
      ),
    }),
  ),
  v.maxLength(MOST_PARENTS, `at most ${MOST_PARENTS} parents`),
);
