// One row of the table: an attack with a number of connections, a good client beside it, and what is left afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import { attackFrom, playOnce } from './connection.ts';
import { type GoodAnswer, startGoodClient } from './good-client.ts';
import { goodPhoto } from './payloads.ts';
import { type Attack, bytesOf, type Script } from './script.ts';
import { AttackTally } from './tally.ts';
import type { Target } from './target.ts';

/** What a good photo may take. */
export const PROMPT_MS = 2000;
const GOOD_EVERY_MS = 1000;
const GIVE_UP_MS = 15_000;
/** Who looks after the service before and after an attack; not the good client, whose turns it would use up. */
const OBSERVER = '192.0.2.2';
/** A request that has no answer by then has none. */
const ALONE_MS = 60_000;
/** Good photos at once that show that no place is held any more. */
const BURST = 32;
const RECOVERY_MS = 20_000;
/** Of four good photos each. */
const CALM_ROUNDS = 12;
/** Of photos after an attack, at most: garbage is collected when there is enough of it, whatever the time. */
const SETTLING_ROUNDS = 150;
/** Memory that may stay: pooled decoders, compiled code. */
const SLACK_MIB = 16;

export interface Row {
  name: string;
  connections: number;
  /** Undefined for a request alone. */
  good: GoodAnswer[] | undefined;
  tally: AttackTally;
  isolateMib: number;
  residentMib: number;
  /** Of the service, without what the good photos cost. */
  cpuSeconds: number;
  alive: boolean;
  /** Good photos at once are answered again, and memory without garbage is what it was, within some MiB. */
  recovered: boolean;
  /** Memory that stayed, MiB. */
  leftMib: number;
}

async function post(url: URL, photo: Uint8Array): Promise<number> {
  const init = {
    method: 'POST',
    body: photo,
    headers: { 'cf-connecting-ip': OBSERVER },
    signal: AbortSignal.timeout(RECOVERY_MS),
  };
  const response = await fetch(new URL('/v1/classify', url), init);
  await response.arrayBuffer();
  return response.status;
}

/** Whether a burst of good photos is answered as a whole, within some seconds of trying. */
export async function recovers(url: URL): Promise<boolean> {
  const photo = new Uint8Array(await bytesOf(goodPhoto));
  const until = performance.now() + RECOVERY_MS;
  do {
    const burst = Array.from({ length: BURST }, () => post(url, photo).catch(() => 0));
    if ((await Promise.all(burst)).every((status) => status === 200)) return true;
    await sleep(500);
  } while (performance.now() < until);
  return false;
}

/**
 * Memory of the isolate at its smallest while good photos are answered, which is when garbage is collected; ends early
 * when it is below `enoughMib`.
 */
async function settledMib(target: Target, enoughMib: number, rounds = CALM_ROUNDS): Promise<number> {
  const photo = new Uint8Array(await bytesOf(goodPhoto));
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds && target.alive && !(least <= enoughMib); round++) {
    await Promise.all(Array.from({ length: 4 }, () => post(target.url, photo).catch(() => 0)));
    least = Math.min(least, await target.isolateMib());
  }
  return least;
}

export interface Calm {
  /** CPU seconds of one good photo. */
  photoCpuSeconds: number;
  /** Memory of the isolate. */
  isolateMib: number;
}

/** The service before any attack. */
export async function measureCalm(target: Target): Promise<Calm> {
  // The first photos are slower.
  await settledMib(target, 0);
  const before = target.cpuSeconds();
  const isolateMib = await settledMib(target, 0);
  return { photoCpuSeconds: (target.cpuSeconds() - before) / (4 * CALM_ROUNDS), isolateMib };
}

/** Makes what the scripts send, so that it does not count as a part of the attack. */
async function prepare(scripts: readonly Script[]): Promise<void> {
  for (const { steps } of scripts)
    for (const step of steps) {
      if ('send' in step) await bytesOf(step.send);
      if ('trickle' in step) await bytesOf(step.trickle);
    }
}

async function alone(target: Target, attack: Attack): Promise<AttackTally> {
  const tally = new AttackTally();
  const [script] = attack.scripts;
  if (script) await playOnce(target.url, script, tally, AbortSignal.timeout(ALONE_MS));
  return tally;
}

async function together(target: Target, attack: Attack, connections: number, seconds: number) {
  const tally = new AttackTally();
  const over = new AbortController();
  const { scripts, staggerMs = 0 } = attack;
  const attackers = Array.from({ length: connections }, async (_, i) => {
    if (staggerMs > 0) await sleep(i * staggerMs, undefined, { signal: over.signal }).catch(() => undefined);
    const script = scripts[i % scripts.length];
    if (script) await attackFrom(target.url, script, tally, over.signal);
  });
  const program = attack.outsider?.(target.url, connections);
  const photo = await bytesOf(goodPhoto);
  const client = startGoodClient({
    url: target.url.href,
    photo,
    everyMs: GOOD_EVERY_MS,
    timeoutMs: GIVE_UP_MS,
  });
  await sleep(seconds * 1000 + staggerMs * (connections - 1));
  const good = await client.stop();
  over.abort();
  program?.kill('SIGKILL');
  await Promise.all(attackers);
  return { good, tally };
}

export async function runAttack(
  target: Target,
  attack: Attack,
  connections: number,
  seconds: number,
  calm: Calm,
): Promise<Row> {
  await prepare(attack.scripts);
  target.reset();
  const before = target.cpuSeconds();
  const { good, tally } =
    connections === 1
      ? { good: undefined, tally: await alone(target, attack) }
      : await together(target, attack, connections, seconds);
  const answered = good?.filter(({ result }) => result === 200).length ?? 0;
  const spent = target.alive ? target.cpuSeconds() - before - answered * calm.photoCpuSeconds : Number.NaN;
  const [isolateMib, residentMib] = [target.peakIsolateMib, target.peakResidentMib];
  const burst = target.alive && (await recovers(target.url));
  const leftMib = (await settledMib(target, calm.isolateMib + SLACK_MIB, SETTLING_ROUNDS)) - calm.isolateMib;
  return {
    name: attack.name,
    connections,
    good,
    tally,
    isolateMib,
    residentMib,
    cpuSeconds: Math.max(0, spent),
    alive: target.alive,
    recovered: burst && leftMib <= SLACK_MIB,
    leftMib,
  };
}
