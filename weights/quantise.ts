// Quantisation of weights: per output, symmetric, scale = max |w| / 127, q = round(w / scale) in -127..127.
import { ImportError } from './float-model.ts';

export interface QuantisedRows {
  /** i8, same order as the input. */
  values: Int8Array;
  /** f32, one per row. */
  scales: Float32Array;
}

const LEVELS = 127;

/**
 * @param values f32 [rows][columns]
 * @param name for the message when a value is not finite
 */
export function quantiseRows(values: Float32Array, rows: number, name: string): QuantisedRows {
  const columns = values.length / rows;
  const quantised = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    let max = 0;
    for (let i = from; i < from + columns; i++) {
      const value = values[i] ?? 0;
      if (!Number.isFinite(value))
        throw new ImportError(`tensor ${name}: expected finite values, found ${value} at ${i}`);
      max = Math.max(max, Math.abs(value));
    }
    if (max === 0) continue;
    const scale = Math.fround(max / LEVELS);
    scales[row] = scale;
    for (let i = from; i < from + columns; i++)
      quantised[i] = Math.max(-LEVELS, Math.min(LEVELS, Math.round((values[i] ?? 0) / scale)));
  }
  return { values: quantised, scales };
}
