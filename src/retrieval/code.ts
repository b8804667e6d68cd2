// What an index keeps of a photo: its vector in signed 8 bits, for the order of the best, and the signs of the same 256
// numbers as a code of 256 bits, for finding them (Charikar 2002: bits differ as often as the angle says).
import { NARROW } from './projection.ts';

export const CODE_BYTES = NARROW / 8;
export const VECTOR_BYTES = NARROW;
const LEVELS = 127;

export interface Code {
  /** u8 [32]: bit i % 8 of byte i / 8 is the sign of number i, 1 for positive ones. */
  bits: Uint8Array;
  /** i8 [256], the largest of them 127. */
  vector: Int8Array;
}

/** @param vector f32 of at least 256 numbers, of which the first 256 count */
export function codeOf(vector: ArrayLike<number>): Code {
  let max = 0;
  for (let i = 0; i < NARROW; i++) max = Math.max(max, Math.abs(vector[i] as number));
  const bits = new Uint8Array(CODE_BYTES);
  const levels = new Int8Array(VECTOR_BYTES);
  for (let i = 0; i < NARROW; i++) {
    const value = vector[i] as number;
    if (value > 0) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
    levels[i] = max > 0 ? Math.floor((value * LEVELS) / max + 0.5) : 0;
  }
  return { bits, vector: levels };
}

function dot(a: Int8Array, b: Int8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** The cosine of the angle between two vectors, -1 to 1; 0 where one has no length. @param a i8 [256] @param b i8 [256] */
export function similarity(a: Int8Array, b: Int8Array): number {
  const lengths = dot(a, a) * dot(b, b);
  return lengths > 0 ? dot(a, b) / Math.sqrt(lengths) : 0;
}
