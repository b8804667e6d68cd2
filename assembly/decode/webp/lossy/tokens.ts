// The coefficients of a macroblock (RFC 6386, sections 13 and 14.1), dequantized: 25 blocks of 16, i16 as libwebp
// keeps them: 16 luma, 4 U, 4 V; the DC values of a macroblock that is predicted as a whole come by a block of
// their own and a Walsh-Hadamard transform (section 14.3).
import { BITS_A_TOKEN, Bools } from './bools';
import { STEPS, TOKEN_PROBABILITIES } from './header';
import { BY_SUBBLOCKS, SEGMENT } from './modes';

const ZIGZAG = memory.data<u8>([0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15]);
/** Band of each position, and of the one behind the last; times 33, the bytes of a band. */
const BANDS = memory.data<u16>([
  0, 33, 66, 99, 198, 132, 165, 198, 198, 198, 198, 198, 198, 198, 198, 231, 0,
]);
/** Extra bits of the four largest categories, each ended by 0. */
const EXTRA = memory.data<u8>([
  173, 148, 140, 0, 0, 0, 0, 0, 0, 0, 0, 0, 176, 155, 140, 135, 0, 0, 0, 0, 0, 0, 0, 0, 180, 157, 141, 134,
  130, 0, 0, 0, 0, 0, 0, 0, 254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129, 0,
]);
const TYPE_BYTES: usize = 264;

/** The macroblock's coefficients. */
export const COEFFICIENTS = memory.data(25 * 32, 16);
const Y2 = COEFFICIENTS + 24 * 32;
/** For each of the 24 blocks: 0 none, 1 only DC, 2 more. */
export const KINDS = memory.data(24, 16);
/** Had the neighbour to the left coefficients? 4 luma, 2 U, 2 V, 1 Y2. */
const LEFT = memory.data(16);

export class Tokens {
  static startRow(): void {
    memory.fill(LEFT, 0, 16);
  }

  /** `above`: 9 flags, 16 bytes apart, as LEFT. */
  static skip(record: usize, above: usize): void {
    const kept = load<u8>(record + BY_SUBBLOCKS);
    store<u64>(above, 0);
    store<u64>(LEFT, 0);
    if (kept) return;
    store<u8>(above, 0, 8);
    store<u8>(LEFT, 0, 8);
  }

  /** Reads a macroblock; true if any of its 24 blocks is not all zero. */
  static read(record: usize, above: usize): bool {
    memory.fill(COEFFICIENTS, 0, 25 * 32);
    const steps = STEPS + <usize>load<u8>(record + SEGMENT) * 24;
    const whole = load<u8>(record + BY_SUBBLOCKS) === 0;
    let first = 0;
    let type = TOKEN_PROBABILITIES + 3 * TYPE_BYTES;
    if (whole) {
      const context = <i32>load<u8>(above, 8) + <i32>load<u8>(LEFT, 8);
      const some = Tokens.block(TOKEN_PROBABILITIES + TYPE_BYTES, context, 0, steps + 8, Y2) > 0;
      store<u8>(above, some ? 1 : 0, 8);
      store<u8>(LEFT, some ? 1 : 0, 8);
      if (some) Tokens.walshHadamard();
      first = 1;
      type = TOKEN_PROBABILITIES;
    }
    let any: u32 = 0;
    for (let y: usize = 0; y < 4; y++)
      for (let x: usize = 0; x < 4; x++)
        any |= Tokens.one(type, first, steps, above + x, LEFT + y, y * 4 + x);
    const chroma = TOKEN_PROBABILITIES + 2 * TYPE_BYTES;
    for (let plane: usize = 4; plane < 8; plane += 2)
      for (let y: usize = 0; y < 2; y++)
        for (let x: usize = 0; x < 2; x++)
          any |= Tokens.one(
            chroma,
            0,
            steps + 16,
            above + plane + x,
            LEFT + plane + y,
            16 + (plane - 4) * 2 + y * 2 + x,
          );
    return any !== 0;
  }

  @inline static one(type: usize, first: i32, steps: usize, above: usize, left: usize, index: usize): u32 {
    const block = COEFFICIENTS + index * 32;
    const end = Tokens.block(type, <i32>load<u8>(above) + <i32>load<u8>(left), first, steps, block);
    const some: u8 = end > first ? 1 : 0;
    store<u8>(above, some);
    store<u8>(left, some);
    const kind: u8 = end > 1 ? 2 : load<i16>(block) !== 0 ? 1 : 0;
    store<u8>(KINDS + index, kind);
    return kind;
  }

