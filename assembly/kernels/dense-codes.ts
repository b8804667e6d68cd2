// denseCodes: dense layers whose weights are 4-bit indices into a codebook of 16 signed bytes: half the bytes of int8,
// and memory is what such a layer costs. One swizzle looks up 16 weights. Every weight is read, in order, so that its
// time depends on no input (rows that skip zero inputs were slower with 4 bits: docs/TRIED.md).
//
//   weights  [outputs / 16][inputs / 8][64 bytes]; a line is 8 inputs x 16 outputs, four vectors of 16 bytes:
//            byte j of vector v belongs to output 4 v + (j >> 2); its low nibble is the code of input j & 3,
//            its high nibble that of input 4 + (j & 3)
//
// More than one picture: 128 inputs of weights are looked up once, into `tile`, and serve all of them, two at a time. Any codebook
// within -127..127 is exact (dot.ts). denseCodesInSteps gives the same sums; it is for machines where the dot product
// with sum is three instructions, as V8 builds a constant for it each time.
import { dot, pairs } from './dot';

/** Inputs of one line; inputs are padded to a multiple of it, with zeros. */
const LINE_INPUTS: i32 = 8;
const LINE: usize = 64;
/** Inputs whose weights are looked up at once for a batch. */
const TILE_INPUTS: i32 = 128;

// @inline
function lookUp(codebook: v128, codes: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(codebook, codes);
  return i8x16.swizzle(codebook, codes);
}

/** Weights of the low nibbles. */
// @inline
function low(codebook: v128, codes: v128, mask: v128): v128 {
  return lookUp(codebook, v128.and(codes, mask));
}

/** Weights of the high nibbles. */
// @inline
function high(codebook: v128, codes: v128, mask: v128): v128 {
  return lookUp(codebook, v128.and(i16x8.shr_u(codes, 4), mask));
}

// @inline
function add(steps: bool, weights: v128, inputs: v128, sums: v128, ones: v128): v128 {
  if (steps) return i32x4.add(sums, i32x4.dot_i16x8_s(pairs(weights, inputs), ones));
  return dot(weights, inputs, sums);
}

// @inline
function onePicture(
  steps: bool,
  sums: usize,
  x: usize,
  weights: usize,
  codebook: usize,
  inputs: i32,
  outputs: i32,
): void {
  const book = v128.load(codebook);
  const mask = i8x16.splat(15);
  const ones = i16x8.splat(1);
  for (const end = sums + ((<usize>outputs) << 2); sums < end; sums += 64) {
    let s0 = i32x4.splat(0);
    let s1 = i32x4.splat(0);
    let s2 = i32x4.splat(0);
    let s3 = i32x4.splat(0);
    for (let from = x, last = x + inputs; from < last; from += LINE_INPUTS) {
      const x0 = v128.load32_splat(from);
      const x1 = v128.load32_splat(from, 4);
      let codes = v128.load(weights);
      s0 = add(steps, high(book, codes, mask), x1, add(steps, low(book, codes, mask), x0, s0, ones), ones);
      codes = v128.load(weights, 16);
      s1 = add(steps, high(book, codes, mask), x1, add(steps, low(book, codes, mask), x0, s1, ones), ones);
      codes = v128.load(weights, 32);
      s2 = add(steps, high(book, codes, mask), x1, add(steps, low(book, codes, mask), x0, s2, ones), ones);
      codes = v128.load(weights, 48);
      s3 = add(steps, high(book, codes, mask), x1, add(steps, low(book, codes, mask), x0, s3, ones), ones);
      weights += LINE;
    }
    v128.store(sums, s0);
    v128.store(sums, s1, 16);
    v128.store(sums, s2, 32);
    v128.store(sums, s3, 48);
  }
}

/** Looks up `count` inputs of one block of 16 outputs: i8 [count / 4][16 outputs][4 inputs]. */
// @inline
function fillTile(tile: usize, weights: usize, count: i32, book: v128, mask: v128): void {
  for (const end = tile + ((<usize>count) << 4); tile < end; tile += 128) {
    let codes = v128.load(weights);
    v128.store(tile, low(book, codes, mask));
    v128.store(tile, high(book, codes, mask), 64);
    codes = v128.load(weights, 16);
    v128.store(tile, low(book, codes, mask), 16);
    v128.store(tile, high(book, codes, mask), 80);
    codes = v128.load(weights, 32);
    v128.store(tile, low(book, codes, mask), 32);
    v128.store(tile, high(book, codes, mask), 96);
    codes = v128.load(weights, 48);
    v128.store(tile, low(book, codes, mask), 48);
    v128.store(tile, high(book, codes, mask), 112);
    weights += LINE;
  }
}

