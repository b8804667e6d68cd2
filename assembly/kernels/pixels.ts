// pixels: picture bytes to unsigned 7 bits, q = min(127, (x + 1) >> 1), which stand for 2 * q grey levels.

/**
 * @param target u7 [count]
 * @param source u8 [count]
 */
export function pixels(target: usize, source: usize, count: i32): void {
  const zero = i8x16.splat(0);
  const top = i8x16.splat(127);
  let i = 0;
  for (; i + 16 <= count; i += 16)
    v128.store(target + i, i8x16.min_u(i8x16.avgr_u(v128.load(source + i), zero), top));
  for (; i < count; i++) store<u8>(target + i, <u8>min((<u32>load<u8>(source + i) + 1) >> 1, 127));
}
