// Preprocessed planes back to interleaved pixels, against pixels that are normalised here.
import { describe, expect, it } from 'vitest';
import { denormalize } from '../../../src/http/dialects/open-inference/denormalize.ts';
import type { Preprocess } from '../../../src/network/preprocess.ts';
import { randomNumbers } from '../../../tools/fixtures/random.ts';

const SIZE = 5;
const PREPROCESS: Preprocess = {
  resize: 'shorter-side',
  resizeTo: 6,
  crop: SIZE,
  mean: [123.68, 116.78, 103.94],
  std: [58.4, 57.1, 57.4],
  trainedOn: 'RGB',
};

/** (pixel - mean) / std in planes, of pictures in u8 RGB rows. */
function normalise(pictures: Uint8Array[]): Float32Array {
  const planes = pictures.flatMap((pixels) =>
    [0, 1, 2].flatMap((channel) =>
      Array.from({ length: SIZE * SIZE }, (_, i) => {
        const pixel = pixels[i * 3 + channel] ?? 0;
        return (pixel - (PREPROCESS.mean[channel] ?? 0)) / (PREPROCESS.std[channel] ?? 1);
      }),
    ),
  );
  return Float32Array.from(planes);
}

describe('denormalize', () => {
  it('gives back the pixels of several pictures', () => {
    const next = randomNumbers(7);
    const pictures = [1, 2, 3].map(() =>
      Uint8Array.from({ length: SIZE * SIZE * 3 }, () => Math.floor(next() * 256)),
    );
    expect(denormalize(normalise(pictures), SIZE, PREPROCESS)).toEqual(pictures);
  });

  it('clamps what a filter overshoots, and refuses what is no pixel', () => {
    const data = normalise([new Uint8Array(SIZE * SIZE * 3)]);
    data[0] = (-20 - 123.68) / 58.4;
    data[1] = (270 - 123.68) / 58.4;
    const [pixels] = denormalize(data, SIZE, PREPROCESS);
    expect([pixels?.[0], pixels?.[3]]).toEqual([0, 255]);
    for (const value of [200, -100, Number.NaN, Number.POSITIVE_INFINITY]) {
      data[2] = value;
      expect(() => denormalize(data, SIZE, PREPROCESS)).toThrow(`got ${value} at 2`);
    }
  });
});
