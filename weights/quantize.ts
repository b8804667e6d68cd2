// Quantization of weights: per output, symmetric, scale = max |w| / 127, q = round(w / scale) in -127..127.
import { OperatorError } from './operator-error.ts';

export interface QuantizedRows {
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
export function quantizeRows(values: Float32Array, rows: number, name: string): QuantizedRows {
  const columns = values.length / rows;
  const quantized = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    let max = 0;
    for (let i = from; i < from + columns; i++) {
      const value = values[i] ?? 0;
      if (!Number.isFinite(value))
        throw new OperatorError(`tensor ${name}: expected finite values, found ${value} at ${i}`);
      max = Math.max(max, Math.abs(value));
    }
    if (max === 0) continue;
    const scale = Math.fround(max / LEVELS);
    scales[row] = scale;
    for (let i = from; i < from + columns; i++)
      quantized[i] = Math.max(-LEVELS, Math.min(LEVELS, Math.round((values[i] ?? 0) / scale)));
  }
  return { values: quantized, scales };
}
