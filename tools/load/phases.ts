// The phases of a load test: how long small uploads take when nothing else happens and beside 12 MP uploads, how much
// of the mix can be done, and what happens beyond that.
import type { Kind, Upload } from './mix.ts';
import { sequence } from './mix.ts';
import { quantile, Tally } from './tally.ts';
import { closedLoop, openLoop } from './traffic.ts';

const SMALL = 'jpeg 500x375';
const LARGE = 'jpeg 12 MP';
/** Small uploads a second while their latency is measured. */
const PROBE_RATE = 8;
/** 12 MP uploads in flight meanwhile. */
const LARGE_CLIENTS = 4;
const ROUND_S = 3;

function only(mix: Kind[], name: string, seed: number): () => Upload {
  const kind = mix.find((some) => some.name === name);
  if (!kind) throw new RangeError(`expected a kind ${name} in the mix`);
  return sequence([{ ...kind, share: 1 }], seed);
}

export interface Starvation {
  idle: Tally;
  beside: Tally;
  /** The 12 MP uploads. */
  large: Tally;
  /** p99 of small uploads beside large ones, in units of the idle p99. */
  ratio: number;
}

/** Idle and busy take turns, so that a machine that is slower for a while is so for both. */
export async function starvation(url: URL, mix: Kind[], rounds: number): Promise<Starvation> {
  const idle = new Tally();
  const beside = new Tally();
  const large = new Tally();
  for (let seed = 0; seed < rounds; seed++) {
    const probe = { rate: PROBE_RATE, seconds: ROUND_S, seed };
    idle.addAll(await openLoop(url, only(mix, SMALL, seed), probe));
    const clients = closedLoop(url, only(mix, LARGE, seed), {
      connections: LARGE_CLIENTS,
      seconds: ROUND_S + 1,
    });
    beside.addAll(await openLoop(url, only(mix, SMALL, seed), probe));
    large.addAll(await clients);
  }
  const p99 = (tally: Tally) => quantile(tally.latencies(), 0.99);
  return { idle, beside, large, ratio: p99(beside) / p99(idle) };
}

export interface Throughput {
  tally: Tally;
  /** Answers a second. */
  rate: number;
}

/** What clients that wait for their answers get done. */
export async function throughput(
  url: URL,
  mix: Kind[],
  { seconds, connections }: { seconds: number; connections: number },
): Promise<Throughput> {
  const tally = await closedLoop(url, sequence(mix, 21), { connections, seconds });
  return { tally, rate: tally.answered.length / seconds };
}

export function arrivals(url: URL, mix: Kind[], rate: number, seconds: number): Promise<Tally> {
  return openLoop(url, sequence(mix, 31), { rate, seconds, seed: 32 });
}
