// What a classifier needs to recognize a photo of something else ("none of these"): a score and its distribution on photos
// of its own classes that it was not fitted on.
//
//   score = (energy - mean) / std [+ (w . x / |x| + bias) / std of a linear detector],  energy = log sum exp logits
//   p     = (1 + how many of the predicted class's 64 quantiles are not higher) / 65
//
// Among photos like those, p <= t happens in at most a share t, whatever the network is (conformal prediction, Vovk et
// al. 2005; energy: Liu et al. 2020).
import * as v from 'valibot';

export const QUANTILES = 64;

export interface Detector {
  /** i8 [inputs]; times `scale`. */
  weight: Int8Array;
  scale: number;
  bias: number;
  /** Standard deviation of its output on photos of the classes. */
  std: number;
}

export interface Known {
  /** The dense layer whose activations the detector reads. */
  layer: string;
  energy: { mean: number; std: number };
  detector?: Detector | undefined;
  /** f32 [classes][64], ascending; -infinity where fewer photos were there than a quantile needs. */
  quantiles: Float32Array;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

const base64 = (step: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9+/]*={0,2}$/, 'base64'),
    v.check((text) => text.length % 4 === 0, 'base64'),
    v.transform(bytesOf),
    v.check((bytes) => bytes.length % step === 0, `base64 of whole numbers of ${step} bytes`),
  );
const finite = v.pipe(v.number(), v.finite());
const positive = v.pipe(finite, v.gtValue(0));

/** The field `known` of a packed model's metadata; typed arrays as base64, little-endian. */
export const KnownField = v.object({
  layer: v.string(),
  energy: v.object({ mean: finite, std: positive }),
  detector: v.optional(
    v.object({
      weight: v.pipe(
        base64(1),
        v.transform((bytes) => new Int8Array(bytes.buffer)),
      ),
      scale: positive,
      bias: finite,
      std: positive,
    }),
  ),
  quantiles: v.pipe(
    base64(4 * QUANTILES),
    v.transform((bytes) => new Float32Array(bytes.buffer)),
    v.check((values) => !values.some(Number.isNaN), 'numbers'),
  ),
});

/** The same as a JSON text. */
export function encodeKnown({ detector, quantiles, ...rest }: Known): string {
  return JSON.stringify({
    ...rest,
    ...(detector ? { detector: { ...detector, weight: base64Of(new Uint8Array(detector.weight)) } } : {}),
    quantiles: base64Of(new Uint8Array(quantiles.buffer, quantiles.byteOffset, quantiles.byteLength)),
  });
}
