// What a row has to hold, and how it is told.
import { PROMPT_MS, type Row } from './run.ts';
import type { Attack } from './script.ts';

const MIN_PROMPT = 0.95;
const MAX_ISOLATE_MIB = 128;
const MAX_REQUEST_CPU_S = 1.5;
/** Of a request of so few bytes. */
const SMALL_BYTES = 2048;
const MAX_SMALL_CPU_S = 0.1;
const MAX_ANSWER_BYTES = 8 << 20;

/** Share of good photos that were answered 200 in time; 1 of none. */
export function promptShare({ good = [] }: Row): number {
  const prompt = good.filter(({ result, latencyMs }) => result === 200 && latencyMs <= PROMPT_MS);
  return good.length === 0 ? 1 : prompt.length / good.length;
}

/** Good photos that were answered anything but 200. */
export function refusals({ good = [] }: Row): number {
  return good.filter(({ result }) => typeof result === 'number' && result !== 200).length;
}

/** What does not hold; empty = all does. @param bytes of one request, when it is one. */
export function misses(row: Row, { statuses, download }: Attack, bytes: number): string[] {
  const missed: string[] = [];
  const miss = (condition: boolean, text: string) => {
    if (condition) missed.push(text);
  };
  miss(!row.alive, 'the process ended');
  if (!row.alive) return missed;
  miss(promptShare(row) < MIN_PROMPT, 'good photos late');
  miss(refusals(row) > 0, 'good photos refused');
  miss(row.isolateMib > MAX_ISOLATE_MIB, 'isolate over 128 MiB');
  miss(!download && row.tally.largestAnswer > MAX_ANSWER_BYTES, 'answer over 8 MiB');
  miss(!row.recovered, 'not given back');
  if (row.connections > 1) return missed;
  miss(row.cpuSeconds > MAX_REQUEST_CPU_S, 'over 1.5 CPU s');
  miss(bytes <= SMALL_BYTES && row.cpuSeconds > MAX_SMALL_CPU_S, 'over 0.1 CPU s for 2 kB');
  const got = row.tally.order.join();
  miss(statuses !== undefined && got !== statuses.join(), `expected ${statuses}, got ${got || 'nothing'}`);
  return missed;
}
