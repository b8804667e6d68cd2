// What classifying takes, estimated before it is done: passes, and the memory of what they say. In ms of one core of the
// slower kind.
import type { Dropout } from '../engine/dropout.ts';
import { ServiceError } from '../errors.ts';
import type { Picture } from '../image/picture.ts';
import type { ModelInfo } from '../network/model-info.ts';
import type { ReadOptions } from './classifier.ts';

/** One forward pass. */
export const PASS_MS = 16;
/** One more mask of the dense layers: 0.44 ms measured beside a pass of 12. */
const MASK_MS = 0.75;
/** Pictures of one run: with them the dense layers read their weights once, and nobody else gets a turn. */
const RUN_PICTURES = 4;
/**
 * Work that the bytes of a list of pictures have not paid for, and what each of them pays: a form of 2 kB must not
 * cost a tenth of a second.
 */
const FREE_LIST_MS = 64;
const MS_PER_BYTE = 0.016;

/** Passes of one picture: its crops in each light. */
export function passesOf({ crops, relight }: ReadOptions): number {
  return crops * (relight?.copies ?? 1);
}

/** ms of a pass, with its masks. */
export function passMs(dropout?: Dropout): number {
  return PASS_MS + (dropout?.passes ?? 0) * MASK_MS;
}

/** Pictures that are run together. @param ms of each */
export function runPictures(ms: number): number {
  return Math.max(1, Math.floor((RUN_PICTURES * PASS_MS) / ms));
}

/** Bytes of one picture's predictions: of all samples, and of all crops of one copy. @param heads 0 = the model's own */
export function sampleBytes(
  { crops, relight, dropout }: ReadOptions,
  { network, labels }: ModelInfo,
  heads: number,
): number {
  const widths = network.layers.map((layer) => (layer.type === 'dense' ? layer.out : 0));
  const predictions = ((relight?.copies ?? 1) + crops) * (dropout?.passes ?? 1);
  return predictions * Math.max(1, heads) * 4 * (Math.max(...widths) + 2 * labels.length);
}

/** Throws ServiceError too-much-work for a list of pictures whose bytes are few for the work they ask for. */
export function requirePaid(pictures: readonly Picture[], options: ReadOptions): void {
  const bytes = pictures.reduce((sum, picture) => sum + picture.bytes, 0);
  const passes = pictures.length * passesOf(options);
  const workMs = passes * passMs(options.dropout);
  const paidMs = FREE_LIST_MS + bytes * MS_PER_BYTE;
  if (workMs > paidMs)
    throw new ServiceError(
      'too-much-work',
      `a list of pictures: expected work of at most ${FREE_LIST_MS} ms and ${MS_PER_BYTE} ms a byte, ` +
        `${passes} crops out of ${bytes} bytes take ${workMs} ms; send them one by one`,
      { members: { limit: { work_ms: Math.floor(paidMs) } } },
    );
}
