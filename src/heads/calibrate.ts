// Calibration of a model for "none of these" from photos of its classes and, where there are some, of other things:
// energy, a detector by ridge regression (left-out scores), 64 quantiles for each predicted class.
import type { Known } from '../network/known.ts';
import { energyOf } from './exact-math.ts';
import type { Example } from './examples.ts';
import { argmax, classQuantiles, meanAndStd } from './known.ts';
import { finish } from './steps.ts';
import { type DotProducts, fitDetector } from './train.ts';

export interface Observed {
  /** f32, one a class. */
  logits: Float32Array;
  /** u7 of the layer that the detector reads. */
  features: Uint8Array;
}

export function calibrate(
  photos: readonly Observed[],
  others: readonly Observed[],
  layer: string,
  dotProducts: DotProducts,
): Known {
  const energies = photos.map(({ logits }) => energyOf(logits));
  const energy = meanAndStd(energies);
  const example = ({ features }: Observed): Example => ({ label: '', layers: { [layer]: [features] } });
  const found =
    others.length > 0
      ? finish(fitDetector(photos.map(example), others.map(example), layer, dotProducts))
      : undefined;
  const scores = energies.map((value, i) => (value - energy.mean) / energy.std + (found?.leftOut[i] ?? 0));
  const predicted = photos.map(({ logits }) => argmax(logits));
  const quantiles = classQuantiles(scores, predicted, photos[0]?.logits.length ?? 0);
  return { layer, energy, ...(found ? { detector: found.detector } : {}), quantiles };
}
