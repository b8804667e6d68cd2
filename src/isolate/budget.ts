// What one request may take of the isolate that it shares with others: a place, memory, work of the one core, and
// time. Taken from the isolate's queues, charged before the work where the sizes are known, given back when the
// request ends. Every number is in docs/OPERATIONS.md, "What a request may take".
import { ServiceError } from '../errors.ts';
import { ClientUsage } from './client-usage.ts';
import { Core } from './core.ts';
import { Holder } from './holder.ts';
import { type Permit, Turns } from './turns.ts';
import type { Pace } from './upload.ts';

const PLACES = 64;
const MEMORY_BYTES = 40 << 20;
const LARGE_MEMORY_BYTES = 24 << 20;
const MAX_WAIT_MS = 10_000;
/** Requests that wait for the same thing at once: each holds a few kilobytes. */
const MAX_WAITING = 1_024;
/** Work that others may wait for, ms. */
const PIECE_MS = 4;
/** A reservation over this is large: all of them together leave room for small ones. More than a usual decoder. */
const LARGE_BYTES = 4 << 20;

/** What all requests of an isolate share. */
export interface Shared {
  /** Requests whose bodies have begun to arrive and that are not answered yet. */
  places: Turns;
  /** Bytes that requests hold: bodies that are read whole, decoders, pixels, answers that are not read yet. */
  memory: Turns;
  core: Core;
  usage: ClientUsage;
}

/** Other values than the defaults are for tests. */
export interface SharedSettings {
  places: number;
  memoryBytes: number;
  /** Of memory: what large reservations take together at most. */
  largeBytes: number;
  /** Waiting for a place or for memory ends here, with a refusal. */
  maxWaitMs: number;
}

export function createShared(settings: Partial<SharedSettings> = {}): Shared {
  const { places = PLACES, memoryBytes = MEMORY_BYTES, largeBytes = LARGE_MEMORY_BYTES } = settings;
  const queue = { maxWaitMs: settings.maxWaitMs ?? MAX_WAIT_MS, maxWaiting: MAX_WAITING };
  return {
    places: new Turns({ ...queue, what: 'place', member: 'requests_in_progress', capacity: places }),
    memory: new Turns({
      ...queue,
      what: 'memory',
      member: 'memory_bytes',
      capacity: memoryBytes,
      largeCapacity: largeBytes,
    }),
    core: new Core(),
    usage: new ClientUsage(),
  };
}

export interface BudgetLimits {
  /** Work of one request, ms of one core as estimated from sizes. */
  workMs: number;
  /** Bytes of one answer. */
  answerBytes: number;
  pace: Pace;
}

export const DEFAULT_BUDGET: BudgetLimits = {
  workMs: 1_500,
  answerBytes: 8 << 20,
  pace: { graceMs: 10_000, bytesPerSecond: 50_000 },
};

export class Budget {
  readonly holder: Holder;
  readonly limits: BudgetLimits;
  readonly #shared: Shared;
  #permits = new Set<Permit>();
  #admitted = false;
  #spentMs = 0;
  /** Work since others were let go first. */
  #pieceMs = 0;

  /** @param client a token or an address; requests of one client share its turns. To be made by the request itself. */
  constructor(shared: Shared, limits = DEFAULT_BUDGET, client = '') {
    this.#shared = shared;
    this.limits = limits;
    this.holder = new Holder(client, shared.usage);
  }

  /** Takes a place among the requests in progress, once. Throws ServiceError too-many-requests, too-slow. */
  async admit(): Promise<void> {
    if (this.#admitted) return;
    this.#admitted = true;
    this.#permits.add(await this.#shared.places.enter(this.holder));
  }

  /**
   * Waits for bytes of memory, and holds them until the permit leaves, or the request ends.
   * Throws ServiceError too-many-requests, too-slow.
   */
  async reserve(bytes: number): Promise<Permit> {
    const permit = await this.#shared.memory.enter(this.holder, bytes, bytes > LARGE_BYTES);
    const own: Permit = {
      get weight() {
        return permit.weight;
      },
      resize: permit.resize,
      check: permit.check,
      leave: () => {
        permit.leave();
        this.#permits.delete(own);
      },
    };
    this.#permits.add(own);
    return own;
  }

  /**
   * Charges work before it is done.
   * @param ms of one core, estimated from sizes @param what takes it, for the refusal
   * Throws ServiceError too-much-work when the request would exceed its budget.
   */
  charge(ms: number, what: string): void {
    const { workMs } = this.limits;
    if (this.#spentMs + ms > workMs)
      throw new ServiceError(
        'too-much-work',
        `${what}: expected work of at most ${workMs} ms in a request, this would be ` +
          `${Math.ceil(this.#spentMs + ms)} ms; send fewer or smaller pictures, or raise MAX_WORK_MS`,
        { members: { limit: { work_ms: workMs } } },
      );
    this.#spentMs += ms;
  }

  /** Lets others go first, now and then, and notes work of `ms` that must follow at once, without an await. */
  async turn(ms: number): Promise<void> {
    const { core } = this.#shared;
    core.enter(this.holder);
    this.#pieceMs += ms;
    if (this.#pieceMs >= PIECE_MS && this.holder.workMs > 0) {
      this.#pieceMs = ms;
      await core.giveWay(this.holder);
    }
    this.holder.work(ms);
  }

  /** Has nothing to compute until the next turn, and lets nobody wait for it; keeps what it holds. */
  rest(): void {
    this.#shared.core.leave(this.holder);
  }

  /** Gives everything back. */
  finish(): void {
    for (const permit of this.#permits) permit.leave();
    this.#permits.clear();
    this.#shared.core.leave(this.holder);
    this.holder.stop();
  }
}
