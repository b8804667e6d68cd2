// quantize: activations to unsigned 7 bits, q = round half to even (x * inverse), with inverse = 127 / max of the
// tensor, so that nothing is clipped and real 0 stays 0. Reads non-negative values only.
// Adding 2^23 rounds to the nearest even integer and leaves it in the low bits of the float.

/**
 * One run of values.
 * @param target u7 [count]
 * @param source f32 [count], 0 <= x <= 127 / inverse; count a multiple of 4
 */
export function quantize(target: usize, source: usize, count: i32, inverse: f32): void {
  const scale = f32x4.splat(inverse);
  const magic = f32x4.splat(8388608);
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    const q0 = f32x4.add(f32x4.mul(v128.load(source), scale), magic);
    const q1 = f32x4.add(f32x4.mul(v128.load(source, 16), scale), magic);
    const q2 = f32x4.add(f32x4.mul(v128.load(source, 32), scale), magic);
    const q3 = f32x4.add(f32x4.mul(v128.load(source, 48), scale), magic);
    const low = i16x8.narrow_i32x4_s(i32x4.sub(q0, magic), i32x4.sub(q1, magic));
    const high = i16x8.narrow_i32x4_s(i32x4.sub(q2, magic), i32x4.sub(q3, magic));
    v128.store(target, i8x16.narrow_i16x8_u(low, high));
    source += 64;
    target += 16;
  }
  for (; i < count; i += 4) {
    const q = i32x4.sub(f32x4.add(f32x4.mul(v128.load(source), scale), magic), magic);
    const words = i16x8.narrow_i32x4_s(q, q);
    v128.store32_lane(target, i8x16.narrow_i16x8_u(words, words), 0);
    source += 16;
    target += 4;
  }
}

/**
 * One row of pixels into one plane per group: group g's slice of each pixel goes to plane g, where a kernel row
 * of a grouped convolution is then one contiguous run.
 * @param target u7, group 0's plane at the row's first pixel; planes lie `planeBytes` apart
 * @param source f32 [width][groups * groupChannels]; groupChannels a multiple of 4
 */
export function quantizeRow(
  target: usize,
  source: usize,
  width: i32,
  groupChannels: i32,
  groups: i32,
  planeBytes: i32,
  inverse: f32,
): void {
  if (groups === 1) {
    quantize(target, source, width * groupChannels, inverse);
    return;
  }
  for (let x = 0; x < width; x++) {
    for (let group = 0; group < groups; group++) {
      quantize(target + <usize>(group * planeBytes), source, groupChannels, inverse);
      source += (<usize>groupChannels) << 2;
    }
    target += groupChannels;
  }
}
