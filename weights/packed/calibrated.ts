// A packed model with another calibration for "none of these" (src/network/known.ts): the header is written anew, the
// weights are copied as they are. The key stays: what the weights say stays the same.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { packedTensors } from '../../src/engine/weights.ts';
import { encodeHeader, parseHeader } from '../../src/model/safetensors.ts';
import { type Known, QUANTILES } from '../../src/network/known.ts';
import { writeModelInfo } from '../../src/network/model-info.ts';
import { inferShapes } from '../../src/network/shapes.ts';
import { OperatorError } from '../operator-error.ts';
import { readPackedFile } from './file.ts';

/** Writes `target` (under a temporary name until it is complete). Throws OperatorError. */
export async function writeCalibrated(source: string, known: Known, target: string): Promise<void> {
  const { info, dataStart } = await readPackedFile(source);
  const tensors = inferShapes(info.network).flatMap((shapes) => packedTensors(shapes, info.tiles));
  const header = encodeHeader(writeModelInfo({ ...info, known }), tensors);
  const data = (await readFile(source)).subarray(dataStart);
  const temporary = `${target}.part`;
  await writeFile(temporary, Buffer.concat([header, data]));
  await rename(temporary, target);
}

/** Weights as signed 8 bits, and their scale. */
function quantized(weights: Float32Array): { weight: Int8Array; scale: number } {
  const scale = Math.fround(weights.reduce((max, weight) => Math.max(max, Math.abs(weight)), 0) / 127);
  return { weight: Int8Array.from(weights, (weight) => Math.round(weight / scale)), scale };
}

/**
 * The calibration out of a safetensors file `fc7.weight`, `fc7.mean` f32 [inputs], `quantiles` f32 [classes][64], with
 * weight_std, energy_mean and energy_std in its metadata. Throws OperatorError.
 */
export async function readStrangers(file: string): Promise<Known> {
  const bytes = new Uint8Array(await readFile(file));
  const { metadata, tensors, dataStart } = parseHeader(bytes);
  const floats = (name: string) => {
    const tensor = tensors.get(name);
    if (tensor?.dtype !== 'F32')
      throw new OperatorError(`${file}: expected a tensor ${name} of F32, found none`);
    const from = dataStart + tensor.offset;
    return new Float32Array(bytes.slice(from, from + tensor.bytes).buffer);
  };
  const number = (key: string) => {
    const value = Number(metadata[key]);
    if (Number.isFinite(value)) return value;
    throw new OperatorError(`${file}: expected a number as ${key}, found ${metadata[key] ?? 'none'}`);
  };
  const weights = floats('fc7.weight');
  const mean = floats('fc7.mean');
  const quantiles = floats('quantiles');
  if (weights.length !== mean.length || quantiles.length % QUANTILES !== 0)
    throw new OperatorError(`${file}: expected tensors of matching shapes, found others`);
  return {
    layer: 'fc7',
    energy: { mean: number('energy_mean'), std: number('energy_std') },
    detector: {
      ...quantized(weights),
      bias: -weights.reduce((sum, weight, i) => sum + weight * (mean[i] ?? 0), 0),
      std: number('weight_std'),
    },
    quantiles,
  };
}
