// What an attack must not do, as far as no clock decides it: good photos are counted when they are answered at all,
// however late on a busy machine.
import { expect } from 'vitest';
import { refusals } from '../../tools/attack/bars.ts';
import type { Row } from '../../tools/attack/run.ts';
import type { Attack } from '../../tools/attack/script.ts';
import type { Target } from '../../tools/attack/target.ts';

const MAX_ISOLATE_MIB = 128;
const MAX_ANSWER_BYTES = 8 << 20;

export function expectUnhurt(row: Row, { statuses, download }: Attack, target: Target): void {
  expect(row.alive, target.lastWords).toBe(true);
  expect(refusals(row)).toBe(0);
  if (!download) expect(row.tally.largestAnswer).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
  expect(row.isolateMib).toBeLessThanOrEqual(MAX_ISOLATE_MIB);
  expect(row.recovered).toBe(true);
  if (row.connections === 1 && statuses) expect(row.tally.order).toEqual(statuses);
  expect(row.good?.filter(({ result }) => result === 200).length ?? 1).toBeGreaterThan(0);
}
