// The loop filters of VP8 (RFC 6386, section 15), 16 pixels of an edge at once. An edge is given as rows: p3 p2 p1 p0
// above it, q0 q1 q2 q3 below. Edges that run down are turned into rows in a scratch square first.

/** 8 rows of 16 pixels. */
const SQUARE = memory.data(128, 16);
const MIDDLE = SQUARE + 64;

/** Sixteen bytes at once; pixels as signed numbers around 0. */
class Lanes {
  @inline static apart(a: v128, b: v128): v128 {
    return v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
  }

  @inline static signed(at: usize): v128 {
    return v128.xor(v128.load(at), i8x16.splat(-128));
  }

  @inline static put(at: usize, value: v128): void {
    v128.store(at, v128.xor(value, i8x16.splat(-128)));
  }

  /** |p0 - q0| * 2 + |p1 - q1| / 2 <= limit. */
  @inline static flat(at: usize, stride: usize, limit: i32): v128 {
    const steep = Lanes.apart(v128.load(at - stride), v128.load(at));
    const wide = i8x16.shr_u(Lanes.apart(v128.load(at - 2 * stride), v128.load(at + stride)), 1);
    return i8x16.le_u(i8x16.add_sat_u(i8x16.add_sat_u(steep, steep), wide), i8x16.splat(<i8>limit));
  }

  @inline static step(at: usize, stride: usize): v128 {
    return i8x16.sub_sat_s(Lanes.signed(at), Lanes.signed(at - stride));
  }

  /** c(c(base) + 3 (q0 - p0)). */
  @inline static slope(base: v128, d: v128): v128 {
    return i8x16.add_sat_s(i8x16.add_sat_s(i8x16.add_sat_s(base, d), d), d);
  }

  /** (value * factor + 63) >> 7, clipped. */
  @inline static part(value: v128, factor: i16): v128 {
    const f = i16x8.splat(factor);
    const half = i16x8.splat(63);
    const low = i16x8.shr_s(i16x8.add(i16x8.mul(i16x8.extend_low_i8x16_s(value), f), half), 7);
    const high = i16x8.shr_s(i16x8.add(i16x8.mul(i16x8.extend_high_i8x16_s(value), f), half), 7);
    return i8x16.narrow_i16x8_s(low, high);
  }

  @inline static zipLow(a: v128, b: v128): v128 {
    return v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  }

  @inline static zipHigh(a: v128, b: v128): v128 {
    return v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  }
}

export class LoopFilter {
  static simple(at: usize, stride: usize, limit: i32): void {
    const mask = Lanes.flat(at, stride, limit);
    const base = i8x16.sub_sat_s(Lanes.signed(at - 2 * stride), Lanes.signed(at + stride));
    const a = v128.and(Lanes.slope(base, Lanes.step(at, stride)), mask);
    Lanes.put(
      at - stride,
      i8x16.add_sat_s(Lanes.signed(at - stride), i8x16.shr_s(i8x16.add_sat_s(a, i8x16.splat(3)), 3)),
    );
    Lanes.put(at, i8x16.sub_sat_s(Lanes.signed(at), i8x16.shr_s(i8x16.add_sat_s(a, i8x16.splat(4)), 3)));
  }

