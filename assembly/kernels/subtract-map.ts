// subtractMap: x = max(0, x - map), in place. The map is what the first convolution makes of the mean image:
// conv(p - m) = conv(p) - conv(m), and ReLU comes after.

/**
 * @param x f32 [count], changed in place; count a multiple of 4
 * @param map f32 [count]
 * @param max f32 [4], raised to the largest outputs (lane by lane)
 */
export function subtractMap(x: usize, map: usize, max: usize, count: i32): void {
  const zeros = f32x4.splat(0);
  let largest = v128.load(max);
  for (const end = x + ((<usize>count) << 2); x < end; x += 16) {
    const y = f32x4.pmax(zeros, f32x4.sub(v128.load(x), v128.load(map)));
    v128.store(x, y);
    largest = f32x4.pmax(largest, y);
    map += 16;
  }
  v128.store(max, largest);
}