/** Adds a tile to the sums of one picture's 16 outputs. @param count inputs, a multiple of 8 */
// @inline
function addTile(steps: bool, to: usize, from: usize, tile: usize, count: i32, first: bool): void {
  const ones = i16x8.splat(1);
  let s0 = first ? i32x4.splat(0) : v128.load(to);
  let s1 = first ? i32x4.splat(0) : v128.load(to, 16);
  let s2 = first ? i32x4.splat(0) : v128.load(to, 32);
  let s3 = first ? i32x4.splat(0) : v128.load(to, 48);
  for (let at = tile, end = tile + ((<usize>count) << 4); at < end; at += 128) {
    let x = v128.load32_splat(from);
    s0 = add(steps, v128.load(at), x, s0, ones);
    s1 = add(steps, v128.load(at, 16), x, s1, ones);
    s2 = add(steps, v128.load(at, 32), x, s2, ones);
    s3 = add(steps, v128.load(at, 48), x, s3, ones);
    x = v128.load32_splat(from, 4);
    s0 = add(steps, v128.load(at, 64), x, s0, ones);
    s1 = add(steps, v128.load(at, 80), x, s1, ones);
    s2 = add(steps, v128.load(at, 96), x, s2, ones);
    s3 = add(steps, v128.load(at, 112), x, s3, ones);
    from += LINE_INPUTS;
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
}

/** As addTile, for two pictures: each weight is loaded once for both. */
// @inline
function addTileTwice(
  steps: bool,
  to: usize,
  next: usize,
  from: usize,
  inputs: usize,
  tile: usize,
  count: i32,
  first: bool,
): void {
  const ones = i16x8.splat(1);
  let s0 = first ? i32x4.splat(0) : v128.load(to);
  let s1 = first ? i32x4.splat(0) : v128.load(to, 16);
  let s2 = first ? i32x4.splat(0) : v128.load(to, 32);
  let s3 = first ? i32x4.splat(0) : v128.load(to, 48);
  let t0 = first ? i32x4.splat(0) : v128.load(next);
  let t1 = first ? i32x4.splat(0) : v128.load(next, 16);
  let t2 = first ? i32x4.splat(0) : v128.load(next, 32);
  let t3 = first ? i32x4.splat(0) : v128.load(next, 48);
  let other = from + inputs;
  for (let at = tile, end = tile + ((<usize>count) << 4); at < end; at += 128) {
    let x = v128.load32_splat(from);
    let y = v128.load32_splat(other);
    let weights = v128.load(at);
    s0 = add(steps, weights, x, s0, ones);
    t0 = add(steps, weights, y, t0, ones);
    weights = v128.load(at, 16);
    s1 = add(steps, weights, x, s1, ones);
    t1 = add(steps, weights, y, t1, ones);
    weights = v128.load(at, 32);
    s2 = add(steps, weights, x, s2, ones);
    t2 = add(steps, weights, y, t2, ones);
    weights = v128.load(at, 48);
    s3 = add(steps, weights, x, s3, ones);
    t3 = add(steps, weights, y, t3, ones);
    x = v128.load32_splat(from, 4);
    y = v128.load32_splat(other, 4);
    weights = v128.load(at, 64);
    s0 = add(steps, weights, x, s0, ones);
    t0 = add(steps, weights, y, t0, ones);
    weights = v128.load(at, 80);
    s1 = add(steps, weights, x, s1, ones);
    t1 = add(steps, weights, y, t1, ones);
    weights = v128.load(at, 96);
    s2 = add(steps, weights, x, s2, ones);
    t2 = add(steps, weights, y, t2, ones);
    weights = v128.load(at, 112);
    s3 = add(steps, weights, x, s3, ones);
    t3 = add(steps, weights, y, t3, ones);
    from += LINE_INPUTS;
    other += LINE_INPUTS;
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
  v128.store(next, t0);
  v128.store(next, t1, 16);
  v128.store(next, t2, 32);
  v128.store(next, t3, 48);
}

// @inline
function batch(
  steps: bool,
  sums: usize,
  x: usize,
  weights: usize,
  codebook: usize,
  inputs: i32,
  outputs: i32,
  tile: usize,
  pictures: i32,
  stride: i32,
): void {
  const book = v128.load(codebook);
  const mask = i8x16.splat(15);
  for (let o = 0; o < outputs; o += 16) {
    for (let k = 0; k < inputs; k += TILE_INPUTS) {
      const count = min(TILE_INPUTS, inputs - k);
      fillTile(tile, weights, count, book, mask);
      weights += (<usize>count) << 3;
      let picture = 0;
      for (; picture + 1 < pictures; picture += 2) {
        const to = sums + ((<usize>(picture * stride + o)) << 2);
        const next = to + ((<usize>stride) << 2);
        addTileTwice(steps, to, next, x + <usize>(picture * inputs + k), inputs, tile, count, k === 0);
      }
      if (picture < pictures) {
        const to = sums + ((<usize>(picture * stride + o)) << 2);
        addTile(steps, to, x + <usize>(picture * inputs + k), tile, count, k === 0);
      }
    }
  }
}

/**
 * Sums of some of a layer's outputs, for every picture.
 * @param sums i32 [pictures][stride], written, at the first of these outputs
 * @param x u7 [pictures][inputs]; inputs a multiple of 8
 * @param weights these outputs' lines, see above
 * @param codebook i8 [16], -127..127
 * @param outputs a multiple of 16
 * @param tile 2,048 bytes of scratch
 */
export function denseCodes(
  sums: usize,
  x: usize,
  weights: usize,
  codebook: usize,
  inputs: i32,
  outputs: i32,
  tile: usize,
  pictures: i32,
  stride: i32,
): void {
  if (pictures === 1) onePicture(false, sums, x, weights, codebook, inputs, outputs);
  else batch(false, sums, x, weights, codebook, inputs, outputs, tile, pictures, stride);
}

/** As denseCodes, the dot product in steps. */
export function denseCodesInSteps(
  sums: usize,
  x: usize,
  weights: usize,
  codebook: usize,
  inputs: i32,
  outputs: i32,
  tile: usize,
  pictures: i32,
  stride: i32,
): void {
  if (pictures === 1) onePicture(true, sums, x, weights, codebook, inputs, outputs);
  else batch(true, sums, x, weights, codebook, inputs, outputs, tile, pictures, stride);
}
