// How sure a measured share is.

/** 97.5 % quantile of the normal distribution. */
const Z = 1.959964;

/** The 95 % interval of a share (Wilson 1927). */
export function wilson(hits: number, of: number): [number, number] {
  const p = hits / of;
  const centre = p + (Z * Z) / (2 * of);
  const half = Z * Math.sqrt((p * (1 - p)) / of + (Z * Z) / (4 * of * of));
  const scale = 1 + (Z * Z) / of;
  return [(centre - half) / scale, (centre + half) / scale];
}
