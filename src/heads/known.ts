// "None of these": the score of src/network/known.ts, its quantiles, and the p-value that an answer carries.
import { type Known, QUANTILES } from '../network/known.ts';
import { energyOf } from './exact-math.ts';
import { inverseLength, linear } from './linear.ts';

/** Index of the largest; the first of equals. */
export function argmax(values: ArrayLike<number>, from = 0, count = values.length): number {
  let best = 0;
  for (let i = 1; i < count; i++)
    if ((values[from + i] as number) > (values[from + best] as number)) best = i;
  return best;
}

/** How much like the photos of its classes: higher is more. @param x activations of the layer */
export function knownScore({ energy, detector }: Known, x: Float32Array, logits: ArrayLike<number>): number {
  const score = (energyOf(logits) - energy.mean) / energy.std;
  if (!detector) return score;
  const { weight, scale, bias, std } = detector;
  return score + linear(weight, 0, x, inverseLength(x), scale, bias) / std;
}

/** p of a score, 1/65 to 1, among the predicted class's quantiles. */
export function pOf(quantiles: Float32Array, predicted: number, score: number): number {
  let notHigher = 0;
  for (let i = 0; i < QUANTILES; i++)
    if ((quantiles[predicted * QUANTILES + i] as number) <= score) notHigher++;
  return (1 + notHigher) / (QUANTILES + 1);
}

/** The p-value of a photo. Activations or logits that are the mean of several crops are as good as one's. */
export function knownP(known: Known, x: Float32Array, logits: ArrayLike<number>): number {
  return pOf(known.quantiles, argmax(logits), knownScore(known, x, logits));
}

/**
 * 64 order statistics that stand for n scores: the j-th is the k-th smallest, k = floor((j + 1)(n + 1) / 65), and
 * -infinity for k = 0, so that p is (m + 1) / (n + 1) of m scores not higher, rounded up to a 65th.
 */
export function quantilesOf(scores: readonly number[]): Float32Array {
  const sorted = [...scores].sort((a, b) => a - b);
  return Float32Array.from({ length: QUANTILES }, (_, j) => {
    const k = Math.floor(((j + 1) * (sorted.length + 1)) / (QUANTILES + 1));
    return k === 0 ? Number.NEGATIVE_INFINITY : (sorted[k - 1] as number);
  });
}

/** Below this many scores of its own, a class takes those of all: 20 are needed for p < 0.05. */
const OWN_SCORES = 20;

/** f32 [classes][64]. @param predicted class that each score's photo was given */
export function classQuantiles(
  scores: readonly number[],
  predicted: readonly number[],
  classes: number,
): Float32Array {
  const quantiles = new Float32Array(classes * QUANTILES);
  for (let c = 0; c < classes; c++) {
    const own = scores.filter((_, i) => predicted[i] === c);
    quantiles.set(quantilesOf(own.length < OWN_SCORES ? scores : own), c * QUANTILES);
  }
  return quantiles;
}

export function meanAndStd(values: readonly number[]): { mean: number; std: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  const std = Math.sqrt(squares / values.length);
  return { mean, std: std > 1e-9 ? std : 1 };
}
