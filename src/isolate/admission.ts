// Back-pressure: how many requests one isolate takes on at once, so that its memory stays bounded whatever arrives.
//
//   places   requests in progress. Each costs little while it waits: its body is not read. When all places are
//            taken: 429. Large uploads get only half of them, so that they cannot keep small ones out.
//   bytes    what must be in memory whole (JSON, WebP) is read when its share of a budget is free, in order of
//            arrival; after WAIT_MS: 429. Streamed formats need no share.
//
// How many uploads are decoded at once is the decoder pool's business. The forward pass is synchronous, so there is
// never more than one. State is plain data; whoever stopped running loses what it held (pulse.ts).
import { ServiceError } from '../errors.ts';
import { Pulse } from './pulse.ts';

export interface AdmissionSettings {
  /** Requests in progress. */
  places: number;
  /** Bytes of memory for bodies that are read whole. */
  wholeBytes: number;
}

const DEFAULTS: AdmissionSettings = { places: 64, wholeBytes: 40 << 20 };
/** Uploads longer than this, or of unknown length, are large. */
const LARGE_BYTES = 512 << 10;
const POLL_MS = 10;
const WAIT_MS = 10_000;
/** A share held longer than this is given away: its client sends too slowly. */
const HOLD_MS = 20_000;
const RETRY_SECONDS = 1;

function busy(message: string, limit: Record<string, number>): ServiceError {
  return new ServiceError('too-many-requests', message, {
    members: { limit },
    headers: { 'retry-after': String(RETRY_SECONDS) },
  });
}

function isLarge(bytes: number | undefined): boolean {
  return bytes === undefined || bytes > LARGE_BYTES;
}

/** One request's place. */
export interface Ticket {
  /** Its upload is large, or of unknown length. */
  readonly large: boolean;
  /**
   * Waits until `bytes` of memory are free, and holds them until the request leaves. Only the first call of a
   * request asks, so it asks for everything. Throws ServiceError too-many-requests.
   */
  hold(bytes: number): Promise<void>;
  /** Gives everything back. */
  leave(): void;
}

/** Waits until so many bytes of memory are free for this request. */
export type Hold = Ticket['hold'];

interface Share {
  pulse: Pulse;
  bytes: number;
  since: number;
}

export class Admission {
  readonly #settings: AdmissionSettings;
  #places = new Map<Pulse, { large: boolean }>();
  #shares = new Set<Share>();
  #waiting: Pulse[] = [];

  constructor(settings: Partial<AdmissionSettings> = {}) {
    this.#settings = { ...DEFAULTS, ...settings };
  }

  /** Takes a place for a request. @param bytes length of its upload; undefined = unknown. Throws ServiceError too-many-requests. */
  enter(bytes: number | undefined): Ticket {
    this.#forgetLost();
    const { places } = this.#settings;
    const large = isLarge(bytes);
    const count = [...this.#places.values()].filter((place) => place.large).length;
    if (this.#places.size >= places || (large && count >= Math.ceil(places / 2)))
      throw busy(
        `expected at most ${places} requests in progress, half of them with uploads over ${LARGE_BYTES} bytes; try again`,
        { requests_in_progress: places },
      );
    const pulse = new Pulse();
    this.#places.set(pulse, { large });
    return {
      large,
      hold: (size) => this.#hold(pulse, size),
      leave: () => {
        pulse.stop();
        this.#forget(pulse);
      },
    };
  }

  /** For tests and logs. */
  get inProgress(): number {
    return this.#places.size;
  }

  async #hold(pulse: Pulse, bytes: number): Promise<void> {
    if ([...this.#shares].some((share) => share.pulse === pulse)) return;
    const started = Date.now();
    this.#waiting.push(pulse);
    while (!this.#take(pulse, bytes)) {
      if (Date.now() - started >= WAIT_MS) {
        this.#waiting = this.#waiting.filter((other) => other !== pulse);
        throw busy(`no memory was free for this body within ${WAIT_MS / 1000} s; try again`, {
          memory_bytes: this.#settings.wholeBytes,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      // After a pause of the whole process everybody seems lost.
      if (!this.#waiting.includes(pulse)) this.#waiting.push(pulse);
    }
  }

  #take(pulse: Pulse, bytes: number): boolean {
    this.#forgetLost();
    const now = Date.now();
    for (const share of this.#shares) if (now - share.since > HOLD_MS) this.#shares.delete(share);
    const used = [...this.#shares].reduce((sum, share) => sum + share.bytes, 0);
    // A body that is larger than the budget is taken on alone.
    const free = used === 0 || used + bytes <= this.#settings.wholeBytes;
    if (!free || this.#waiting[0] !== pulse) return false;
    this.#waiting.shift();
    this.#shares.add({ pulse, bytes, since: now });
    return true;
  }

  #forgetLost(): void {
    const now = Date.now();
    for (const pulse of this.#places.keys()) if (!pulse.beats(now)) this.#forget(pulse);
  }

  #forget(pulse: Pulse): void {
    this.#places.delete(pulse);
    this.#waiting = this.#waiting.filter((other) => other !== pulse);
    for (const share of this.#shares) if (share.pulse === pulse) this.#shares.delete(share);
  }
}
