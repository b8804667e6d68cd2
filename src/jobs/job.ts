// One job: lists the bucket by its cursor, sends photos to the queue, counts what consumers report, cancels. It works
// by alarms, a page each, so that its requests are answered in between. What an alarm has not finished, the next one
// does: everything stands in the ledger before it is sent, and a message that is sent twice is the same message.
import { DurableObject } from 'cloudflare:workers';
import { type JobBindings, requireBound } from './bindings.ts';
import { Ledger, type PartReport } from './ledger.ts';
import { type Announced, MAX_PHOTOS, type WorkMessage } from './message.ts';
import type { JobParameters } from './parameters.ts';

const PAGE_OBJECTS = 1_000;
/** How long announcements are gathered, so that a message has many photos. */
const GATHER_MS = 2_000;
const PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
/** One call to the queue may have 256 kB: two of the largest messages. */
const SENT_BYTES = 200_000;
const SENT_MESSAGES = 25;

export type JobState = 'listing' | 'running' | 'watching' | 'finished' | 'cancelled';

export interface JobStatus {
  state: JobState;
  parameters: JobParameters;
  created: number;
  listed: number;
  queued: number;
  done: number;
  failed: number;
  /** Photos a second. */
  rate: number;
  /** Seconds; null: not known. */
  eta: number | null;
  /** What keeps it from listing or sending just now. */
  problem: string | null;
}

/** What a consumer is to do with the photos of a job. */
export interface Assignment {
  cancelled: boolean;
  parameters: JobParameters;
}

export class Job extends DurableObject<JobBindings> {
  readonly #ledger: Ledger;
  #failures = 0;

  constructor(state: DurableObjectState, env: JobBindings) {
    super(state, env);
    this.#ledger = new Ledger(state.storage);
  }

  /** Begins. Again: changes nothing. */
  async create(name: string, parameters: JobParameters): Promise<void> {
    this.#ledger.create(name, parameters, Date.now());
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Undefined: there is no such job. */
  status(): JobStatus | undefined {
    const facts = this.#ledger.facts();
    if (!facts) return undefined;
    const { parameters, created, listed, done, failed, listing, cancelled, problem } = facts;
    const waiting = listed - done - failed;
    const now = Date.now();
    const rate = this.#ledger.rate(facts, now);
    let state: JobState = 'running';
    if (cancelled) state = 'cancelled';
    else if (listing) state = 'listing';
    else if (parameters.on !== 'existing' && waiting === 0) state = 'watching';
    else if (waiting === 0) state = 'finished';
    const ends = !listing && !cancelled;
    return {
      state,
      parameters,
      created,
      listed,
      queued: cancelled ? 0 : waiting,
      done,
      failed,
      rate,
      eta: !ends ? null : waiting === 0 ? 0 : rate > 0 ? waiting / rate : null,
      problem,
    };
  }

  assignment(): Assignment | undefined {
    const facts = this.#ledger.facts();
    return facts && { cancelled: facts.cancelled !== 0, parameters: facts.parameters };
  }

  /** Hears of new objects; they are sent when some have come together. */
  async hear(objects: readonly Announced[]): Promise<void> {
    if (this.#ledger.hear(objects) === 0) return;
    const full = this.#ledger.waiting >= MAX_PHOTOS;
    if (full || (await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(Date.now() + (full ? 0 : GATHER_MS));
  }

  report(reports: readonly PartReport[]): void {
    this.#ledger.report(reports, Date.now());
  }

  /** What is in the queue already is dropped by the consumers; results that are there stay. */
  async cancel(): Promise<void> {
    this.#ledger.cancel(Date.now());
    await this.ctx.storage.deleteAlarm();
  }

  override async alarm(): Promise<void> {
    try {
      const more = await this.#step();
      this.#failures = 0;
      if (this.#ledger.facts()?.problem) this.#ledger.note(null);
      if (more) await this.ctx.storage.setAlarm(Date.now());
    } catch (error) {
      // An alarm that throws is tried six times only.
      const pause = Math.min(PAUSE_MS * 2 ** this.#failures++, MAX_PAUSE_MS);
      this.#ledger.note(String(error).slice(0, 200));
      await this.ctx.storage.setAlarm(Date.now() + pause);
    }
  }

  /** One page, or the announcements that wait. @returns whether there is more to do */
  async #step(): Promise<boolean> {
    const facts = this.#ledger.facts();
    if (!facts || facts.cancelled) return false;
    await this.#send();
    if (facts.listing) {
      const { PHOTOS } = requireBound(this.env);
      const { cursor, parameters } = facts;
      const page = await PHOTOS.list({
        prefix: parameters.prefix,
        limit: PAGE_OBJECTS,
        ...(cursor === null ? {} : { cursor }),
      });
      const photos = page.objects.map(({ key, etag }) => ({ key, etag }));
      this.#ledger.takePage(photos, cursor, page.truncated ? page.cursor : null);
    } else this.#ledger.cutWaiting(PAGE_OBJECTS);
    await this.#send();
    const { listing, cancelled } = this.#ledger.facts() ?? { listing: 0, cancelled: 1 };
    return !cancelled && (listing !== 0 || this.#ledger.waiting > 0);
  }

  async #send(): Promise<void> {
    const { QUEUE } = requireBound(this.env);
    for (;;) {
      const job = this.#ledger.facts()?.name ?? '';
      const some = this.#ledger.unsent(SENT_MESSAGES);
      if (some.length === 0) return;
      let bytes = 0;
      const messages = some.filter(({ photos }, i) => {
        bytes += new TextEncoder().encode(JSON.stringify(photos)).byteLength;
        return i === 0 || bytes <= SENT_BYTES;
      });
      await QUEUE.sendBatch(
        messages.map(({ part, photos }) => ({
          body: { job, part, photos } satisfies WorkMessage,
          contentType: 'json' as const,
        })),
      );
      this.#ledger.markSent(messages);
    }
  }
}
