// The temperature of a head: softmax(scores / T) under which the left-out photos' own labels are the most likely. The
// negative log likelihood is convex in 1 / T: bisection on its slope, a fixed number of steps.
import { energyOf, exp } from './exact-math.ts';
import { Pieces } from './steps.ts';

const STEPS = 40;
/** What an exponential costs, in multiply-adds. */
const EXP_MACS = 80;
/** Bounds of 1 / T. */
const LOWEST = 0.1;
const HIGHEST = 100;

/** Slope of the negative log likelihood: sum over photos of (expected score - own score). */
function slope(scores: Float64Array, labels: readonly number[], classes: number, inverse: number): number {
  let sum = 0;
  labels.forEach((label, i) => {
    const score = scores.subarray(i * classes, (i + 1) * classes);
    const energy = energyOf(score, inverse);
    for (const value of score) sum += value * exp(value * inverse - energy);
    sum -= score[label] as number;
  });
  return sum;
}

/** Yields as steps.ts says. @param scores f64 [photos][classes] */
export function* fitTemperature(
  scores: Float64Array,
  labels: readonly number[],
  classes: number,
): Generator<number, number, void> {
  const pieces = new Pieces();
  let low = LOWEST;
  let high = HIGHEST;
  for (let step = 0; step < STEPS; step++) {
    // The geometric mean: 1 / T is a scale.
    const middle = Math.sqrt(low * high);
    if (slope(scores, labels, classes, middle) < 0) low = middle;
    else high = middle;
    yield* pieces.add(labels.length * classes * EXP_MACS);
  }
  return 1 / Math.sqrt(low * high);
}
