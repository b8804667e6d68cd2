// How slow a client may be, whether it sends or reads. It is its turn between `begin` and `end`; the time that it takes
// beyond what its bytes take at the rate adds up, and a grace is all that it may be behind. Meanwhile the queues see
// how far it is behind (holder.ts): its permits may go to others before the grace is used up (turns.ts).
import type { Holder } from './holder.ts';

export interface PaceLimits {
  /** How long a client may keep us waiting beyond the time that its bytes take at the rate, ms. */
  graceMs: number;
  bytesPerSecond: number;
}

export class Pace {
  readonly limits: PaceLimits;
  readonly #holder: Holder | undefined;
  #behindMs = 0;
  #turn:
    | { since: number; timer: ReturnType<typeof setTimeout>; forget: (() => void) | undefined }
    | undefined;
  #late = false;

  constructor(limits: PaceLimits, holder?: Holder) {
    this.limits = limits;
    this.#holder = holder;
  }

  /** Whether the client lost: the grace is used up, or its permits went to somebody else. */
  get lost(): boolean {
    return this.#late || this.#holder?.revoked === true;
  }

  /** It is the client's turn. @param lose called once when it has lost, in the request's own context */
  begin(lose: () => void): void {
    this.#holder?.waitForClient(this.#behindMs);
    const late = () => {
      this.#late = true;
      lose();
    };
    this.#turn = {
      since: Date.now(),
      timer: setTimeout(late, Math.max(this.limits.graceMs - this.#behindMs, 0)),
      forget: this.#holder?.onRevoked(lose),
    };
  }

  /** The client has done its part, or will do no more. @param bytes that it sent or read */
  end(bytes = 0): void {
    if (!this.#turn) return;
    const { since, timer, forget } = this.#turn;
    this.#turn = undefined;
    clearTimeout(timer);
    forget?.();
    this.#holder?.resume();
    const earnedMs = (bytes / this.limits.bytesPerSecond) * 1000;
    this.#behindMs = Math.max(this.#behindMs + Date.now() - since - earnedMs, 0);
  }
}
