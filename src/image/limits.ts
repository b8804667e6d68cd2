// What a picture may ask of the decoder. Checked as soon as the header is known, before pixels are decoded.

export interface ImageLimits {
  /** Bytes of the upload. */
  bytes: number;
  /** width * height. */
  pixels: number;
  /** Longest side. */
  side: number;
  /** Scans of a JPEG; ten are usual. */
  scans: number;
  /**
   * Blocks of 8 x 8 that the scans of a JPEG visit together: 100 MP in ten scans are 15 million. Each dynamic
   * block of a PNG's compressed data counts as 128.
   */
  blocks: number;
}

const DEFAULTS = {
  MAX_IMAGE_BYTES: ['bytes', 25_000_000],
  MAX_IMAGE_PIXELS: ['pixels', 100_000_000],
  MAX_IMAGE_SIDE: ['side', 30_000],
  MAX_JPEG_SCANS: ['scans', 100],
  MAX_DECODE_BLOCKS: ['blocks', 40_000_000],
} as const satisfies Record<string, readonly [keyof ImageLimits, number]>;

/** The Worker's variables that set limits. */
export type LimitVariables = Partial<Record<keyof typeof DEFAULTS, string | undefined>>;

/** The limits as the Worker's variables set them; a malformed variable is an Error that names it. */
export function imageLimits(vars: LimitVariables): ImageLimits {
  const limits = { bytes: 0, pixels: 0, side: 0, scans: 0, blocks: 0 };
  for (const [name, [key, fallback]] of Object.entries(DEFAULTS)) {
    const text = vars[name as keyof LimitVariables];
    const value = text === undefined || text === '' ? fallback : Number(text);
    if (!Number.isSafeInteger(value) || value < 1 || value > 2 ** 31 - 1)
      throw new Error(`${name}: expected a whole number from 1 to 2147483647, got "${text}"`);
    limits[key] = value;
  }
  return limits;
}
