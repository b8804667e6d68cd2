// What one request may take of the isolate that it shares with others: a place, memory, work of the one core, and
// time. Taken from the isolate's queues, charged before the work where the sizes are known, given back when the
// request ends. Every number is in docs/OPERATIONS.md, "What a request may take".
import { ServiceError } from '../errors.ts';
import { ClientUsage } from './client-usage.ts';
import { Core } from './core.ts';
import { Holder } from './holder.ts';
import type { PaceLimits } from './pace.ts';
import { CLIENT_SHARE, type Permit, Turns } from './turns.ts';

const PLACES = 64;
const MEMORY_BYTES = 40 << 20;
const LARGE_MEMORY_BYTES = 24 << 20;
/** Downloads of the model at once: each holds a piece or two. */
const DOWNLOADS = 32;
const MAX_WAIT_MS = 10_000;
/**
 * Requests that wait for the same thing at once. Each is some 30 kB of heap, also when its client has hung up: nobody
 * sees that while the body is not read.
 */
const MAX_WAITING = 160;
/** Work that others may wait for, ms. */
const PIECE_MS = 4;
/** A reservation over this is large: all of them together leave room for small ones. */
const LARGE_BYTES = 6 << 20;
/** What a request needs in any case, if it classifies: a decoder, and the pictures of one run with a square to cut. */
const USUAL_BYTES = (2 << 20) + (800 << 10);

/** What all requests of an isolate share. */
export interface Shared {
  /** Requests whose bodies have begun to arrive and that are not answered yet. */
  places: Turns;
  /** Bytes that requests hold: bodies that are read whole, decoders, pixels, answers that are not read yet. */
  memory: Turns;
  /** Answers that are long and need no computation. */
  downloads: Turns;
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
  const share = (capacity: number) => Math.max(1, Math.floor(capacity * CLIENT_SHARE));
  const queue = { maxWaitMs: settings.maxWaitMs ?? MAX_WAIT_MS, maxWaiting: MAX_WAITING };
  return {
    places: new Turns({
      ...queue,
      what: 'place',
      member: 'requests_in_progress',
      capacity: places,
      clientCapacity: share(places),
    }),
    memory: new Turns({
      ...queue,
      what: 'memory',
      member: 'memory_bytes',
      capacity: memoryBytes,
      largeCapacity: largeBytes,
      clientCapacity: share(memoryBytes),
    }),
    downloads: new Turns({
      ...queue,
      what: 'download',
      member: 'downloads',
      capacity: DOWNLOADS,
      clientCapacity: share(DOWNLOADS),
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
  pace: PaceLimits;
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
  #expected = USUAL_BYTES;
  /** All of the request's memory, of which its reservations are parts. */
  #room: Permit | undefined;
  /** What the room keeps when nothing is reserved. */
  #kept = 0;
  #reserved = 0;
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

  /** Takes a turn among the long answers, until the request ends. Throws ServiceError too-many-requests, too-slow. */
  async download(): Promise<void> {
    this.#permits.add(await this.#shared.downloads.enter(this.holder));
  }

  /** The request will reserve so many bytes more than a usual one. To be called before the first `reserve`. */
  expect(bytes: number): void {
    this.#expected += bytes;
  }

  /**
   * Reserves bytes until the permit leaves, or the request ends. The first reservation waits, for all that the request
   * expects; later ones are parts of that, because requests that hold memory and wait for more may wait for each
   * other. What was not expected is taken without waiting.
   * Throws ServiceError too-many-requests, too-slow.
   */
  async reserve(bytes: number): Promise<Permit> {
    if (!this.#room) {
      this.#kept = Math.max(this.#expected, bytes);
      this.#room = await this.#shared.memory.enter(this.holder, this.#kept, this.#kept > LARGE_BYTES);
      this.#permits.add(this.#room);
    }
    const room = this.#room;
    room.check();
    let weight = 0;
    const resize = (units: number) => {
      this.#reserved += units - weight;
      weight = units;
      this.#fitRoom();
    };
    resize(bytes);
    return {
      get weight() {
        return weight;
      },
      resize,
      check: room.check,
      leave: () => resize(0),
    };
  }

  /** Bytes that something else than requests holds from now on, out of the memory of all of them. */
  lend(bytes: number): void {
    this.#shared.memory.setAside(bytes);
  }

  /** From now on the request needs no more memory than is reserved: the rest goes to others. */
  settle(): void {
    this.#kept = 0;
    this.#fitRoom();
  }

  #fitRoom(): void {
    this.#room?.resize(Math.max(this.#reserved, this.#kept));
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
