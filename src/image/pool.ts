// A bounded number of decoder instances. A lease is held while an upload is decoded, so it can be held by a
// client that sends slowly, or by a request that was cancelled and whose code will never run again. Hence
// nobody waits for somebody else's promise: waiting is polling with one's own timer, in order of arrival. A lease
// whose holder stopped running (pulse.ts), or has not moved for STALE_MS, is taken away and its instance dropped; not
// at first sight, since after a pause of the whole process everybody seems to have stopped.
// Large uploads lease at most half of the instances, so that small ones do not wait for them.
// A trapped instance is dropped, and so is one that has grown (wasm memory never shrinks).
import { ServiceError } from '../errors.ts';
import { Pulse } from '../isolate/pulse.ts';
import { DecoderInstance } from './instance.ts';

const POLL_MS = 10;
/** Whoever is far behind asks less often: each this many places, one POLL_MS more. */
const PLACES_PER_POLL = 4;
const STALE_MS = 30_000;
/** Whoever runs has beaten (pulse.ts) this long after a pause. */
const GRACE_MS = 300;
/** A waiter that has not polled for this long is gone. */
const LOST_MS = 1_000;
/** Instances with more memory than this are not kept. */
const KEEP_BYTES = 4 * 2 ** 20;

export interface Lease {
  instance: DecoderInstance;
  large: boolean;
  pulse: Pulse;
  /** When the holder last moved, ms. */
  moved: number;
  /** When the holder was first seen to have stopped, ms. */
  stoppedSince?: number | undefined;
}

interface Waiting {
  large: boolean;
  /** When it last polled, ms. */
  beat: number;
}

export class DecoderPool {
  #module: WebAssembly.Module;
  #size: number;
  #free: DecoderInstance[] = [];
  #leases = new Set<Lease>();
  #waiting: Waiting[] = [];

  constructor(module: WebAssembly.Module, size: number) {
    if (!Number.isInteger(size) || size < 1)
      throw new RangeError(`pool size: expected 1 or more, got ${size}`);
    this.#module = module;
    this.#size = size;
  }

  async lease(large: boolean): Promise<Lease> {
    const ticket = { large, beat: Date.now() };
    this.#waiting.push(ticket);
    try {
      for (;;) {
        const now = Date.now();
        ticket.beat = now;
        if (this.#waiting.some((other) => now - other.beat >= LOST_MS))
          this.#waiting = this.#waiting.filter((other) => now - other.beat < LOST_MS);
        for (const lease of this.#leases) if (this.#isLost(lease, now)) this.#leases.delete(lease);
        if (this.#waiting.find((other) => this.#hasRoom(other.large)) === ticket) {
          const instance = this.#free.pop() ?? new DecoderInstance(this.#module);
          const lease = { instance, large, pulse: new Pulse(), moved: now };
          this.#leases.add(lease);
          return lease;
        }
        const polls = 1 + Math.floor(this.#waiting.indexOf(ticket) / PLACES_PER_POLL);
        await new Promise((resolve) => setTimeout(resolve, polls * POLL_MS));
        if (!this.#waiting.includes(ticket)) this.#waiting.push(ticket);
      }
    } finally {
      this.#waiting = this.#waiting.filter((other) => other !== ticket);
    }
  }

  #isLost(lease: Lease, now: number): boolean {
    if (lease.pulse.beats(now) && now - lease.moved <= STALE_MS) lease.stoppedSince = undefined;
    else lease.stoppedSince ??= now;
    return lease.stoppedSince !== undefined && now - lease.stoppedSince >= GRACE_MS;
  }

  #hasRoom(large: boolean): boolean {
    let count = 0;
    for (const lease of this.#leases) if (lease.large) count++;
    return this.#leases.size < this.#size && (!large || count < Math.ceil(this.#size / 2));
  }

  /** To be called before each use of the instance: marks the lease as alive. Throws ServiceError bad-request if it was taken away. */
  touch(lease: Lease): void {
    if (!this.#leases.has(lease))
      throw new ServiceError('bad-request', `The upload stalled for more than ${STALE_MS / 1000} s.`);
    lease.moved = Date.now();
    lease.stoppedSince = undefined;
    lease.pulse.beat();
  }

  /** Gives the instance back; `usable` false: it trapped and is dropped. */
  release(lease: Lease, usable: boolean): void {
    lease.pulse.stop();
    if (!this.#leases.delete(lease)) return;
    if (usable && lease.instance.memoryBytes <= KEEP_BYTES) this.#free.push(lease.instance);
  }
}
