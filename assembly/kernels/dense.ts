// dense: y = max(floor, (sum of w * x) * scale * inputScale + bias) for n pictures at once, skipping every input
// that is zero for all of them (after ReLU most are). Three steps: denseInputs lists the inputs that count,
// denseAccumulate adds their weight rows to i32 sums, denseFinish scales back.
// Weights lie by input, so that a skipped input's weights are never read; memory is what such a layer costs.
//
//   weights  i8, [inputs][outputs], outputs padded to a multiple of 16
//   rows are interleaved on the fly, four by four, into the dot product's form:
//
//   row k0: w00 w01 ... w0F                  w00 w10 w20 w30 | w01 w11 w21 w31 | ...   (outputs 0..3)
//   row k1: w10 w11 ... w1F    interleave    w04 w14 w24 w34 | ...                     (outputs 4..7)
//   row k2: w20 w21 ... w2F    --------->    ...                                       (outputs 8..11)
//   row k3: w30 w31 ... w3F                  ...                                       (outputs 12..15)
//
// The interleaving (8 shuffles for 64 weights) hides behind the reading of the weights.
import { dot } from './dot';

/** Outputs that a row of weights is padded to a multiple of. */
export const DENSE_BLOCK: i32 = 16;

/** Weight rows that one step adds; lists of inputs are padded to a multiple of it. */
const STEP: i32 = 8;

/**
 * Lists the inputs that are non-zero in any of `pictures` rows of x, padded to a multiple of 8 by the number
 * `inputs` (one beyond the end), which denseAccumulate reads as zero.
 * @param list i32 [inputs + 7]
 * @param x u7 [pictures][inputs]
 * @returns entries written, a multiple of 8
 */
export function denseInputs(list: usize, x: usize, inputs: i32, pictures: i32): i32 {
  let to = list;
  for (let k = 0; k < inputs; k++) {
    let any: u32 = 0;
    for (let picture = 0; picture < pictures; picture++) any |= load<u8>(x + <usize>(picture * inputs + k));
    store<i32>(to, k);
    to += any ? 4 : 0;
  }
  while (((to - list) >> 2) % STEP) {
    store<i32>(to, inputs);
    to += 4;
  }
  return <i32>((to - list) >> 2);
}

/** Four listed inputs of one picture in the four bytes of a number; numbers beyond the end count as 0. */
// @ts-expect-error: decorators are not TypeScript's
// @inline
function gather(list: usize, x: usize, inputs: i32): u32 {
  let packed: u32 = 0;
  for (let i = 0; i < 4; i++) {
    const k = load<i32>(list + ((<usize>i) << 2));
    if (k < inputs) packed |= (<u32>load<u8>(x + k)) << (i << 3);
  }
  return packed;
}

/** Address of the weight row of a listed input; a row beyond the end stands for the last one (times zero). */
// @ts-expect-error: decorators are not TypeScript's
// @inline
function rowOf(weights: usize, list: usize, inputs: i32, outputs: i32): usize {
  return weights + <usize>(min(load<i32>(list), inputs - 1) * outputs);
}

/**
 * Adds the weight rows of the listed inputs to the sums of every picture, each weight read once.
 * @param sums i32 [pictures][outputs], zeroed by the caller before the first call
 * @param x u7 [pictures][inputs]
 * @param list i32 [count], from denseInputs or a part of it; count a multiple of 8
 * @param gathered u32 [pictures][2], scratch
 * @param weights i8 [inputs][outputs]; outputs a multiple of 16
 */
export function denseAccumulate(
  sums: usize,
  x: usize,
  list: usize,
  count: i32,
  gathered: usize,
  weights: usize,
  inputs: i32,
  outputs: i32,
  pictures: i32,
): void {
  for (let i = 0; i < count; i += STEP) {
    const step = list + ((<usize>i) << 2);
    for (let picture = 0; picture < pictures; picture++) {
      const from = x + <usize>(picture * inputs);
      store<u32>(gathered + (picture << 3), gather(step, from, inputs));
      store<u32>(gathered + (picture << 3), gather(step + 16, from, inputs), 4);
    }
    addEightRows(sums, step, gathered, weights, inputs, outputs, pictures);
  }
}

