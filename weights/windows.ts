// Scales of convolution weights, nudged so that the engine's windows of four steps (three where a kernel row has no
// four) are exact whatever the inputs: the sizes of the weights of each lane of a window must sum to at most 516
// (assembly/kernels/conv-windows.ts). About 2 % of a model's channels need it; their scale grows by 0.5 % a time, which
// costs them as much precision. The engine proves it anew: nothing relies on this.
import { OperatorError } from './operator-error.ts';
import { type QuantizedRows, quantizeRows } from './quantize.ts';

const BOUND = 516;
const GROWTH = 1.005;
const WINDOWS = [4, 3];
/** Weights of one lane of a step, and of a step. */
const LANE = 2;
const STEP = 4;

/** Whether the windows of one channel, i8 (channels, kernel, kernel), fit. */
function fits(values: Int8Array, channels: number, kernel: number, window: number): boolean {
  const run = kernel * channels;
  const steps = Math.ceil(run / STEP);
  for (let ky = 0; ky < kernel; ky++)
    for (let from = 0; from < steps; from += window)
      for (let lane = 0; lane < STEP; lane += LANE) {
        let sum = 0;
        for (let step = from; step < from + window; step++)
          for (let k = step * STEP + lane; k < Math.min(run, step * STEP + lane + LANE); k++) {
            const kx = Math.floor(k / channels);
            sum += Math.abs(values[((k % channels) * kernel + ky) * kernel + kx] ?? 0);
          }
        if (sum > BOUND) return false;
      }
  return true;
}

/**
 * As quantizeRows, for f32 (out, channels, kernel, kernel).
 * @param channels input channels of one group
 */
export function quantizeConv(
  values: Float32Array,
  out: number,
  channels: number,
  kernel: number,
  name: string,
): QuantizedRows {
  const quantized = quantizeRows(values, out, name);
  const steps = Math.ceil((kernel * channels) / STEP);
  const window = WINDOWS.find((length) => steps % length === 0);
  if (window === undefined) return quantized;
  const columns = values.length / out;
  for (let o = 0; o < out; o++) {
    const row = quantized.values.subarray(o * columns, (o + 1) * columns);
    let scale = quantized.scales[o] as number;
    while (!fits(row, channels, kernel, window)) {
      scale = Math.fround(scale * GROWTH);
      if (!Number.isFinite(scale)) throw new OperatorError(`tensor ${name}: expected finite scales`);
      for (let i = 0; i < columns; i++) row[i] = Math.round((values[o * columns + i] as number) / scale);
    }
    quantized.scales[o] = scale;
  }
  return quantized;
}
