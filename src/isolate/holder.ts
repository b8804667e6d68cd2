// One request, as the queues of its isolate see it: whether it still runs, whether its client keeps it waiting, and
// how much work it has had. It is what holds permits (turns.ts).
//
// A request whose client hung up may simply stop running: no `finally`, no rejected promise. Its timers stop with it,
// so a heartbeat that fails to come says that the holder is gone. A long computation keeps all timers from firing,
// so silence is measured in time during which timers did fire. Plain data: no request awaits anything of another.

import type { ClientUsage } from './client-usage.ts';

const BEAT_MS = 250;
/** Silence, while others' timers fire, after which a holder is gone: three beats are missing. */
const LOST_MS = 750;
/** The same by the wall clock, when no timers fire: longer than any computation. */
const IDLE_LOST_MS = 3_000;
/** What one gap between two timers counts at most. */
const STEP_MS = 50;

/** Time during which this isolate's timers fire, ms; moved on by every beat and every look at one. */
let awake = 0;
let last = 0;

/** Moves the clock of fired timers on. @returns ms; only differences mean anything */
export function awakeMs(now: number): number {
  awake += Math.min(Math.max(now - last, 0), STEP_MS);
  last = now;
  return awake;
}

export class Holder {
  /** Who asks: a token or an address; requests of one client share its turns. */
  readonly client: string;
  /** Work done for this request, ms of one core, estimated from its sizes: clocks stand still meanwhile. */
  workMs = 0;
  readonly #usage: ClientUsage | undefined;
  #at = Date.now();
  #awake = awakeMs(this.#at);
  #waiting: { since: number; behindMs: number } | undefined;
  #revoked = new Set<() => void>();
  #lost = false;
  readonly #timer: ReturnType<typeof setInterval>;

  /** To be made by the request itself; beats until `stop`. */
  constructor(client = '', usage?: ClientUsage) {
    this.client = client;
    this.#usage = usage;
    this.#timer = setInterval(() => this.touch(), BEAT_MS);
  }

  /** Beats. To be called by the holder when it works: a request busy with its upload may not get to its timer. */
  touch(): void {
    this.#at = Date.now();
    this.#awake = awakeMs(this.#at);
    if (!this.#lost) return;
    for (const hear of this.#revoked) hear();
    this.#revoked.clear();
  }

  /** Whether the request still runs. Valid only for callers that poll. */
  isAlive(now: number): boolean {
    return awakeMs(now) - this.#awake < LOST_MS && now - this.#at < IDLE_LOST_MS;
  }

  /** Adds work that is done, or about to be. @param ms of one core */
  work(ms: number): void {
    this.workMs += ms;
    this.#usage?.add(this.client, ms, Date.now());
  }

  /** Adds what its client had by holding permits. @param ms of time, times their share of all there is */
  occupy(ms: number): void {
    this.#usage?.add(this.client, ms, Date.now());
  }

  /** Attained service, ms: this request's work, and what its client had of late. Who has less comes first. */
  servedMs(now: number): number {
    return this.workMs + (this.#usage?.of(this.client, now) ?? 0);
  }

  /** The client is to send or to read the next bytes. @param behindMs how far it is behind the slowest pace so far */
  waitForClient(behindMs: number): void {
    this.#waiting = { since: Date.now(), behindMs };
  }

  /** The client has done its part. */
  resume(): void {
    this.#waiting = undefined;
  }

  /** Whether it is the client's turn to do something. */
  get waitsForClient(): boolean {
    return this.#waiting !== undefined;
  }

  /** How far the client that this request waits for is behind, ms; 0 when the request does not wait for it. */
  behindMs(now: number): number {
    return this.#waiting ? Math.max(this.#waiting.behindMs + now - this.#waiting.since, 0) : 0;
  }

  /** A permit was given to somebody else. The holder hears of it at its next beat, in its own context. */
  revoke(): void {
    this.#lost = true;
  }

  /** A permit of this request was given away; it must not go on. */
  get revoked(): boolean {
    return this.#lost;
  }

  /** Calls `hear` when a permit has been given away. @returns to forget it */
  onRevoked(hear: () => void): () => void {
    this.#revoked.add(hear);
    return () => this.#revoked.delete(hear);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
