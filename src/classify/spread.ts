// How far apart several answers to one photo lie (Gal and Ghahramani 2016): of each class the standard deviation; of all
// the predictive entropy H(mean p), and the mutual information H(mean p) - mean H(p), which is what the answers disagree
// about. In nats; by additions, multiplications, divisions and square roots of f64 alone, so that every machine has the same.
import { log } from '../heads/exact-math.ts';

export interface Spread {
  /** How many answers. */
  samples: number;
  /** f32, one per class. */
  deviation: Float32Array;
  entropy: number;
  mutualInformation: number;
}

function entropyOf(probabilities: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i] as number;
    if (p > 0) sum -= p * log(p);
  }
  return Math.max(0, sum);
}

function square(x: number): number {
  return x * x;
}

/** @param samples probabilities, f32 [classes] each, at least one */
export function spreadOf(samples: readonly Float32Array[]): Spread {
  const classes = samples[0]?.length ?? 0;
  const mean = new Float64Array(classes);
  for (const sample of samples)
    for (let c = 0; c < classes; c++) mean[c] = (mean[c] as number) + (sample[c] as number) / samples.length;
  const squares = new Float64Array(classes);
  let within = 0;
  for (const sample of samples) {
    within += entropyOf(sample) / samples.length;
    for (let c = 0; c < classes; c++)
      squares[c] = (squares[c] as number) + square((sample[c] as number) - (mean[c] as number));
  }
  const entropy = entropyOf(mean);
  return {
    samples: samples.length,
    deviation: Float32Array.from(squares, (sum) => Math.sqrt(sum / samples.length)),
    entropy,
    mutualInformation: Math.max(0, entropy - within),
  };
}
