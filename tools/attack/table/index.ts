// All attacks, in the order in which they are tried.
import type { Attack } from '../script.ts';
import { CROWDS, DOWNLOADS, FLOODS } from './floods.ts';
import { MEMORY } from './memory.ts';
import { LEAVING, ODDITIES, PIPELINES } from './protocol.ts';
import { SLOW_BODIES, SLOW_HEADS, SLOW_READERS } from './slow.ts';
import { WORK } from './work.ts';

export const ATTACKS: readonly Attack[] = [
  ...SLOW_BODIES,
  ...SLOW_HEADS,
  ...SLOW_READERS,
  ...MEMORY,
  ...WORK,
  ...ODDITIES,
  ...PIPELINES,
  ...LEAVING,
  ...FLOODS,
  ...DOWNLOADS,
  ...CROWDS,
];
