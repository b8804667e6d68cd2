// What is said of one picture, out of everything that was computed of it: its crops averaged, then its samples (copies in
// other light, masks of dropout), for the model or for each of the heads that were asked.
import type { Prediction } from '../engine/engine.ts';
import { ServiceError } from '../errors.ts';
import type { ServedHead } from '../heads/catalog.ts';
import { knownP } from '../heads/known.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { type HeadResult, headResult } from './heads.ts';
import { type Spread, spreadOf } from './spread.ts';
import { averagePredictions } from './ten-crop.ts';

export interface Said {
  /** Of the model, or of the first head where heads were asked for. */
  prediction: Prediction;
  /** p-value of being like the photos that the model was trained on; none: the model does not say. */
  known?: number | undefined;
  /** How far the averaged answers lie apart, where they are meant to differ: relight and dropout. */
  spread?: Spread | undefined;
  /** What each head says, where heads were asked for. */
  heads?: HeadResult[];
  /** The members of an ensemble, where one was asked. */
  ensemble?: ModelInfo[];
}

/** Where the model can say it: its calibration reads what the last dense layer reads. */
function knownOf({ embedding, logits }: Prediction, { known }: ModelInfo): number | undefined {
  if (!known) return undefined;
  const fits = !known.detector || known.detector.weight.length === embedding.length;
  return fits ? knownP(known, embedding, logits) : undefined;
}

/** What the model, or each head, says of a crop under each mask: [pass][asked]. */
export type Outcome = Prediction[][];

/** The mean over the crops of a picture, of each mask and of what was asked. */
export function averageCrops(crops: readonly Outcome[]): Outcome {
  const [first = []] = crops;
  return first.map((asked, pass) =>
    asked.map((_, i) => averagePredictions(crops.flatMap((outcome) => outcome[pass]?.[i] ?? []))),
  );
}

/**
 * The mean of samples. @param differ whether they are meant to differ, so that their spread says something
 * @param heads those that were asked; none: the model was
 */
export function saidOf(
  samples: Outcome,
  heads: readonly ServedHead[],
  model: ModelInfo,
  differ: boolean,
): Said {
  const [asked = []] = samples;
  const all = asked.map((_, i) => {
    const each = samples.flatMap((sample) => sample[i] ?? []);
    const spread = differ ? spreadOf(each.map(({ probabilities }) => probabilities)) : undefined;
    return { prediction: averagePredictions(each), spread };
  });
  const [first] = all;
  if (!first) throw new ServiceError('internal', 'expected a prediction of each picture');
  if (heads.length === 0) return { ...first, known: knownOf(first.prediction, model) };
  const results = heads.flatMap((head, i) => {
    const said = all[i];
    return said ? [headResult(head, said.prediction, model, said.spread)] : [];
  });
  return { ...first, known: results[0]?.known, heads: results };
}
