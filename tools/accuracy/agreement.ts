// Figures of a run over labelled photos: how often the best class is the label, and how near the answers are to the
// float reference (a JSON file: {images: [{file, probabilities}]}, classes in the model's order).
import { readFileSync } from 'node:fs';
import { OperatorError } from '../../weights/operator-error.ts';
import type { LabelledPhoto } from './photographs.ts';
import type { ScoredClass } from './service.ts';

/** Probabilities of the float network by photo name. */
export type Reference = Map<string, number[]>;

export interface Answer {
  photo: LabelledPhoto;
  predictions: ScoredClass[];
}

export interface ReferenceFigures {
  /** Photos that the reference has. */
  photos: number;
  /** Shares of these photos, 0..1. */
  top1: number;
  referenceTop1: number;
  sameClass: number;
  /** Of probabilities: of all photos, and the mean of each photo's largest. */
  largestDifference: number;
  meanDifference: number;
}

export interface Figures {
  photos: number;
  /** Shares of the photos, 0..1. */
  top1: number;
  top5: number;
  reference?: ReferenceFigures;
}

export interface Bar {
  name: string;
  value: string;
  bar: string;
  met: boolean;
}

/** Throws OperatorError for a file that cannot be read or holds something else. */
export function readReference(file: string): Reference {
  try {
    const { images } = JSON.parse(readFileSync(file, 'utf8')) as {
      images: { file: string; probabilities: number[] }[];
    };
    return new Map(images.map((image) => [image.file, image.probabilities]));
  } catch (error) {
    throw new OperatorError(
      `${file}: expected a reference {images: [{file, probabilities}]}, found ${(error as Error).message}`,
    );
  }
}

function share(count: number, all: number): number {
  return all === 0 ? 0 : count / all;
}

function referenceFigures(answers: readonly Answer[], reference: Reference): ReferenceFigures | undefined {
  let photos = 0;
  let right = 0;
  let referenceRight = 0;
  let same = 0;
  let largestDifference = 0;
  let sum = 0;
  for (const { photo, predictions } of answers) {
    const expected = reference.get(photo.name);
    if (!expected) continue;
    if (expected.length !== predictions.length)
      throw new OperatorError(
        `${photo.name}: expected a reference of ${predictions.length} classes, found ${expected.length}`,
      );
    const best = expected.indexOf(Math.max(...expected));
    photos++;
    if (predictions[0]?.synset === photo.synset) right++;
    if (predictions.find(({ index }) => index === best)?.synset === photo.synset) referenceRight++;
    if (predictions[0]?.index === best) same++;
    const differences = predictions.map(({ index, score }) => Math.abs(score - (expected[index] ?? 0)));
    const difference = Math.max(...differences);
    largestDifference = Math.max(largestDifference, difference);
    sum += difference;
  }
  if (photos === 0) return undefined;
  return {
    photos,
    top1: share(right, photos),
    referenceTop1: share(referenceRight, photos),
    sameClass: share(same, photos),
    largestDifference,
    meanDifference: share(sum, photos),
  };
}

export function figuresOf(answers: readonly Answer[], reference: Reference): Figures {
  const within = (count: number) =>
    answers.filter(({ photo, predictions }) =>
      predictions.slice(0, count).some(({ synset }) => synset === photo.synset),
    ).length;
  const compared = referenceFigures(answers, reference);
  return {
    photos: answers.length,
    top1: share(within(1), answers.length),
    top5: share(within(5), answers.length),
    ...(compared ? { reference: compared } : {}),
  };
}

export function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}

/** What the int8 network must keep of the float one. */
export function barsOf({
  top1,
  referenceTop1,
  sameClass,
  largestDifference,
  meanDifference,
}: ReferenceFigures): Bar[] {
  return [
    {
      name: 'top-1',
      value: percent(top1),
      bar: `within 0.5 points of ${percent(referenceTop1)}`,
      met: Math.abs(top1 - referenceTop1) <= 0.005 + 1e-9,
    },
    {
      name: 'same class as the float reference',
      value: percent(sameClass),
      bar: 'at least 99 %',
      met: sameClass >= 0.99,
    },
    {
      name: 'largest probability difference',
      value: largestDifference.toFixed(4),
      bar: 'at most 0.03',
      met: largestDifference <= 0.03,
    },
    {
      name: "mean of each photo's largest difference",
      value: meanDifference.toFixed(4),
      bar: 'at most 0.004',
      met: meanDifference <= 0.004,
    },
  ];
}
