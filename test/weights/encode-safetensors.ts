// safetensors files of any key naming and number type.
import { bytesOf } from './encode-pickle.ts';
import { concat, type Part } from './encode-protobuf.ts';
import type { TrainedModel } from './trained-model.ts';

export interface SafetensorsOptions {
  /** Key of a layer; its own name without. */
  key?: (layer: string) => string;
  dtype?: 'F32' | 'F16' | 'BF16';
  metadata?: Record<string, string>;
  /** Changes the header before it is written: for damaged files. */
  damage?: (header: Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>) => void;
}

export function encodeSafetensors(model: TrainedModel, options: SafetensorsOptions = {}): Part {
  const { dtype = 'F32', key = (layer: string) => layer } = options;
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: number[] }> = {};
  const parts: Part[] = [];
  let offset = 0;
  const add = (name: string, shape: number[], values: Float32Array) => {
    const data = narrow(values, dtype);
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.length] };
    parts.push(data);
    offset += data.length;
  };
  for (const [name, { shape, weight, bias }] of model.layers) {
    add(`${key(name)}.weight`, shape, weight);
    add(`${key(name)}.bias`, [bias.length], bias);
  }
  options.damage?.(header);
  const json = JSON.stringify(options.metadata ? { ...header, __metadata__: options.metadata } : header);
  const text = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
  return concat(new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer), text, ...parts);
}

function narrow(values: Float32Array, dtype: 'F32' | 'F16' | 'BF16'): Part {
  if (dtype === 'F32') return bytesOf(values);
  const out = new Uint8Array(values.length * 2);
  const view = new DataView(out.buffer);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  values.forEach((value, i) => {
    view.setUint16(i * 2, dtype === 'F16' ? halfBits(value) : (bits[i] as number) >>> 16, true);
  });
  return out;
}

/** Float16 of NaN or of a number in the normal and subnormal range, rounded to nearest. */
function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | (Math.round((size / 2 ** exponent - 1) * 1024) + ((exponent + 15) << 10));
}
