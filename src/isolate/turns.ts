// A semaphore for an isolate: a bounded number of units (requests, bytes of memory) that requests hold
// as permits. Differences to the usual one, each for a reason:
//
//   polling    a request may be cancelled at any await, and then none of its promises settles; so no request
//              waits for a promise of another. A waiter asks again by a timer of its own.
//   expiry     a permit whose holder stopped running (holder.ts) is given away; only after GRACE_MS, because after a
//              suspension of the whole process every holder looks dead.
//   eviction   when a waiter does not fit, permits go whose holders wait for a client that is more than BEHIND_MS
//              behind: a slow client costs others nothing, and may be as slow as it likes while no other waits.
//   order      least attained service first: who has had less (work, and units for a time) comes first, then who asks
//              for less, then order of arrival. So turns go round between clients, and small requests are not behind
//              large ones.
//   large      permits marked large take at most `largeCapacity` together; a single one may exceed it alone.
//   client     permits of one client take at most `clientCapacity` together, so that another client finds room at
//              once, whatever the first one does with its own.
import { ServiceError } from '../errors.ts';
import { awakeMs, type Holder } from './holder.ts';

/** Times of all queues, ms. */
const POLL_MS = 5;
/** The further back in the line, the less often a waiter asks: one POLL_MS more for each this many places. */
const PLACES_PER_POLL = 4;
/** A live holder renews its heartbeat within this time after a suspension. */
const GRACE_MS = 300;
/** A waiter that has not asked for this long, while timers fired, is gone. */
const GONE_MS = 1_000;
/** A waiter that is late by this much is overtaken: it was cancelled, or its timer is slow. */
const LATE_MS = 50;
/** How far a client may be behind (pace.ts) before its permits may go to others. */
const BEHIND_MS = 1_000;
/** The same of a client that has had more than the waiter, by the margin. */
const HEAVY_BEHIND_MS = 250;
const HEAVY_MARGIN_MS = 500;
/** How often the service of those who hold permits is added up. */
const ACCRUE_MS = 50;
/** Part of what there is that one client may have. */
export const CLIENT_SHARE = 0.75;

export interface TurnsSettings {
  /** What there is only so much of, for the refusal: `memory`. */
  what: string;
  /** Member of the problem's `limit` that carries `capacity`. */
  member: string;
  /** Units. */
  capacity: number;
  /** Units that large permits take together at most. */
  largeCapacity?: number;
  /** Units that permits of one client take together at most; a single one may exceed it alone. */
  clientCapacity?: number;
  /** Waiting ends here with a refusal. */
  maxWaitMs: number;
  /** Requests that may wait at once. */
  maxWaiting: number;
}

export interface Permit {
  /** Units held. */
  readonly weight: number;
  /** Holds more or fewer units from now on, without waiting: what is in memory already has to be counted. */
  resize(weight: number): void;
  /** Throws ServiceError too-slow when the permit was given to somebody else. */
  check(): void;
  leave(): void;
}

interface Held {
  holder: Holder;
  weight: number;
  large: boolean;
  /** Its service is added up so far. */
  accrued: number;
  /** When the holder was first seen to have stopped, ms. */
  stoppedSince?: number | undefined;
}

interface Waiter {
  holder: Holder;
  weight: number;
  large: boolean;
  /** Order of arrival. */
  number: number;
  pollMs: number;
  /** When it last asked, on the clock of fired timers. */
  asked: number;
}

/** The answer to a client that is too slow to be waited for. */
export function tooSlow(message: string): ServiceError {
  return new ServiceError('too-slow', message, { headers: { connection: 'close' } });
}

export class Turns {
  readonly settings: TurnsSettings;
  #held = new Set<Held>();
  #waiting: Waiter[] = [];
  #arrivals = 0;
  #accrued = 0;
  #setAside = 0;
  /** Nobody could be served then, and nothing has changed since. */
  #stuckSince: number | undefined;

  constructor(settings: TurnsSettings) {
    this.settings = settings;
  }