  /**
   * One block; the position behind its last coefficient. `first` is 1 where the DC comes from elsewhere. The decoder's
   * state is in locals: as globals it would go through memory for every decision. Three of at most 7 bits each and a sign
   * are decided between refills.
   */
  static block(type: usize, context: i32, first: i32, steps: usize, to: usize): i32 {
    let value = Bools.value;
    let range = Bools.range;
    let count = Bools.count;
    let n = first;
    let p = type + <usize>load<u16>(BANDS + ((<usize>n) << 1)) + <usize>(context * 11);
    while (n < 16) {
      if (count < BITS_A_TOKEN) {
        value = Bools.refill(value, count);
        count = Bools.count;
      }
      // Is there another coefficient?
      let split = 1 + (((range - 1) * load<u8>(p)) >> 8);
      let large = (<u64>split) << (<u64>count);
      if (value < large) {
        const shift = clz<u32>(split) - 24;
        range = split << shift;
        count -= <i32>shift;
        break;
      }
      value -= large;
      range -= split;
      let shift = clz<u32>(range) - 24;
      range <<= shift;
      count -= <i32>shift;
      for (;;) {
        // Is it zero?
        split = 1 + (((range - 1) * load<u8>(p, 1)) >> 8);
        large = (<u64>split) << (<u64>count);
        if (value >= large) break;
        shift = clz<u32>(split) - 24;
        range = split << shift;
        count -= <i32>shift;
        if (++n === 16) break;
        p = type + <usize>load<u16>(BANDS + ((<usize>n) << 1));
        if (count < BITS_A_TOKEN) {
          value = Bools.refill(value, count);
          count = Bools.count;
        }
      }
      if (n === 16) break;
      value -= large;
      range -= split;
      shift = clz<u32>(range) - 24;
      range <<= shift;
      count -= <i32>shift;
      // Is it more than one?
      let level = 1;
      let next: usize = 11;
      split = 1 + (((range - 1) * load<u8>(p, 2)) >> 8);
      large = (<u64>split) << (<u64>count);
      if (value >= large) {
        range -= split;
        shift = clz<u32>(range) - 24;
        Bools.value = value - large;
        Bools.range = range << shift;
        Bools.count = count - <i32>shift;
        level = Tokens.large(p);
        next = 22;
        value = Bools.value;
        range = Bools.range;
        count = Bools.count;
        if (count < BITS_A_TOKEN) {
          value = Bools.refill(value, count);
          count = Bools.count;
        }
      } else {
        shift = clz<u32>(split) - 24;
        range = split << shift;
        count -= <i32>shift;
      }
      // The sign is as often 0 as 1: without a branch.
      split = (range + 1) >> 1;
      large = (<u64>split) << (<u64>count);
      const negative = value >= large;
      value -= negative ? large : 0;
      range = negative ? range - split : split;
      shift = clz<u32>(range) - 24;
      range <<= shift;
      count -= <i32>shift;
      const sign = -(<i32>negative);
      const step = load<i32>(steps + (n > 0 ? 4 : 0));
      store<i16>(to + ((<usize>load<u8>(ZIGZAG + n)) << 1), <i16>(((level ^ sign) - sign) * step));
      n++;
      p = type + <usize>load<u16>(BANDS + ((<usize>n) << 1)) + next;
    }
    Bools.value = value;
    Bools.range = range;
    Bools.count = count;
    return n;
  }

  /** Values of 2 and more. */
  static large(p: usize): i32 {
    if (!Bools.bit(load<u8>(p, 3))) {
      if (!Bools.bit(load<u8>(p, 4))) return 2;
      return 3 + <i32>Bools.bit(load<u8>(p, 5));
    }
    if (!Bools.bit(load<u8>(p, 6))) {
      if (!Bools.bit(load<u8>(p, 7))) return 5 + <i32>Bools.bit(159);
      const high = <i32>Bools.bit(165);
      return 7 + 2 * high + <i32>Bools.bit(145);
    }
    const high = Bools.bit(load<u8>(p, 8));
    const category = 2 * high + Bools.bit(load<u8>(p + 9 + high));
    let value = 0;
    for (let from = EXTRA + category * 12; load<u8>(from); from++)
      value = 2 * value + <i32>Bools.bit(load<u8>(from));
    return value + 3 + (8 << category);
  }

  static walshHadamard(): void {
    for (let i: usize = 0; i < 8; i += 2) {
      const at = Y2 + i;
      const a0 = <i32>load<i16>(at) + load<i16>(at, 24);
      const a1 = <i32>load<i16>(at, 8) + load<i16>(at, 16);
      const a2 = <i32>load<i16>(at, 8) - load<i16>(at, 16);
      const a3 = <i32>load<i16>(at) - load<i16>(at, 24);
      // Sums of four values of 16 bits: kept in the 32 bits of the 16 blocks' first two places.
      store<i32>(COEFFICIENTS + i * 16, a0 + a1);
      store<i32>(COEFFICIENTS + i * 16, a3 + a2, 4);
      store<i32>(COEFFICIENTS + i * 16, a0 - a1, 8);
      store<i32>(COEFFICIENTS + i * 16, a3 - a2, 12);
    }
    Tokens.secondPass();
  }

  static secondPass(): void {
    // Columns lie 32 bytes apart, each with its four rows.
    const c0 = v128.load(COEFFICIENTS);
    const c1 = v128.load(COEFFICIENTS, 32);
    const c2 = v128.load(COEFFICIENTS, 64);
    const c3 = v128.load(COEFFICIENTS, 96);
    const dc = i32x4.add(c0, i32x4.splat(3));
    const a0 = i32x4.add(dc, c3);
    const a1 = i32x4.add(c1, c2);
    const a2 = i32x4.sub(c1, c2);
    const a3 = i32x4.sub(dc, c3);
    memory.fill(COEFFICIENTS, 0, 128);
    Tokens.spread(0, i32x4.shr_s(i32x4.add(a0, a1), 3));
    Tokens.spread(1, i32x4.shr_s(i32x4.add(a3, a2), 3));
    Tokens.spread(2, i32x4.shr_s(i32x4.sub(a0, a1), 3));
    Tokens.spread(3, i32x4.shr_s(i32x4.sub(a3, a2), 3));
  }

  /** Four rows of column x become DC values. */
  @inline static spread(x: usize, rows: v128): void {
    store<i16>(COEFFICIENTS + x * 32, <i16>i32x4.extract_lane(rows, 0));
    store<i16>(COEFFICIENTS + x * 32, <i16>i32x4.extract_lane(rows, 1), 128);
    store<i16>(COEFFICIENTS + x * 32, <i16>i32x4.extract_lane(rows, 2), 256);
    store<i16>(COEFFICIENTS + x * 32, <i16>i32x4.extract_lane(rows, 3), 384);
  }
}
