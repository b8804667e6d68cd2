// A photo's vector for retrieval (Krizhevsky et al. 2012, figure 4): the last hidden layer's activations, less their mean,
// times a fixed random matrix with orthogonal rows, at length 1. Distances between photos stay nearly what they were
// (Johnson and Lindenstrauss 1984). The matrix is the subsampled Hadamard transform of Ailon and Chazelle 2006: signs,
// then additions alone, then some of the rows; the same bits everywhere, and the first 256 numbers of 1,024 are, but for
// their length, those of 256.
import { ServiceError } from '../errors.ts';
import { Xoshiro128 } from '../random/xoshiro.ts';

/** Numbers of a vector. */
export const WIDE = 1024;
export const NARROW = 256;
export type Dims = typeof WIDE | typeof NARROW;

/** Never changed: indexes that are stored were made with it. */
const SEED = 2012;

interface Matrix {
  /** f64 [size], 1 or -1. */
  signs: Float64Array;
  /** The rows that are kept: [1024] of size. */
  rows: Uint32Array;
}

/** @param size a power of 2, at least 1024 */
function matrixOf(size: number): Matrix {
  const random = Xoshiro128.seeded(SEED, size);
  const signs = Float64Array.from({ length: size }, () => (random.next() >>> 31 === 0 ? 1 : -1));
  const rows = Uint32Array.from({ length: size }, (_, i) => i);
  for (let i = 0; i < WIDE; i++) {
    const other = i + Math.floor(random.fraction() * (size - i));
    const kept = rows[other] as number;
    rows[other] = rows[i] as number;
    rows[i] = kept;
  }
  return { signs, rows: rows.slice(0, WIDE) };
}

const matrices = new Map<number, Matrix>();

/** The Hadamard transform of f64 [a power of 2], in place. */
function transform(x: Float64Array): void {
  for (let half = 1; half < x.length; half *= 2)
    for (let from = 0; from < x.length; from += 2 * half)
      for (let i = from; i < from + half; i++) {
        const a = x[i] as number;
        const b = x[i + half] as number;
        x[i] = a + b;
        x[i + half] = a - b;
      }
}

/** f32 [dims] of length 1; zeros where all activations are the same. @param activations f32, at most 65,536 */
export function project(activations: Float32Array, dims: Dims): Float32Array {
  let size = WIDE;
  while (size < activations.length) size *= 2;
  const matrix = matrices.get(size) ?? matrixOf(size);
  matrices.set(size, matrix);
  let sum = 0;
  for (const value of activations) sum += value;
  const mean = sum / activations.length;
  const x = new Float64Array(size);
  for (let i = 0; i < activations.length; i++)
    x[i] = ((activations[i] as number) - mean) * (matrix.signs[i] as number);
  transform(x);
  const picked = Float64Array.from({ length: dims }, (_, i) => x[matrix.rows[i] as number] as number);
  return unit(picked);
}

/** The vector that indexes keep of a photo: f32 [1024]. Throws ServiceError bad-request where there are no activations. */
export function photoVector(activations: Float32Array): Float32Array {
  if (activations.length > 0) return project(activations, WIDE);
  throw new ServiceError('bad-request', 'expected a model with a hidden dense layer, this one has none');
}

/** The vector at length 1; zeros stay. */
export function unit(vector: ArrayLike<number>): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += (vector[i] as number) * (vector[i] as number);
  const length = Math.sqrt(squares);
  return Float32Array.from(vector, (value) => (length > 0 ? value / length : 0));
}