  /** Units held now. */
  get used(): number {
    return this.#sum(false) + this.#sum(true);
  }

  /**
   * From now on so many units are for something that is no request: there are as many fewer for all, for large ones and
   * for a client in proportion. Whoever holds more than that keeps it.
   */
  setAside(units: number): void {
    this.#setAside = units;
  }

  /** What there is for requests. */
  #limits(): { capacity: number; largeCapacity: number; clientCapacity: number | undefined } {
    const { capacity, largeCapacity = capacity, clientCapacity } = this.settings;
    const share = 1 - this.#setAside / capacity;
    return {
      capacity: capacity * share,
      largeCapacity: largeCapacity * share,
      clientCapacity: clientCapacity === undefined ? undefined : clientCapacity * share,
    };
  }

  /** Requests that wait now. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for `weight` units. A weight over the capacity is taken on alone.
   * Throws ServiceError too-many-requests after maxWaitMs, or at once when too many wait; too-slow when the holder
   * has lost a permit.
   */
  async enter(holder: Holder, weight = 1, large = false): Promise<Permit> {
    const { maxWaitMs } = this.settings;
    const started = Date.now();
    const waiter: Waiter = { holder, weight, large, number: ++this.#arrivals, pollMs: POLL_MS, asked: 0 };
    this.#forgetGone(started);
    waiter.asked = awakeMs(started);
    this.#waiting.push(waiter);
    this.#stuckSince = undefined;
    try {
      for (;;) {
        const now = Date.now();
        waiter.asked = awakeMs(now);
        if (holder.revoked) throw tooSlow('the client was too slow while others waited');
        if (this.#next(now) === waiter) return this.#take(waiter);
        if (now - started >= maxWaitMs || this.#isCrowded(holder.client)) throw this.#busy();
        await new Promise((resolve) => setTimeout(resolve, waiter.pollMs));
        // It was late, and somebody took it for gone.
        if (!this.#waiting.includes(waiter)) this.#waiting.push(waiter);
      }
    } finally {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
    }
  }

  #busy(): ServiceError {
    const { what, member, capacity } = this.settings;
    return new ServiceError('too-many-requests', `no ${what} is free now; try again`, {
      members: { limit: { [member]: capacity } },
      headers: { 'retry-after': '1' },
    });
  }

  /** Whether too many wait; of one client, three quarters of them are too many. */
  #isCrowded(client: string): boolean {
    const { maxWaiting, clientCapacity } = this.settings;
    if (this.#waiting.length > maxWaiting) return true;
    if (clientCapacity === undefined) return false;
    return this.#waiting.filter(({ holder }) => holder.client === client).length > CLIENT_SHARE * maxWaiting;
  }

  #sum(large: boolean, client?: string): number {
    let sum = 0;
    for (const held of this.#held)
      if (held.large === large && (client === undefined || held.holder.client === client)) sum += held.weight;
    return sum;
  }

  #fits(waiter: Waiter): boolean {
    return this.#isWithinShare(waiter) && this.#hasRoom(waiter);
  }

  #isWithinShare({ holder: { client }, weight, large }: Waiter): boolean {
    const { largeCapacity, clientCapacity } = this.#limits();
    if (clientCapacity === undefined) return true;
    const largeUsed = this.#sum(true, client);
    const used = this.#sum(false, client) + Math.min(largeUsed, largeCapacity);
    const more = large
      ? Math.min(largeUsed + weight, largeCapacity) - Math.min(largeUsed, largeCapacity)
      : weight;
    return used === 0 || used + more <= clientCapacity;
  }

  #hasRoom({ weight, large }: Waiter): boolean {
    const { capacity, largeCapacity } = this.#limits();
    const largeUsed = this.#sum(true);
    const smallUsed = this.#sum(false);
    if (large) {
      if (largeUsed > 0 && largeUsed + weight > largeCapacity) return false;
      return smallUsed + Math.min(largeUsed + weight, largeCapacity) <= capacity;
    }
    const used = smallUsed + Math.min(largeUsed, largeCapacity);
    return used === 0 || used + weight <= capacity;
  }

  /** Who is to be served now; undefined when the first in line does not fit. */
  #next(now: number): Waiter | undefined {
    if (this.#stuckSince !== undefined && now - this.#stuckSince < POLL_MS) return undefined;
    const next = this.#choose(now);
    this.#stuckSince = next ? undefined : now;
    return next;
  }

  #choose(now: number): Waiter | undefined {
    this.#forgetGone(now);
    const awake = awakeMs(now);
    if (now - this.#accrued >= ACCRUE_MS) {
      this.#accrued = now;
      for (const held of this.#held) this.#accrue(held, now);
    }
    const line = this.#waiting
      .filter(({ asked, pollMs }) => awake - asked <= pollMs + LATE_MS)
      .map((waiter) => ({ waiter, served: waiter.holder.servedMs(now) }))
      .sort(
        (a, b) =>
          a.served - b.served || a.waiter.weight - b.waiter.weight || a.waiter.number - b.waiter.number,
      );
    line.forEach(({ waiter }, place) => {
      waiter.pollMs = POLL_MS * (1 + Math.floor(place / PLACES_PER_POLL));
    });
    for (const { waiter } of line) {
      if (!this.#fits(waiter)) this.#evictFor(waiter, now);
      if (this.#fits(waiter)) return waiter;
      // What is large, or beyond its client's share, waits beside the line, so that it holds nobody up.
      if (!waiter.large && this.#isWithinShare(waiter)) return undefined;
    }
    return undefined;
  }

  #take({ holder, weight, large }: Waiter): Permit {
    const held: Held = { holder, weight, large, accrued: Date.now() };
    this.#held.add(held);
    const turns = this.#held;
    return {
      get weight() {
        return held.weight;
      },
      resize: (units) => {
        held.weight = units;
        this.#stuckSince = undefined;
      },
      check: () => {
        if (!turns.has(held)) throw tooSlow('the client was too slow while others waited');
        held.stoppedSince = undefined;
        holder.touch();
      },
      leave: () => this.#drop(held, Date.now()),
    };
  }

  #accrue(held: Held, now: number): void {
    held.holder.occupy(((now - held.accrued) * held.weight) / this.settings.capacity);
    held.accrued = now;
  }

  #drop(held: Held, now: number): void {
    if (!this.#held.delete(held)) return;
    this.#stuckSince = undefined;
    this.#accrue(held, now);
  }

  /**
   * Takes permits back from those who wait for slow clients, the slowest first, until the waiter fits; a client that is
   * beyond its share gets them from its own requests.
   */
  #evictFor(waiter: Waiter, now: number): void {
    const { holder } = waiter;
    const own = !this.#isWithinShare(waiter);
    const heavyMs = holder.servedMs(now) + HEAVY_MARGIN_MS;
    const slow = [...this.#held]
      .filter((held) => held.holder !== holder && (!own || held.holder.client === holder.client))
      .map((held) => ({ held, behindMs: held.holder.behindMs(now) }))
      .filter(
        ({ held, behindMs }) =>
          behindMs >= BEHIND_MS || (behindMs >= HEAVY_BEHIND_MS && held.holder.servedMs(now) > heavyMs),
      )
      .sort((a, b) => b.behindMs - a.behindMs);
    for (const { held } of slow) {
      if (this.#fits(waiter)) return;
      held.holder.revoke();
      this.#drop(held, now);
    }
  }

  #forgetGone(now: number): void {
    const awake = awakeMs(now);
    if (this.#waiting.some(({ asked }) => awake - asked >= GONE_MS))
      this.#waiting = this.#waiting.filter(({ asked }) => awake - asked < GONE_MS);
    for (const held of this.#held) {
      if (held.holder.revoked) this.#drop(held, now);
      else if (held.holder.isAlive(now)) held.stoppedSince = undefined;
      else {
        held.stoppedSince ??= now;
        if (now - held.stoppedSince >= GRACE_MS) this.#drop(held, now);
      }
    }
  }
}
