// dot: 16 multiply-adds. Four lanes, each the sum of four products of signed 8-bit `weights` with unsigned
// 7-bit `inputs` (0..127), added to `sums`. Exact: the one intermediate that may be 16 bits wide holds at
// most 2 * 127 * 127 = 32,258, so every implementation gives the same integer.
// Source: WebAssembly relaxed SIMD, i32x4.relaxed_dot_i8x16_i7x16_add_s.

// @ts-expect-error: decorators are not TypeScript's
// @inline
export function dot(weights: v128, inputs: v128, sums: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, inputs, sums);
  // Plain SIMD128: even and odd bytes apart, as 16-bit numbers. The shifts of `inputs` are the same for
  // every weight vector of a tile, so the optimiser computes them once.
  const evenInputs = v128.and(inputs, i16x8.splat(0x00ff));
  const oddInputs = i16x8.shr_u(inputs, 8);
  const evenWeights = i16x8.shr_s(i16x8.shl(weights, 8), 8);
  const oddWeights = i16x8.shr_s(weights, 8);
  return i32x4.add(
    sums,
    i32x4.add(i32x4.dot_i16x8_s(evenWeights, evenInputs), i32x4.dot_i16x8_s(oddWeights, oddInputs)),
  );
}

/**
 * Eight sums of 16 bits, each of two products: the first half of `dot`, at most 32,258 in size. Where `dot` is three
 * instructions this is the first of them.
 */
// @ts-expect-error: decorators are not TypeScript's
// @inline
export function pairs(weights: v128, inputs: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_dot_i8x16_i7x16_s(weights, inputs);
  return i16x8.add(
    i16x8.mul(i16x8.shr_s(i16x8.shl(weights, 8), 8), v128.and(inputs, i16x8.splat(0x00ff))),
    i16x8.mul(i16x8.shr_s(weights, 8), i16x8.shr_u(inputs, 8)),
  );
}

/**
 * Which instructions the dot product became, told by its value outside its domain, where implementations may
 * differ (it cannot be timed: clocks stand still in an isolate): 129,540: one instruction, unsigned inputs
 * (vpdpbusd); -508: one instruction, signed inputs (sdot); 65,534: three instructions (pmaddubsw saturates).
 * 0 in the plain SIMD128 build, which has no such instruction.
 */
export function dotProbe(): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return 0;
  return i32x4.extract_lane(dot(i8x16.splat(127), i8x16.splat(-1), i32x4.splat(0)), 0);
}
