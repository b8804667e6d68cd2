// match: the copy of earlier output that a length and a distance of deflate stand for.

/** Section 3.2.3: a match may overlap what it writes, and then repeats it. Up to 15 bytes behind it are overwritten. */
export function copyMatch(target: usize, distance: usize, length: usize): void {
  let source = target - distance;
  const end = target + length;
  if (distance >= 16) {
    for (; target < end; target += 16, source += 16) v128.store(target, v128.load(source));
  } else if (distance === 1) {
    const repeated = i8x16.splat(load<u8>(source));
    for (; target < end; target += 16) v128.store(target, repeated);
  } else {
    for (; target < end; target++, source++) store<u8>(target, load<u8>(source));
  }
}
