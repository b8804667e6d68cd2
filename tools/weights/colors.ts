// `colors FOLDER`: the principal components of the colours of photos, for `relight`: eigenvectors and eigenvalues of the
// covariance of R, G and B (0..1) over all pixels of the crops that a network sees. Krizhevsky et al. 2012, section 4.1.
import { listPhotos, loadPhoto } from '../../weights/photos.ts';
import { PREPROCESS } from '../fixtures/decoder.ts';
import { withProgress } from '../progress.ts';

const SWEEPS = 16;
const AXES = [0, 1, 2];

type Matrix = number[][];

/** Eigenvalues and, as columns, eigenvectors of a symmetric 3 x 3 matrix, by Jacobi's rotations; largest first. */
export function eigen(symmetric: Matrix): { values: number[]; vectors: Matrix } {
  let a = symmetric.map((row) => [...row]);
  let v: Matrix = AXES.map((i) => AXES.map((j) => (i === j ? 1 : 0)));
  const at = (m: Matrix, i: number, j: number) => m[i]?.[j] ?? 0;
  const product = (x: Matrix, y: Matrix): Matrix =>
    AXES.map((i) => AXES.map((j) => AXES.reduce((sum, k) => sum + at(x, i, k) * at(y, k, j), 0)));
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      if (at(a, p, q) === 0) continue;
      const angle = Math.atan2(2 * at(a, p, q), at(a, q, q) - at(a, p, p)) / 2;
      const element = (i: number, j: number): number => {
        if (i === j) return i === p || i === q ? Math.cos(angle) : 1;
        if (i === p && j === q) return Math.sin(angle);
        return i === q && j === p ? -Math.sin(angle) : 0;
      };
      const turned: Matrix = AXES.map((i) => AXES.map((j) => element(i, j)));
      const transposed = AXES.map((i) => AXES.map((j) => at(turned, j, i)));
      a = product(product(transposed, a), turned);
      v = product(v, turned);
    }
  const order = AXES.toSorted((i, j) => at(a, j, j) - at(a, i, i));
  return {
    values: order.map((i) => at(a, i, i)),
    vectors: AXES.map((row) => order.map((column) => at(v, row, column))),
  };
}

/** Covariance of the three channels, in units of 0..1. @param pictures u8 RGB */
export function colorCovariance(pictures: Iterable<Uint8Array>): Matrix {
  const sums = [0, 0, 0];
  const products = AXES.map(() => [0, 0, 0]);
  let pixels = 0;
  for (const picture of pictures)
    for (let at = 0; at + 2 < picture.length; at += 3, pixels++)
      for (const i of AXES) {
        const x = picture[at + i] as number;
        sums[i] = (sums[i] as number) + x;
        const row = products[i] as number[];
        for (const j of AXES) row[j] = (row[j] as number) + x * (picture[at + j] as number);
      }
  const mean = (i: number) => (sums[i] as number) / pixels;
  return AXES.map((i) =>
    AXES.map((j) => ((products[i]?.[j] as number) / pixels - mean(i) * mean(j)) / 255 ** 2),
  );
}

/** Prints the table. Throws OperatorError for a folder without photos. */
export async function printColors(folder: string): Promise<void> {
  const files = listPhotos(folder);
  const pictures = await withProgress('reading photos', async (update) => {
    const read: Uint8Array[] = [];
    for (const file of files) {
      read.push(await loadPhoto(file, PREPROCESS));
      update(read.length, files.length);
    }
    return read;
  });
  const { values, vectors } = eigen(colorCovariance(pictures));
  const digits = (value: number) => Number(value.toFixed(6));
  console.log(
    JSON.stringify({
      photos: files.length,
      values: values.map(digits),
      vectors: vectors.map((row) => row.map(digits)),
    }),
  );
}
