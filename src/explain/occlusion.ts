// Which part of a picture mattered: the score of a class when a square of the picture is covered by the mean colour,
// for squares on a grid. Source: Zeiler and Fergus 2014, section 4.2. A request computes a slice of the grid, so that
// its work is bounded; the client asks slice by slice.
import type { Classifier } from '../classify/classifier.ts';
import { MAX_BATCH } from '../engine/plan.ts';
import { topK } from '../engine/top-k.ts';
import { badParameter, ServiceError } from '../errors.ts';
import type { ModelInfo } from '../network/model-info.ts';

export const MAX_GRID = 32;
/** Squares of one request: with the whole picture they share one run of the dense layers. */
export const MAX_SQUARES = MAX_BATCH - 1;
/** The covered square's side as a part of the picture's. */
const SQUARE_SHARE = 0.25;

export interface OcclusionOptions {
  /** Squares along one side. */
  grid: number;
  /** First square, counted row by row from the top left. */
  from: number;
  /** Index of the class; undefined: the best one of the whole picture. */
  label: number | undefined;
}

export interface Occlusion {
  model: ModelInfo;
  label: number;
  /** Score of the whole picture. */
  whole: number;
  /** Side of a square in pixels. */
  square: number;
  /** One for each square from `from` on. */
  scores: number[];
}

/** First pixel of the square at a grid position; the last square ends at the border. */
function offset(position: number, grid: number, margin: number): number {
  return Math.round((position * margin) / (grid - 1));
}

function cover(pixels: Uint8Array, size: number, square: number, top: number, left: number, mean: number[]) {
  const covered = pixels.slice();
  for (let y = top; y < top + square; y++)
    for (let x = left; x < left + square; x++) covered.set(mean, (y * size + x) * 3);
  return covered;
}

/**
 * @param pixels u8 RGB [size][size][3]
 * Throws ServiceError: bad-parameter for a square or class that does not exist, those of the model's loading,
 * engine-trap.
 */
export async function occlude(
  pixels: Uint8Array,
  { grid, from, label }: OcclusionOptions,
  classifier: Classifier,
): Promise<Occlusion> {
  const engine = await classifier.load();
  const { info, inputSize: size } = engine;
  const classes = info.labels.length;
  if (from >= grid * grid) throw badParameter('from', `less than ${grid * grid}`, { got: String(from) });
  if (label !== undefined && label >= classes)
    throw badParameter('class', `less than ${classes}`, { got: String(label) });
  const square = Math.round(size * SQUARE_SHARE);
  const mean = info.preprocess.mean.map(Math.round);
  const count = Math.min(MAX_SQUARES, grid * grid - from);
  function* pictures(): Generator<Uint8Array> {
    // A copy: what was iterated is gone after its run.
    yield pixels.slice();
    for (let i = from; i < from + count; i++) {
      const top = offset(Math.floor(i / grid), grid, size - square);
      const left = offset(i % grid, grid, size - square);
      yield cover(pixels, size, square, top, left, mean);
    }
  }
  const [whole, ...rest] = await classifier.predict(pictures(), count + 1);
  if (!whole) throw new ServiceError('internal', 'expected one prediction for each picture');
  const chosen = label ?? topK(whole.probabilities, 1)[0] ?? 0;
  return {
    model: info,
    label: chosen,
    whole: whole.probabilities[chosen] ?? 0,
    square,
    scores: rest.map(({ probabilities }) => probabilities[chosen] ?? 0),
  };
}
