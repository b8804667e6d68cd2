// What classifying takes, estimated before it is done: passes, and the memory of what they say. In ms of one core of the
// slower kind.
import type { Dropout } from '../engine/dropout.ts';
import type { ModelInfo } from '../network/model-info.ts';
import type { ReadOptions } from './classifier.ts';

/** One forward pass. */
export const PASS_MS = 16;
/** One more mask of the dense layers: 0.44 ms measured beside a pass of 12. */
const MASK_MS = 0.75;
/** Pictures of one run: with them the dense layers read their weights once, and nobody else gets a turn. */
const RUN_PICTURES = 4;
/** Passes of one picture: its crops in each light. */
export function passesOf({ crops, relight }: ReadOptions): number {
  return crops * (relight?.copies ?? 1);
}

/** ms of a pass, with its masks. */
export function passMs(dropout?: Dropout): number {
  return PASS_MS + (dropout?.passes ?? 0) * MASK_MS;
}

/** ms of one picture, with all its crops, copies and masks. */
export function workOf(options: ReadOptions): number {
  return passesOf(options) * passMs(options.dropout);
}

/** Pictures that are run together. @param ms of each */
export function runPictures(ms: number): number {
  return Math.max(1, Math.floor((RUN_PICTURES * PASS_MS) / ms));
}

/** Bytes of one picture's predictions, of all samples and of all crops of one copy, and of those crops themselves. @param heads 0 = the model's own */
export function sampleBytes(
  { crops, relight, dropout }: ReadOptions,
  { network, labels, preprocess }: ModelInfo,
  heads: number,
): number {
  const widths = network.layers.map((layer) => (layer.type === 'dense' ? layer.out : 0));
  const predictions = ((relight?.copies ?? 1) + crops) * (dropout?.passes ?? 1);
  const pixels = (crops + (relight ? 1 : 0)) * preprocess.crop ** 2 * 3;
  return pixels + predictions * Math.max(1, heads) * 4 * (Math.max(...widths) + 2 * labels.length);
}

/** Values some at a time, each made when its group is asked for. */
export function* inGroups<T>(values: Iterable<T>, size: number): Generator<T[]> {
  let group: T[] = [];
  for (const value of values) {
    group.push(value);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
