// Scores of pictures that were read: each of its crops, in each light, under each mask, by the model, heads or an ensemble;
// charged before, averaged after.
import type { Engine } from '../engine/engine.ts';
import type { ServedHead } from '../heads/catalog.ts';
import type { Picture } from '../image/picture.ts';
import { release } from '../image/pixels.ts';
import type { Budget } from '../isolate/budget.ts';
import type { ModelInfo } from '../network/model-info.ts';
import type { ReadOptions } from './classifier.ts';
import { besides, type Ensemble, ensembleSaid } from './ensemble.ts';
import type { ModelHandle } from './model-handle.ts';
import { headsRun, modelRun, type Run, viewsOf } from './passes.ts';
import { averageCrops, type Outcome, type Said, saidOf } from './said.ts';
import { silencedChannels } from './silence.ts';
import { passesOf, passMs, sampleBytes } from './work.ts';

/** What a request asks, and how it runs a pass. */
export interface Scoring {
  heads: readonly ServedHead[];
  ensemble: Ensemble | undefined;
  budget: Budget;
  own: ModelHandle;
  /** Runs something over pictures, some at a time, for which the request was charged. @param ms of each */
  pass<T>(
    pixels: readonly Uint8Array[],
    ms: number,
    run: (engine: Engine, pixels: Uint8Array[]) => T[],
    of?: ModelHandle,
  ): Promise<T[]>;
}

const PLAIN: ReadOptions = { exif: 'apply', crops: 1 };

/** Throws ServiceError too-much-work. @param pictures how many */
function charge(pictures: number, options: ReadOptions, { ensemble, budget }: Scoring): void {
  const passes = pictures * passesOf(options);
  const { heads = [], model = true, second } = ensemble ?? {};
  // Heads, the model and a second one run one after the other.
  const runs = [heads.length > 0, model, second !== undefined].filter(Boolean).length;
  budget.charge(runs * passes * passMs(options.dropout), `classifying ${runs * passes} pictures`);
}

/** What is said of pictures, each under each mask. */
async function outcomesOf(
  pixels: readonly Uint8Array[],
  { dropout, silence }: ReadOptions,
  model: ModelInfo,
  { ensemble, own, pass, ...asked }: Scoring,
): Promise<Outcome[]> {
  const without = silence && silencedChannels(silence, model);
  const heads = ensemble?.heads ?? asked.heads;
  const runs: { run: Run; of: ModelHandle }[] = [];
  if (heads.length > 0) runs.push({ run: headsRun(heads, dropout, without), of: own });
  if (ensemble?.model ?? heads.length === 0) runs.push({ run: modelRun(dropout, without), of: own });
  if (ensemble?.second) runs.push({ run: modelRun(dropout, without), of: ensemble.second });
  let outcomes: Outcome[] | undefined;
  for (const { run, of } of runs) {
    const found = await pass(pixels, passMs(dropout), run, of);
    outcomes = outcomes ? besides(outcomes, found) : found;
  }
  return outcomes ?? [];
}

/** What is said of each copy of a picture under each mask, its crops averaged: [copy and mask][asked]. */
async function samplesOf(
  { pixels, size }: Picture,
  options: ReadOptions,
  model: ModelInfo,
  scoring: Scoring,
): Promise<Outcome> {
  const samples: Outcome = [];
  for (let copy = 0; copy < (options.relight?.copies ?? 1); copy++) {
    const { seen, done } = viewsOf(pixels, size, options, model, copy);
    samples.push(...averageCrops(await outcomesOf(seen, options, model, scoring)));
    done();
  }
  return samples;
}

function averaged(samples: Outcome, model: ModelInfo, differ: boolean, { ensemble, heads }: Scoring): Said {
  return ensemble ? ensembleSaid(samples, ensemble.members) : saidOf(samples, heads, model, differ);
}

/**
 * Single crops of all pictures share their runs; crops, copies and masks are averaged picture by picture. Gives the
 * pixels back. Throws ServiceError: those of the model's loading, engine-trap, too-much-work.
 */
export async function scorePictures(
  pictures: readonly Picture[],
  options: ReadOptions,
  model: ModelInfo,
  scoring: Scoring,
): Promise<Said[]> {
  charge(pictures.length, options, scoring);
  const said: Said[] = [];
  const { crops, relight, dropout } = options;
  const plain = pictures.map(({ pixels }) => pixels);
  if (crops === 1 && !relight && !dropout)
    for (const outcome of await outcomesOf(plain, options, model, scoring))
      said.push(averaged(outcome, model, false, scoring));
  else
    for (const picture of pictures) {
      const asked = scoring.ensemble?.members.length ?? scoring.heads.length;
      const held = await scoring.budget.reserve(sampleBytes(options, model, asked));
      const samples = await samplesOf(picture, options, model, scoring);
      said.push(averaged(samples, model, (dropout ?? relight) !== undefined, scoring));
      held.leave();
    }
  plain.forEach(release);
  return said;
}

/** The same of pictures of the network's size, one pass each. @param pixels u8 RGB [size][size][3] each */
export async function scorePixels(
  pixels: readonly Uint8Array[],
  model: ModelInfo,
  scoring: Scoring,
): Promise<Said[]> {
  charge(pixels.length, PLAIN, scoring);
  const outcomes = await outcomesOf(pixels, PLAIN, model, scoring);
  return outcomes.map((outcome) => averaged(outcome, model, false, scoring));
}
