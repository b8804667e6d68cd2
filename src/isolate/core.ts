// The one core that all requests of an isolate compute on. A computation cannot be interrupted, so long ones are done
// in pieces; between two pieces a request gives way: least attained service first. A request that has had more work waits
// while a lighter one is ready to compute, for YIELD_MS at most, so that heavy ones go on under any load. Nothing is held
// across an await, so nothing has to be given back.
import type { Holder } from './holder.ts';

const POLL_MS = 4;
const YIELD_MS = 500;
/** Differences of service below this are no reason to wait. */
const MARGIN_MS = 8;

export class Core {
  readonly #ready = new Set<Holder>();

  /** This request has something to compute, until `leave`. */
  enter(holder: Holder): void {
    this.#ready.add(holder);
  }

  leave(holder: Holder): void {
    this.#ready.delete(holder);
  }

  /** Lets others go first. The next piece of work must follow at once, without an await. */
  async giveWay(holder: Holder): Promise<void> {
    const started = Date.now();
    let pause = 0;
    do {
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = POLL_MS;
    } while (Date.now() - started < YIELD_MS && this.#hasLighter(holder));
    holder.touch();
  }

  #hasLighter(holder: Holder): boolean {
    const now = Date.now();
    const served = holder.servedMs(now);
    for (const other of this.#ready) {
      if (other === holder) continue;
      if (!other.isAlive(now)) this.#ready.delete(other);
      else if (!other.waitsForClient && other.servedMs(now) + MARGIN_MS < served) return true;
    }
    return false;
  }
}