  /** `outer`: the edge of a macroblock, else of a subblock. */
  static normal(at: usize, stride: usize, limit: i32, interior: i32, variance: i32, outer: bool): void {
    const most = i8x16.splat(<i8>interior);
    const p1p0 = Lanes.apart(v128.load(at - 2 * stride), v128.load(at - stride));
    const q1q0 = Lanes.apart(v128.load(at + stride), v128.load(at));
    let widest = i8x16.max_u(p1p0, q1q0);
    const high = i8x16.gt_u(widest, i8x16.splat(<i8>variance));
    widest = i8x16.max_u(widest, Lanes.apart(v128.load(at - 4 * stride), v128.load(at - 3 * stride)));
    widest = i8x16.max_u(widest, Lanes.apart(v128.load(at - 3 * stride), v128.load(at - 2 * stride)));
    widest = i8x16.max_u(widest, Lanes.apart(v128.load(at + 3 * stride), v128.load(at + 2 * stride)));
    widest = i8x16.max_u(widest, Lanes.apart(v128.load(at + 2 * stride), v128.load(at + stride)));
    const mask = v128.and(Lanes.flat(at, stride, limit), i8x16.le_u(widest, most));
    if (!v128.any_true(mask)) return;
    const base = i8x16.sub_sat_s(Lanes.signed(at - 2 * stride), Lanes.signed(at + stride));
    const d = Lanes.step(at, stride);
    if (outer) {
      const a = v128.and(Lanes.slope(base, d), mask);
      LoopFilter.narrow(at, stride, v128.and(a, high));
      const rest = v128.andnot(a, high);
      LoopFilter.move(at, stride, 0, Lanes.part(rest, 27));
      LoopFilter.move(at, stride, 1, Lanes.part(rest, 18));
      LoopFilter.move(at, stride, 2, Lanes.part(rest, 9));
      return;
    }
    const a = v128.and(Lanes.slope(v128.and(base, high), d), mask);
    const a1 = LoopFilter.narrow(at, stride, a);
    const a3 = v128.andnot(i8x16.shr_s(i8x16.add(a1, i8x16.splat(1)), 1), high);
    LoopFilter.move(at, stride, 1, a3);
  }

  /** p0 and q0 move by a / 8; returns what q0 has lost. */
  @inline static narrow(at: usize, stride: usize, a: v128): v128 {
    const a1 = i8x16.shr_s(i8x16.add_sat_s(a, i8x16.splat(4)), 3);
    const a2 = i8x16.shr_s(i8x16.add_sat_s(a, i8x16.splat(3)), 3);
    Lanes.put(at - stride, i8x16.add_sat_s(Lanes.signed(at - stride), a2));
    Lanes.put(at, i8x16.sub_sat_s(Lanes.signed(at), a1));
    return a1;
  }

  /** The pixels `distance` from the edge on both sides move towards each other. */
  @inline static move(at: usize, stride: usize, distance: usize, by: v128): void {
    const p = at - (distance + 1) * stride;
    const q = at + distance * stride;
    Lanes.put(p, i8x16.add_sat_s(Lanes.signed(p), by));
    Lanes.put(q, i8x16.sub_sat_s(Lanes.signed(q), by));
  }

  /** An edge of luma between columns: `at` is q0 of its first row. */
  static simpleDown(at: usize, stride: usize, limit: i32): void {
    const far = at + 8 * stride;
    Turn.toRows(at - 4, stride, far - 4);
    LoopFilter.simple(MIDDLE, 16, limit);
    Turn.back(at - 4, stride, far - 4);
  }

  static normalDown(at: usize, stride: usize, limit: i32, interior: i32, variance: i32, outer: bool): void {
    const far = at + 8 * stride;
    Turn.toRows(at - 4, stride, far - 4);
    LoopFilter.normal(MIDDLE, 16, limit, interior, variance, outer);
    Turn.back(at - 4, stride, far - 4);
  }

  /** The same edge of both chroma planes, 8 pixels each. */
  static chromaDown(
    u: usize,
    v: usize,
    stride: usize,
    limit: i32,
    interior: i32,
    variance: i32,
    outer: bool,
  ): void {
    Turn.toRows(u - 4, stride, v - 4);
    LoopFilter.normal(MIDDLE, 16, limit, interior, variance, outer);
    Turn.back(u - 4, stride, v - 4);
  }

  static chromaAcross(
    u: usize,
    v: usize,
    stride: usize,
    limit: i32,
    interior: i32,
    variance: i32,
    outer: bool,
  ): void {
    let from = u - 4 * stride;
    let other = v - 4 * stride;
    for (let to = SQUARE; to < SQUARE + 128; to += 16, from += stride, other += stride) {
      store<u64>(to, load<u64>(from));
      store<u64>(to, load<u64>(other), 8);
    }
    LoopFilter.normal(MIDDLE, 16, limit, interior, variance, outer);
    from = u - 3 * stride;
    other = v - 3 * stride;
    for (let at = SQUARE + 16; at < SQUARE + 112; at += 16, from += stride, other += stride) {
      store<u64>(from, load<u64>(at));
      store<u64>(other, load<u64>(at, 8));
    }
  }
}

