// Near-duplicates: pairs of photos whose codes differ in few bits, by comparing every photo with all that follow it.
import type { CodeScanner } from '../engine/hamming.ts';
import type { Budget } from '../isolate/budget.ts';
import { CODE_BYTES } from './code.ts';
import type { Part } from './manifest.ts';
import { type Duplicate, MAX_PAIRS } from './photo-index.ts';
import type { Segment } from './segment.ts';

/** ms for a pair. */
const PAIR_MS = 1e-5;
/** Pairs between two turns of others. */
const TURN_PAIRS = 200_000;

export interface PairsParts {
  scanner: CodeScanner;
  budget: Budget;
  visit: <T>(part: Part, use: (segment: Segment) => Promise<T>) => Promise<T>;
}

/** Nearest first, at most 1,000; `complete` says whether that were all. Throws ServiceError too-much-work. */
export async function duplicatePairs(
  parts: readonly Part[],
  maxDistance: number,
  { scanner, budget, visit }: PairsParts,
): Promise<{ pairs: Duplicate[]; complete: boolean }> {
  const photos = parts.reduce((sum, part) => sum + part.photos, 0);
  budget.charge((photos * photos * PAIR_MS) / 2, `comparing the pairs of ${photos} photos`);
  let pairs: Duplicate[] = [];
  let complete = true;
  let since = 0;
  const compare = async (left: Segment, right: Segment, same: boolean) => {
    for (let i = 0; i < left.keys.length; i++) {
      const from = same ? i + 1 : 0;
      const count = right.keys.length - from;
      since += count;
      if (since > TURN_PAIRS) {
        await budget.turn(since * PAIR_MS);
        since = 0;
      }
      const { key, bits } = left.entry(i);
      const distances = scanner.distances(bits, right.codes.subarray(from * CODE_BYTES));
      for (let j = 0; j < count; j++) {
        const distance = distances[j] as number;
        if (distance <= maxDistance) pairs.push({ keys: [key, right.keys[from + j] as string], distance });
      }
      if (pairs.length <= 2 * MAX_PAIRS) continue;
      pairs = pairs.sort((a, b) => a.distance - b.distance).slice(0, MAX_PAIRS);
      complete = false;
    }
  };
  for (const [i, part] of parts.entries())
    await visit(part, async (left) => {
      await compare(left, left, true);
      for (const other of parts.slice(i + 1)) await visit(other, (right) => compare(left, right, false));
    });
  pairs.sort((a, b) => a.distance - b.distance);
  return { pairs: pairs.slice(0, MAX_PAIRS), complete: complete && pairs.length <= MAX_PAIRS };
}
