// The ten crops against a picture whose pixels say where they are, and the mean against plain sums.
import { describe, expect, it } from 'vitest';
import { averagePredictions, tenCrops } from '../../src/classify/ten-crop.ts';

const SIZE = 8;

/** Each pixel holds its row, its column and 7. */
const square = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
  const pixel = Math.floor(i / 3);
  return [Math.floor(pixel / SIZE), pixel % SIZE, 7][i % 3] ?? 0;
});

describe('tenCrops', () => {
  it.each([
    [5, 2],
    [3, 2],
    [4, 2],
    [8, 0],
    [7, 0],
  ])('of %d pixels, the centre at %d', (crop, centre) => {
    const crops = [...tenCrops(square, SIZE, crop)];
    const end = SIZE - crop;
    const corners = [
      [0, 0],
      [0, end],
      [end, 0],
      [end, end],
      [centre, centre],
    ];
    expect(crops).toHaveLength(10);
    corners.forEach(([top = 0, left = 0], i) => {
      const plain = crops[i] ?? new Uint8Array(0);
      const mirrored = crops[i + 5] ?? new Uint8Array(0);
      expect(plain).toHaveLength(crop * crop * 3);
      for (let row = 0; row < crop; row++)
        for (let column = 0; column < crop; column++) {
          const at = (row * crop + column) * 3;
          expect([...plain.slice(at, at + 3)]).toEqual([top + row, left + column, 7]);
          expect([...mirrored.slice(at, at + 3)]).toEqual([top + row, left + crop - 1 - column, 7]);
        }
    });
  });
});

describe('averagePredictions', () => {
  const prediction = (value: number) => ({
    logits: Float32Array.of(value, -value),
    probabilities: Float32Array.of(value / 4, 1 - value / 4),
    embedding: Float32Array.of(value),
  });

  it('is the mean of each vector', () => {
    expect(averagePredictions([prediction(1), prediction(2), prediction(3)])).toEqual(prediction(2));
  });

  it('keeps the bits of a single prediction', () => {
    const single = prediction(0.1);
    expect(averagePredictions([single])).toBe(single);
  });
});
