// The figures of `npm run accuracy -- --averages` on answers whose figures are known.
import { expect, test } from 'vitest';
import { areaUnderCurve, calibrationError } from '../../tools/accuracy/averages.ts';
import { measureRetrieval } from '../../tools/accuracy/retrieval.ts';
import { randomNumbers } from '../../tools/fixtures/random.ts';

test('calibration error: the distance of confidence from accuracy, bin by bin', () => {
  const answers = [
    ...Array.from({ length: 10 }, (_, i) => ({ score: 0.9, right: i < 9 })),
    ...Array.from({ length: 10 }, (_, i) => ({ score: 0.5, right: i < 2 })),
  ];
  expect(calibrationError(answers)).toBeCloseTo(0.15, 12);
  expect(calibrationError([{ score: 1, right: true }])).toBe(0);
});

test('area under the curve: pairs in the right order, equal ones half', () => {
  expect(areaUnderCurve([1, 2, 3], [4, 5])).toBe(1);
  expect(areaUnderCurve([4], [1, 4, 5])).toBe(0.5);
});

test('photos of a class that lie together are found by every way', () => {
  const next = randomNumbers(8);
  const classes = ['a', 'b', 'c'];
  const centres = classes.map(() => Float32Array.from({ length: 512 }, () => next() * 10));
  const photos = classes.flatMap((synset) =>
    Array.from({ length: 8 }, (_, i) => ({ synset, name: `${synset}/${i}`, path: '' })),
  );
  const near = photos.map(({ synset }) =>
    (centres[classes.indexOf(synset)] ?? new Float32Array()).map((value) => value + next()),
  );
  for (const { way, precision } of measureRetrieval(photos, near)) expect(precision, way).toBe(1);
  const anywhere = photos.map(() => Float32Array.from({ length: 512 }, () => next() * 10));
  for (const { way, precision } of measureRetrieval(photos, anywhere))
    expect(precision, way).toBeLessThan(0.6);
});