function addEightRows(
  sums: usize,
  list: usize,
  gathered: usize,
  weights: usize,
  inputs: i32,
  outputs: i32,
  pictures: i32,
): void {
  const r0 = rowOf(weights, list, inputs, outputs);
  const r1 = rowOf(weights, list + 4, inputs, outputs);
  const r2 = rowOf(weights, list + 8, inputs, outputs);
  const r3 = rowOf(weights, list + 12, inputs, outputs);
  const r4 = rowOf(weights, list + 16, inputs, outputs);
  const r5 = rowOf(weights, list + 20, inputs, outputs);
  const r6 = rowOf(weights, list + 24, inputs, outputs);
  const r7 = rowOf(weights, list + 28, inputs, outputs);
  for (let o = 0; o < outputs; o += 16) {
    let w0 = v128.load(r0 + o);
    let w1 = v128.load(r1 + o);
    let w2 = v128.load(r2 + o);
    let w3 = v128.load(r3 + o);
    let low01 = v128.shuffle<u8>(w0, w1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    let high01 = v128.shuffle<u8>(w0, w1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    let low23 = v128.shuffle<u8>(w2, w3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    let high23 = v128.shuffle<u8>(w2, w3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const a0 = v128.shuffle<u16>(low01, low23, 0, 8, 1, 9, 2, 10, 3, 11);
    const a1 = v128.shuffle<u16>(low01, low23, 4, 12, 5, 13, 6, 14, 7, 15);
    const a2 = v128.shuffle<u16>(high01, high23, 0, 8, 1, 9, 2, 10, 3, 11);
    const a3 = v128.shuffle<u16>(high01, high23, 4, 12, 5, 13, 6, 14, 7, 15);
    w0 = v128.load(r4 + o);
    w1 = v128.load(r5 + o);
    w2 = v128.load(r6 + o);
    w3 = v128.load(r7 + o);
    low01 = v128.shuffle<u8>(w0, w1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    high01 = v128.shuffle<u8>(w0, w1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    low23 = v128.shuffle<u8>(w2, w3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    high23 = v128.shuffle<u8>(w2, w3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const b0 = v128.shuffle<u16>(low01, low23, 0, 8, 1, 9, 2, 10, 3, 11);
    const b1 = v128.shuffle<u16>(low01, low23, 4, 12, 5, 13, 6, 14, 7, 15);
    const b2 = v128.shuffle<u16>(high01, high23, 0, 8, 1, 9, 2, 10, 3, 11);
    const b3 = v128.shuffle<u16>(high01, high23, 4, 12, 5, 13, 6, 14, 7, 15);
    let sum = sums + ((<usize>o) << 2);
    for (let picture = 0; picture < pictures; picture++) {
      const a = v128.load32_splat(gathered + (picture << 3));
      const b = v128.load32_splat(gathered + (picture << 3), 4);
      v128.store(sum, dot(b0, b, dot(a0, a, v128.load(sum))));
      v128.store(sum, dot(b1, b, dot(a1, a, v128.load(sum, 16))), 16);
      v128.store(sum, dot(b2, b, dot(a2, a, v128.load(sum, 32))), 32);
      v128.store(sum, dot(b3, b, dot(a3, a, v128.load(sum, 48))), 48);
      sum += (<usize>outputs) << 2;
    }
  }
}

/**
 * Scales the sums of one picture back: target = max(floor, sums * scale * inputScale + bias).
 * @param target f32 [outputs]
 * @param sums i32 [outputs]
 * @param scale f32 [outputs]; `bias` f32 [outputs]
 * @param floor 0 for ReLU, -infinity for none
 * @returns the largest output, at least 0
 */
export function denseFinish(
  target: usize,
  sums: usize,
  scale: usize,
  bias: usize,
  outputs: i32,
  inputScale: f32,
  floor: f32,
): f32 {
  const floors = f32x4.splat(floor);
  const inputScales = f32x4.splat(inputScale);
  let max = f32x4.splat(0);
  for (let o = 0, bytes = outputs << 2; o < bytes; o += 16) {
    const scales = f32x4.mul(v128.load(scale + o), inputScales);
    const y = f32x4.pmax(
      f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums + o)), scales), v128.load(bias + o)),
      floors,
    );
    v128.store(target + o, y);
    max = f32x4.pmax(max, y);
  }
  return Mathf.max(
    Mathf.max(f32x4.extract_lane(max, 0), f32x4.extract_lane(max, 1)),
    Mathf.max(f32x4.extract_lane(max, 2), f32x4.extract_lane(max, 3)),
  );
}
