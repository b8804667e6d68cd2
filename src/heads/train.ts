// Training a head: ridge regression on one-against-rest targets (+1, -1), classes balanced by weights. Layer, lambda
// and mirroring are those of the best exact leave-one-out accuracy; the temperature makes the left-out scores the most
// likely probabilities. No random start and no order: the same photos give the same bytes. No imports but this room's:
// a browser may load it.
import { energyOf, exp } from './exact-math.ts';
import { checkExamples, type Example, sortExamples } from './examples.ts';
import type { Head, HeadFacts } from './head.ts';
import { argmax, classQuantiles, meanAndStd, pOf } from './known.ts';
import { inverseLength } from './linear.ts';
import { quantizeRow } from './quantize-row.ts';
import { ridgeSteps } from './ridge.ts';
import { finish, Pieces } from './steps.ts';
import { fitTemperature } from './temperature.ts';

/** Dot products of u7 rows, exact: i32 [left][right]. The kernels have a fast one (src/engine/gram.ts). */
export type DotProducts = (left: readonly Uint8Array[], right: readonly Uint8Array[]) => Int32Array;

export interface TrainOptions {
  name: string;
  backbone: HeadFacts['backbone'];
  /** Layers to choose from. */
  layers: readonly string[];
  dotProducts: DotProducts;
}

/** What the head says of one photo, had it been left out of training. */
export interface LeftOut {
  /** The example's place in the list that was given. */
  example: number;
  label: number;
  predicted: number;
  /** Probability of its own label, and of the predicted one. */
  own: number;
  probability: number;
  known: number;
}

export interface Trained {
  head: Head;
  leftOut: LeftOut[];
  /** p-values of the photos of other things, left out of the detector. */
  strangers: number[];
}

const LAMBDAS = [0.003, 0.01, 0.03, 0.1, 0.3] as const;
/** Of the temperature, for each photo and class. */
const TEMPERATURE_MACS = 3_200;
const STRANGER_LAMBDA = 0.1;

interface Candidate {
  layer: string;
  views: 1 | 2;
  lambda: number;
  rows: Uint8Array[];
  alpha: Float64Array;
  leftOut: Float64Array;
  correct: number;
  error: number;
}

/** g(x, y) = x . y / (|x| |y|) + 1: the 1 stands for a bias. */
function gramOf(products: Int32Array, n: number): Float64Array {
  const inverse = Float64Array.from({ length: n }, (_, i) => {
    const square = products[i * n + i] as number;
    return square > 0 ? 1 / Math.sqrt(square) : 0;
  });
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++)
      gram[i * n + j] = (products[i * n + j] as number) * (inverse[i] as number) * (inverse[j] as number) + 1;
  return gram;
}

/** Weights that make every class count the same; their mean is 1. */
function balanced(labels: readonly number[], classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  return Float64Array.from(labels, (label) => labels.length / (classes * (counts[label] as number)));
}

function targets(labels: readonly number[], classes: number): Float64Array {
  const y = new Float64Array(labels.length * classes).fill(-1);
  labels.forEach((label, i) => {
    y[i * classes + label] = 1;
  });
  return y;
}

function* fitCandidates(
  examples: readonly Example[],
  labels: readonly number[],
  classes: number,
  layer: string,
  views: 1 | 2,
  lambdas: readonly number[],
  dotProducts: DotProducts,
): Generator<number, Candidate[], void> {
  const rows = examples.flatMap(({ layers }) => (layers[layer] ?? []).slice(0, views));
  const rowLabels = labels.flatMap((label) => new Array<number>(views).fill(label));
  const gram = gramOf(dotProducts(rows, rows), rows.length);
  const weights = balanced(rowLabels, classes);
  const y = targets(rowLabels, classes);
  const candidates: Candidate[] = [];
  for (const lambda of lambdas) {
    const { alpha, leftOut } = yield* ridgeSteps(gram.slice(), weights, y, classes, lambda, views);
    let correct = 0;
    let error = 0;
    labels.forEach((label, i) => {
      if (argmax(leftOut, i * classes, classes) === label) correct++;
      for (let c = 0; c < classes; c++) {
        const difference = (leftOut[i * classes + c] as number) - (c === label ? 1 : -1);
        error += difference * difference * (weights[i * views] as number);
      }
    });
    candidates.push({ layer, views, lambda, rows, alpha, leftOut, correct, error });
  }
  return candidates;
}

