// unfilter: one row of bytes from its differences (PNG specification, section 9): None, Sub, Up, Average, Paeth.
// `a` is the same byte of the pixel to the left, `b` of the one above, `c` above left; left of the row they are 0.

/**
 * @param target u8 [count]; 8 bytes before it are 0 and may be read, 16 behind it may be overwritten
 * @param source u8 [count]: the differences; apart from `target`; 16 bytes behind it may be read
 * @param above u8 [count]: the row above, zeros for the first; the same room around it
 * @param type 0..4
 * @param pixelBytes 1, 2, 3, 4, 6 or 8; 1 for pixels smaller than a byte
 * @returns false for another type
 */
export function unfilter(
  target: usize,
  source: usize,
  above: usize,
  count: i32,
  type: i32,
  pixelBytes: i32,
): bool {
  switch (type) {
    case 0:
      memory.copy(target, source, count);
      return true;
    case 1:
      if (pixelBytes >= 3) subPixels(target, source, count, pixelBytes);
      else subBytes(target, source, count, pixelBytes);
      return true;
    case 2:
      up(target, source, above, count);
      return true;
    case 3:
      if (pixelBytes >= 3) averagePixels(target, source, above, count, pixelBytes);
      else averageBytes(target, source, above, count, pixelBytes);
      return true;
    case 4:
      if (pixelBytes >= 3) paethPixels(target, source, above, count, pixelBytes);
      else paethBytes(target, source, above, count, pixelBytes);
      return true;
    default:
      return false;
  }
}

function up(target: usize, source: usize, above: usize, count: i32): void {
  let i = 0;
  for (; i + 16 <= count; i += 16)
    v128.store(target + i, i8x16.add(v128.load(source + i), v128.load(above + i)));
  for (; i < count; i++) store<u8>(target + i, load<u8>(source + i) + load<u8>(above + i));
}

function subBytes(target: usize, source: usize, count: i32, pixelBytes: i32): void {
  for (let i = 0; i < count; i++)
    store<u8>(target + i, load<u8>(source + i) + load<u8>(target + i - pixelBytes));
}

function averageBytes(target: usize, source: usize, above: usize, count: i32, pixelBytes: i32): void {
  for (let i = 0; i < count; i++) {
    const a = <u32>load<u8>(target + i - pixelBytes);
    store<u8>(target + i, load<u8>(source + i) + <u8>((a + load<u8>(above + i)) >> 1));
  }
}

function paethBytes(target: usize, source: usize, above: usize, count: i32, pixelBytes: i32): void {
  for (let i = 0; i < count; i++) {
    const a = <i32>load<u8>(target + i - pixelBytes);
    const b = <i32>load<u8>(above + i);
    const c = <i32>load<u8>(above + i - pixelBytes);
    const nearA = abs(b - c);
    const nearB = abs(a - c);
    const nearC = abs(a + b - c - c);
    const predicted = nearA <= nearB && nearA <= nearC ? a : nearB <= nearC ? b : c;
    store<u8>(target + i, load<u8>(source + i) + <u8>predicted);
  }
}

// From here on one pixel is one vector. A store of 8 bytes runs into pixels that are written after it.

function subPixels(target: usize, source: usize, count: i32, pixelBytes: i32): void {
  const end = target + count;
  let a = i8x16.splat(0);
  let next = v128.load64_zero(source);
  while (target < end) {
    a = i8x16.add(a, next);
    source += pixelBytes;
    next = v128.load64_zero(source);
    v128.store64_lane(target, a, 0);
    target += pixelBytes;
  }
}

function averagePixels(target: usize, source: usize, above: usize, count: i32, pixelBytes: i32): void {
  const end = target + count;
  const one = i8x16.splat(1);
  let a = i8x16.splat(0);
  let next = v128.load64_zero(source);
  while (target < end) {
    const b = v128.load64_zero(above);
    // avgr_u rounds up; the filter rounds down.
    const average = i8x16.sub(i8x16.avgr_u(a, b), v128.and(v128.xor(a, b), one));
    a = i8x16.add(next, average);
    source += pixelBytes;
    above += pixelBytes;
    next = v128.load64_zero(source);
    v128.store64_lane(target, a, 0);
    target += pixelBytes;
  }
}

/** Ties go to a, then to b, then to c (section 9.4). */
function paethPixels(target: usize, source: usize, above: usize, count: i32, pixelBytes: i32): void {
  const end = target + count;
  const byte = i16x8.splat(255);
  let a = i16x8.splat(0);
  let c = i16x8.splat(0);
  let next = v128.load64_zero(source);
  while (target < end) {
    const b = i16x8.extend_low_i8x16_u(v128.load64_zero(above));
    const x = i16x8.extend_low_i8x16_u(next);
    const fromA = i16x8.sub(b, c);
    const fromB = i16x8.sub(a, c);
    const nearA = i16x8.abs(fromA);
    const nearB = i16x8.abs(fromB);
    const nearC = i16x8.abs(i16x8.add(fromA, fromB));
    const nearest = i16x8.min_s(nearA, i16x8.min_s(nearB, nearC));
    const bOrC = v128.bitselect(b, c, i16x8.eq(nearest, nearB));
    const predicted = v128.bitselect(a, bOrC, i16x8.eq(nearest, nearA));
    a = v128.and(i16x8.add(x, predicted), byte);
    c = b;
    source += pixelBytes;
    above += pixelBytes;
    next = v128.load64_zero(source);
    v128.store64_lane(target, i8x16.narrow_i16x8_u(a, a), 0);
    target += pixelBytes;
  }
}
