// The paper's test-time augmentation: four corner crops and the centre crop, each also mirrored left to right, and
// the mean of what the network says of the ten. Source: Krizhevsky et al. 2012, section 4.1.
import type { Prediction } from '../engine/engine.ts';
import { centerOffset, cut } from '../image/geometry.ts';

function mirror(pixels: Uint8Array, size: number): Uint8Array {
  const mirrored = new Uint8Array(pixels.length);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const from = (row * size + column) * 3;
      mirrored.set(pixels.subarray(from, from + 3), (row * size + (size - 1 - column)) * 3);
    }
  return mirrored;
}

/**
 * @param square u8 RGB [size][size][3]
 * Yields ten pictures, u8 RGB [crop][crop][3]: top left, top right, bottom left, bottom right, centre, then the same
 * mirrored. Each is made when it is asked for.
 */
export function* tenCrops(square: Uint8Array, size: number, crop: number): Generator<Uint8Array> {
  const end = size - crop;
  const middle = centerOffset(end);
  const corners = [
    [0, 0],
    [0, end],
    [end, 0],
    [end, end],
    [middle, middle],
  ] as const;
  const whole = { left: 0, top: 0, columns: size, rows: size };
  const cropAt = ([top, left]: readonly [number, number]) =>
    cut(square, whole, { left, top, columns: crop, rows: crop });
  for (const corner of corners) yield cropAt(corner);
  for (const corner of corners) yield mirror(cropAt(corner), crop);
}

/** The mean of vectors of one length; of one vector, that vector. */
export function mean(vectors: readonly Float32Array[]): Float32Array {
  const [only] = vectors;
  if (only && vectors.length === 1) return only;
  const sums = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors)
    vector.forEach((value, i) => {
      sums[i] = (sums[i] ?? 0) + value;
    });
  return Float32Array.from(sums, (sum) => sum / vectors.length);
}

/** The mean of each vector; of one prediction, that prediction. */
export function averagePredictions(predictions: Prediction[]): Prediction {
  const [first] = predictions;
  if (first && predictions.length === 1) return first;
  return {
    logits: mean(predictions.map(({ logits }) => logits)),
    probabilities: mean(predictions.map(({ probabilities }) => probabilities)),
    embedding: mean(predictions.map(({ embedding }) => embedding)),
  };
}
