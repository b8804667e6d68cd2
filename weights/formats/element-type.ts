// The number types that weights files hold, widened to float32. Little-endian, as is every machine that this runs on.
// Float16: IEEE 754 binary16; bfloat16: the upper half of a float32.
import { release } from '../../src/image/pixels.ts';
import { OperatorError } from '../operator-error.ts';

export type ElementType = 'F32' | 'F16' | 'BF16' | 'F64';

export const ELEMENT_BYTES: Record<ElementType, number> = { F32: 4, F16: 2, BF16: 2, F64: 8 };

export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(ELEMENT_BYTES, name);
}

/** Writes the numbers of `bytes`, whatever their alignment, into `out`, which has as many elements. */
export function widen(bytes: Uint8Array, type: ElementType, out: Float32Array): void {
  if (bytes.length !== out.length * ELEMENT_BYTES[type])
    throw new RangeError(`expected bytes of ${out.length} ${type}, got ${bytes.length}`);
  if (type === 'F32') {
    new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes);
    return;
  }
  // Views of a file need not be aligned: those are copied first.
  const aligned = bytes.byteOffset % ELEMENT_BYTES[type] === 0 ? bytes : new Uint8Array(bytes);
  const { buffer, byteOffset } = aligned;
  if (type === 'F64') out.set(new Float64Array(buffer, byteOffset, out.length));
  else widenHalves(new Uint16Array(buffer, byteOffset, out.length), type, out);
  if (aligned !== bytes) release(aligned);
}

function widenHalves(halves: Uint16Array, type: 'F16' | 'BF16', out: Float32Array): void {
  if (type === 'F16') {
    for (let i = 0; i < halves.length; i++) out[i] = HALF[halves[i] as number] as number;
    return;
  }
  const bits = new Uint32Array(out.buffer, out.byteOffset, halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] as number) << 16;
}

/** All 65,536 float16 values: widening is one lookup. (Float16Array is not in Node 22.) */
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

/** A float32 parameter as the decimal number that was meant: 0.0001 and not 0.00009999999747378752. */
export function asDecimal(value: number): number {
  return Number(value.toPrecision(7));
}
