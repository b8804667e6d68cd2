// From the components' samples to RGB, 16 pixels at a time.
// YCbCr (JFIF 1.02, page 3): R = Y + 1.402 Cr, G = Y - 0.344136 Cb - 0.714136 Cr, B = Y + 1.772 Cb, with
// Cb and Cr less 128. CMYK comes inverted, as Adobe's programs write it: R = C * K / 255. YCCK is CMYK
// whose first three components went through RGB to YCbCr, so that R = (255 - (Y + 1.402 Cr)) * K / 255.

export const GRAY: i32 = 0;
export const YCC: i32 = 1;
export const RGB: i32 = 2;
export const CMYK: i32 = 3;
export const YCCK: i32 = 4;

export class Color {
  /** `width` pixels at `to` (3 bytes each; up to 48 bytes more may be written); k is the fourth component. */
  static convert(model: i32, to: usize, a: usize, b: usize, c: usize, k: usize, width: i32): void {
    for (let x = 0; x < width; x += 16, to += 48) {
      let red = v128.load(a + x);
      let green = red;
      let blue = red;
      if (model !== GRAY) {
        green = v128.load(b + x);
        blue = v128.load(c + x);
      }
      if (model === YCC || model === YCCK) {
        const y = red;
        const cb = green;
        const cr = blue;
        const cbLow = Color.centred(i16x8.extend_low_i8x16_u(cb));
        const cbHigh = Color.centred(i16x8.extend_high_i8x16_u(cb));
        const crLow = Color.centred(i16x8.extend_low_i8x16_u(cr));
        const crHigh = Color.centred(i16x8.extend_high_i8x16_u(cr));
        const yLow = i16x8.extend_low_i8x16_u(y);
        const yHigh = i16x8.extend_high_i8x16_u(y);
        red = i8x16.narrow_i16x8_u(Color.red(yLow, crLow), Color.red(yHigh, crHigh));
        green = i8x16.narrow_i16x8_u(Color.green(yLow, cbLow, crLow), Color.green(yHigh, cbHigh, crHigh));
        blue = i8x16.narrow_i16x8_u(Color.blue(yLow, cbLow), Color.blue(yHigh, cbHigh));
      }
      if (model === YCCK) {
        red = v128.not(red);
        green = v128.not(green);
        blue = v128.not(blue);
      }
      if (model === CMYK || model === YCCK) {
        const black = v128.load(k + x);
        red = Color.multiply(red, black);
        green = Color.multiply(green, black);
        blue = Color.multiply(blue, black);
      }
      Color.interleave(to, red, green, blue);
    }
  }

  @inline static centred(words: v128): v128 {
    return i16x8.sub(words, i16x8.splat(128));
  }

  // q15mulr(x, f * 2^15) = round(x * f); whole multiples are added outside of the rounding.
  @inline static red(y: v128, cr: v128): v128 {
    return i16x8.add(y, i16x8.add(cr, i16x8.q15mulr_sat_s(cr, i16x8.splat(13173))));
  }

  @inline static blue(y: v128, cb: v128): v128 {
    return i16x8.add(y, i16x8.sub(i16x8.add(cb, cb), i16x8.q15mulr_sat_s(cb, i16x8.splat(7471))));
  }

  /** Two products with one rounding: in sixteenths first. */
  @inline static green(y: v128, cb: v128, cr: v128): v128 {
    const sum = i16x8.add(
      i16x8.q15mulr_sat_s(i16x8.shl(cb, 6), i16x8.splat(-11277)),
      i16x8.q15mulr_sat_s(i16x8.shl(cr, 6), i16x8.splat(-23401)),
    );
    return i16x8.add(y, i16x8.shr_s(i16x8.add(sum, i16x8.splat(32)), 6));
  }

  /** round(a * b / 255) of bytes. */
  @inline static multiply(a: v128, b: v128): v128 {
    return i8x16.narrow_i16x8_u(
      Color.by255(i16x8.extmul_low_i8x16_u(a, b)),
      Color.by255(i16x8.extmul_high_i8x16_u(a, b)),
    );
  }

  /** round(x / 255) for x up to 255 * 255, exactly: t = x + 128, (t + (t >> 8)) >> 8. */
  @inline static by255(product: v128): v128 {
    const t = i16x8.add(product, i16x8.splat(128));
    return i16x8.shr_u(i16x8.add(t, i16x8.shr_u(t, 8)), 8);
  }

  @inline static interleave(to: usize, r: v128, g: v128, b: v128): void {
    let rg = i8x16.shuffle(r, g, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
    v128.store(to, i8x16.shuffle(rg, b, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
    rg = i8x16.shuffle(r, g, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
    v128.store(to, i8x16.shuffle(rg, b, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15), 16);
    rg = i8x16.shuffle(r, g, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
    v128.store(to, i8x16.shuffle(rg, b, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31), 32);
  }
}
