// What averaging brings: for each way to ask, how often the answer is right, how far its scores are from the truth (expected
// calibration error), and how well photos of other things can be told by it (area under the curve).
import type { LabelledPhoto } from './photographs.ts';
import { askAbout, type Said } from './service.ts';

/** The ways to ask: name, and query of POST /v1/classify. */
export const WAYS: readonly (readonly [string, string])[] = [
  ['plain', ''],
  ['crops=10', 'crops=10'],
  ['relight=8', 'relight=8&seed=1'],
  ['relight=2&crops=10', 'relight=2&crops=10&seed=1'],
  ['dropout=16', 'dropout=16&seed=1'],
];

const BINS = 15;

export interface WayFigures {
  way: string;
  /** Share, 0..1. */
  top1: number;
  calibrationError: number;
  /** Areas under the curve, where there are photos of other things; by what is not in the answers there is none. */
  known?: number | undefined;
  entropy?: number | undefined;
  mutualInformation?: number | undefined;
}

/**
 * Mean distance of confidence from accuracy over 15 bins of equal width, by the photos in them (Guo et al. 2017).
 * @param answers the best score of each photo, and whether it was right
 */
export function calibrationError(answers: readonly { score: number; right: boolean }[]): number {
  const bins = Array.from({ length: BINS }, () => ({ score: 0, right: 0 }));
  for (const { score, right } of answers) {
    const bin = bins[Math.min(BINS - 1, Math.floor(score * BINS))];
    if (!bin) continue;
    bin.score += score;
    bin.right += right ? 1 : 0;
  }
  return bins.reduce((sum, { score, right }) => sum + Math.abs(score - right), 0) / answers.length;
}

/** Share of pairs in which the second list's value is larger; equal ones count half. */
export function areaUnderCurve(own: readonly number[], others: readonly number[]): number {
  let wins = 0;
  for (const a of own) for (const b of others) wins += b > a ? 1 : b === a ? 0.5 : 0;
  return wins / (own.length * others.length);
}

function entropyOf({ predictions, uncertainty }: Said): number {
  return (
    uncertainty?.entropy ??
    predictions.reduce((sum, { score }) => sum - (score > 0 ? score * Math.log(score) : 0), 0)
  );
}

/** Asks about every photo in one way. @param others photos of none of the classes; may be none */
export async function measureWay(
  url: URL,
  [way, query]: readonly [string, string],
  photos: readonly LabelledPhoto[],
  others: readonly string[],
  done: () => void,
): Promise<WayFigures> {
  const ask = async (file: string) => {
    const said = await askAbout(url, file, query);
    done();
    return said;
  };
  const own: Said[] = [];
  for (const photo of photos) own.push(await ask(photo.path));
  const strange: Said[] = [];
  for (const file of others) strange.push(await ask(file));
  const answers = own.map(({ predictions: [best] }, i) => ({
    score: best?.score ?? 0,
    right: best?.synset === photos[i]?.synset,
  }));
  const area = (value: (said: Said) => number | undefined) => {
    const of = (list: readonly Said[]) => list.flatMap((said) => value(said) ?? []);
    return strange.length > 0 && of(own).length > 0 ? areaUnderCurve(of(own), of(strange)) : undefined;
  };
  return {
    way,
    top1: answers.filter(({ right }) => right).length / answers.length,
    calibrationError: calibrationError(answers),
    known: area(({ known }) => (known === undefined ? undefined : -known)),
    entropy: area(entropyOf),
    mutualInformation: area(({ uncertainty }) => uncertainty?.mutual_information),
  };
}