/** 8 columns of two groups of 8 rows to 8 rows of 16, and back: zips of rows that are 8, 4, 2 and 1 apart. */
class Turn {
  @inline static pair(at: usize, other: usize): v128 {
    return Lanes.zipLow(v128.load64_zero(at), v128.load64_zero(other));
  }

  static toRows(first: usize, stride: usize, second: usize): void {
    const a0 = Turn.pair(first, second);
    const a1 = Turn.pair(first + stride, second + stride);
    const a2 = Turn.pair(first + 2 * stride, second + 2 * stride);
    const a3 = Turn.pair(first + 3 * stride, second + 3 * stride);
    const a4 = Turn.pair(first + 4 * stride, second + 4 * stride);
    const a5 = Turn.pair(first + 5 * stride, second + 5 * stride);
    const a6 = Turn.pair(first + 6 * stride, second + 6 * stride);
    const a7 = Turn.pair(first + 7 * stride, second + 7 * stride);
    Turn.half(SQUARE, Lanes.zipLow(a0, a4), Lanes.zipLow(a1, a5), Lanes.zipLow(a2, a6), Lanes.zipLow(a3, a7));
    Turn.half(
      SQUARE + 64,
      Lanes.zipHigh(a0, a4),
      Lanes.zipHigh(a1, a5),
      Lanes.zipHigh(a2, a6),
      Lanes.zipHigh(a3, a7),
    );
  }

  @inline static half(to: usize, b0: v128, b1: v128, b2: v128, b3: v128): void {
    const c0 = Lanes.zipLow(b0, b2);
    const c1 = Lanes.zipLow(b1, b3);
    const c2 = Lanes.zipHigh(b0, b2);
    const c3 = Lanes.zipHigh(b1, b3);
    v128.store(to, Lanes.zipLow(c0, c1));
    v128.store(to, Lanes.zipHigh(c0, c1), 16);
    v128.store(to, Lanes.zipLow(c2, c3), 32);
    v128.store(to, Lanes.zipHigh(c2, c3), 48);
  }

  static back(first: usize, stride: usize, second: usize): void {
    const c0 = v128.load(SQUARE);
    const c1 = v128.load(SQUARE, 16);
    const c2 = v128.load(SQUARE, 32);
    const c3 = v128.load(SQUARE, 48);
    const c4 = v128.load(SQUARE, 64);
    const c5 = v128.load(SQUARE, 80);
    const c6 = v128.load(SQUARE, 96);
    const c7 = v128.load(SQUARE, 112);
    Turn.rows(
      first,
      stride,
      Lanes.zipLow(c0, c4),
      Lanes.zipLow(c1, c5),
      Lanes.zipLow(c2, c6),
      Lanes.zipLow(c3, c7),
    );
    Turn.rows(
      second,
      stride,
      Lanes.zipHigh(c0, c4),
      Lanes.zipHigh(c1, c5),
      Lanes.zipHigh(c2, c6),
      Lanes.zipHigh(c3, c7),
    );
  }

  @inline static rows(to: usize, stride: usize, d0: v128, d1: v128, d2: v128, d3: v128): void {
    const e0 = Lanes.zipLow(d0, d2);
    const e1 = Lanes.zipLow(d1, d3);
    const e2 = Lanes.zipHigh(d0, d2);
    const e3 = Lanes.zipHigh(d1, d3);
    Turn.two(to, stride, Lanes.zipLow(e0, e1));
    Turn.two(to + 2 * stride, stride, Lanes.zipHigh(e0, e1));
    Turn.two(to + 4 * stride, stride, Lanes.zipLow(e2, e3));
    Turn.two(to + 6 * stride, stride, Lanes.zipHigh(e2, e3));
  }

  @inline static two(to: usize, stride: usize, rows: v128): void {
    v128.store64_lane(to, rows, 0);
    v128.store64_lane(to + stride, rows, 1);
  }
}