/** The weights of one output, f64 [inputs], and its bias: w = sum of alpha_i x_i / |x_i|, bias = sum of alpha_i. */
function weightsOf(
  { rows, alpha }: Candidate,
  inverse: readonly number[],
  output: number,
  outputs: number,
): { w: Float64Array; bias: number } {
  const w = new Float64Array(rows[0]?.length ?? 0);
  let bias = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Uint8Array;
    const factor = alpha[i * outputs + output] as number;
    bias += factor;
    const scaled = factor * (inverse[i] as number);
    for (let k = 0; k < row.length; k++) w[k] = (w[k] as number) + scaled * (row[k] as number);
  }
  return { w, bias };
}

/** All rows of a candidate as i8 with scales and biases. */
function* quantized(candidate: Candidate, outputs: number) {
  const pieces = new Pieces();
  const inverse = candidate.rows.map(inverseLength);
  const inputs = candidate.rows[0]?.length ?? 0;
  const weight = new Int8Array(outputs * inputs);
  const scale = new Float32Array(outputs);
  const bias = new Float32Array(outputs);
  for (let o = 0; o < outputs; o++) {
    const found = weightsOf(candidate, inverse, o, outputs);
    yield* pieces.add(candidate.rows.length * inputs);
    scale[o] = quantizeRow(found.w, weight, o * inputs);
    bias[o] = found.bias;
  }
  return { weight, scale, bias };
}

/** A detector of strangers and its left-out outputs: of the photos of the classes, then of the strangers. */
export function* fitDetector(
  examples: readonly Example[],
  strangers: readonly Example[],
  layer: string,
  dotProducts: DotProducts,
) {
  const labels = [...examples.map(() => 0), ...strangers.map(() => 1)];
  const all = [...examples, ...strangers];
  const [candidate] = yield* fitCandidates(all, labels, 2, layer, 1, [STRANGER_LAMBDA], dotProducts);
  if (!candidate) throw new RangeError('expected a detector');
  const outputs = labels.map((_, i) => candidate.leftOut[i * 2] as number);
  const { mean, std } = meanAndStd(outputs.slice(0, examples.length));
  const { weight, scale, bias } = yield* quantized(candidate, 2);
  return {
    detector: {
      weight: weight.slice(0, weight.length / 2),
      scale: scale[0] as number,
      bias: (bias[0] as number) - mean,
      std,
    },
    leftOut: outputs.map((output) => (output - mean) / std),
  };
}

/** Scores of what a stranger gets from the head (fitted without strangers). @param inverse 1 / |x| of each row */
function logitsOf(
  candidate: Candidate,
  x: Uint8Array,
  classes: number,
  products: Int32Array,
  inverse: readonly number[],
): Float64Array {
  const logits = new Float64Array(classes);
  const own = inverseLength(x);
  inverse.forEach((other, i) => {
    const g = (products[i] as number) * own * other + 1;
    for (let c = 0; c < classes; c++)
      logits[c] = (logits[c] as number) + g * (candidate.alpha[i * classes + c] as number);
  });
  return logits;
}

/** Multiply-adds of a training, about; the Gram matrix, of integers, is hardly any of it. */
export function trainingMacs(given: readonly Example[], layers: readonly string[]): number {
  const labels = new Set(given.map(({ label }) => label));
  const strangers = given.filter(({ label }) => label === undefined).length;
  const classes = labels.size - (strangers > 0 ? 1 : 0);
  const views = Math.max(1, ...layers.map((layer) => given[0]?.layers[layer]?.length ?? 1));
  const inputs = Math.max(0, ...layers.map((layer) => given[0]?.layers[layer]?.[0]?.length ?? 0));
  const solution = (n: number, outputs: number) => n ** 3 / 3 + n ** 2 * outputs;
  let macs = given.length * inputs * (classes + 2);
  for (let view = 1; view <= views; view++)
    macs += layers.length * LAMBDAS.length * solution((given.length - strangers) * view, classes);
  macs += TEMPERATURE_MACS * given.length * classes;
  return macs + (strangers > 0 ? solution(given.length, 2) : 0);
}

