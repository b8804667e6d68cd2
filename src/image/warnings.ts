// What was wrong with a file whose picture was read nevertheless. The bits are those of assembly/decode/damage.ts.

export const IMAGE_WARNINGS = ['stray-bytes', 'bad-exif', 'cut-off', 'bad-codes'] as const;
export type ImageWarning = (typeof IMAGE_WARNINGS)[number];

/** The names of the bits that are set, lowest first. */
export function imageWarnings(bits: number): ImageWarning[] {
  return IMAGE_WARNINGS.filter((_, i) => bits & (1 << i));
}
