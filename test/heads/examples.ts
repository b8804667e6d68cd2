// Examples that the tests of heads share: seeded features around one centre a class.
import type { Example } from '../../src/heads/examples.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';

/** As the tiny model of the route tests has them. */
const INPUTS = { fc6: 64, fc7: 48 };

/** Dot products by their definition. */
export function slowDotProducts(left: readonly Uint8Array[], right: readonly Uint8Array[]): Int32Array {
  return Int32Array.from(
    left.flatMap((a) => right.map((b) => a.reduce((sum, value, k) => sum + value * (b[k] as number), 0))),
  );
}

/** @param noise 0: all photos of a class are nearly alike */
export function someExamples(
  labels: readonly (string | undefined)[],
  photos: number,
  noise = 60,
  views = 1,
): Example[] {
  const next = randomNumbers(labels.length * 100 + photos);
  const features = (centre: readonly number[]) =>
    Uint8Array.from(centre, (value) =>
      Math.max(0, Math.min(127, Math.round(value + (next() - 0.5) * noise))),
    );
  return labels.flatMap((label) => {
    const centre = {
      fc6: Array.from({ length: INPUTS.fc6 }, () => next() * 90),
      fc7: Array.from({ length: INPUTS.fc7 }, () => next() * 90),
    };
    return Array.from({ length: photos }, () => ({
      label,
      layers: {
        fc6: Array.from({ length: views }, () => features(centre.fc6)),
        fc7: Array.from({ length: views }, () => features(centre.fc7)),
      },
    }));
  });
}

export const BACKBONE = { name: 'tiny', sha256: 'ab'.repeat(32) };

export const OPTIONS = {
  name: 'things',
  backbone: BACKBONE,
  layers: ['fc6', 'fc7'],
  dotProducts: slowDotProducts,
} as const;