/** Trains at once, as trainSteps. @param progress multiply-adds done of all */
export function train(
  given: readonly Example[],
  options: TrainOptions,
  progress?: (done: number, total: number) => void,
): Trained {
  const total = trainingMacs(given, options.layers);
  let done = 0;
  const trained = finish(trainSteps(given, options), (macs) => {
    done = Math.min(total, done + macs);
    progress?.(done, total);
  });
  progress?.(total, total);
  return trained;
}

/**
 * Trains on examples with one label each; those without one are photos of other things. In pieces: steps.ts.
 * Throws ServiceError bad-examples or too-many-examples (examples.ts).
 */
export function* trainSteps(
  given: readonly Example[],
  options: TrainOptions,
): Generator<number, Trained, void> {
  const { name, backbone, layers, dotProducts } = options;
  const labels = checkExamples(given, layers);
  const { examples, strangers } = sortExamples(given, labels, layers[0] ?? '');
  const label = examples.map(({ example }) => labels.indexOf(example.label ?? ''));
  const list = examples.map(({ example }) => example);
  const twoViews = list.every((example) => layers.every((layer) => (example.layers[layer]?.length ?? 0) > 1));
  const kinds = layers.flatMap((layer) =>
    (twoViews ? ([1, 2] as const) : ([1] as const)).map((views) => ({ layer, views })),
  );
  const classes = labels.length;
  let best: Candidate | undefined;
  for (const { layer, views } of kinds)
    for (const candidate of yield* fitCandidates(list, label, classes, layer, views, LAMBDAS, dotProducts))
      if (
        !best ||
        candidate.correct > best.correct ||
        (candidate.correct === best.correct && candidate.error < best.error)
      )
        best = candidate;
  if (!best) throw new RangeError('expected a layer to train on');
  const chosen = best;
  const temperature = yield* fitTemperature(chosen.leftOut, label, classes);
  const scores = label.map((_, i) => chosen.leftOut.subarray(i * classes, (i + 1) * classes));
  const energies = scores.map((score) => energyOf(score, 1 / temperature));
  const energy = meanAndStd(energies);
  const found =
    strangers.length > 0
      ? yield* fitDetector(
          list,
          strangers.map(({ example }) => example),
          chosen.layer,
          dotProducts,
        )
      : undefined;
  const standardised = (value: number, at: number) =>
    (value - energy.mean) / energy.std + (found?.leftOut[at] ?? 0);
  const knownScores = energies.map(standardised);
  const predicted = scores.map((score) => argmax(score));
  const quantiles = classQuantiles(knownScores, predicted, classes);
  const leftOut = examples.map(({ index }, i): LeftOut => {
    const score = scores[i] as Float64Array;
    const shares = sharesOf(score, temperature);
    const winner = predicted[i] as number;
    return {
      example: index,
      label: label[i] as number,
      predicted: winner,
      own: shares[label[i] as number] as number,
      probability: shares[winner] as number,
      known: pOf(quantiles, winner, knownScores[i] as number),
    };
  });
  const strangerRows = strangers.map(({ example }) => example.layers[chosen.layer]?.[0] ?? new Uint8Array(0));
  const n = chosen.rows.length;
  const products = strangers.length > 0 ? dotProducts(strangerRows, chosen.rows) : new Int32Array(0);
  const inverse = chosen.rows.map(inverseLength);
  const strangerP = strangerRows.map((x, i) => {
    const logits = logitsOf(chosen, x, classes, products.subarray(i * n, (i + 1) * n), inverse);
    const score = standardised(energyOf(logits, 1 / temperature), list.length + i);
    return pOf(quantiles, argmax(logits), score);
  });
  const { weight, scale, bias } = yield* quantized(chosen, classes);
  const photos = labels.map((_, c) => label.filter((each) => each === c).length);
  const inputs = chosen.rows[0]?.length ?? 0;
  return {
    head: {
      facts: {
        name,
        backbone,
        layer: chosen.layer,
        inputs,
        labels,
        temperature,
        lambda: chosen.lambda,
        mirrored: chosen.views === 2,
        photos,
        strangers: strangers.length,
        correct: chosen.correct,
      },
      weight,
      scale,
      bias,
      known: { layer: chosen.layer, energy, ...(found ? { detector: found.detector } : {}), quantiles },
    },
    leftOut,
    strangers: strangerP,
  };
}

function sharesOf(score: Float64Array, temperature: number): number[] {
  const energy = energyOf(score, 1 / temperature);
  return Array.from(score, (value) => exp(value / temperature - energy));
}
