// The number types that weights files hold, widened to float32. Little-endian, as is every machine that
// this runs on. Float16: IEEE 754 binary16; bfloat16: the upper half of a float32.
import { OperatorError } from '../operator-error.ts';
import type { SourceFile } from './source-file.ts';

export type ElementType = 'F32' | 'F16' | 'BF16' | 'F64';

export const ELEMENT_BYTES: Record<ElementType, number> = { F32: 4, F16: 2, BF16: 2, F64: 8 };

const BLOCK_ELEMENTS = 1 << 18;

/** `count` numbers of `type` from byte `position` on, as float32. Throws OperatorError for a short file. */
export function readElements(
  source: SourceFile,
  position: number,
  type: ElementType,
  count: number,
  what: string,
): Float32Array {
  source.require(position, count * ELEMENT_BYTES[type], what);
  const out = new Float32Array(count);
  if (type === 'F32') {
    source.readInto(new Uint8Array(out.buffer), position, what);
    return out;
  }
  const block = new Uint8Array(Math.min(BLOCK_ELEMENTS, count) * ELEMENT_BYTES[type]);
  for (let start = 0; start < count; start += BLOCK_ELEMENTS) {
    const length = Math.min(BLOCK_ELEMENTS, count - start);
    const bytes = block.subarray(0, length * ELEMENT_BYTES[type]);
    source.readInto(bytes, position + start * ELEMENT_BYTES[type], what);
    widen(bytes, type, out.subarray(start, start + length));
  }
  return out;
}

function widen(bytes: Uint8Array, type: ElementType, out: Float32Array): void {
  switch (type) {
    case 'F16': {
      const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, out.length);
      for (let i = 0; i < out.length; i++) out[i] = HALF[halves[i] as number] as number;
      return;
    }
    case 'BF16': {
      const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, out.length);
      const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
      for (let i = 0; i < out.length; i++) bits[i] = (halves[i] as number) << 16;
      return;
    }
    default:
      out.set(new Float64Array(bytes.buffer, bytes.byteOffset, out.length));
  }
}

/** All 65,536 float16 values: widening is one lookup. */
const HALF = Float32Array.from({ length: 1 << 16 }, (_, half) => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
});

/** Throws OperatorError, naming the tensor and the place, when a value is NaN or infinite. */
export function requireFinite(values: Float32Array, name: string): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new OperatorError(`${name}: expected finite numbers, found ${values[i]} at element ${i}`);
}
