// What a job knows, in the SQLite storage of its object: its parameters, how far the listing is, messages that are to
// be sent, objects that were announced, and how each part of the results stands. Every method is one transaction, so
// that an end at any moment leaves it whole. Photos themselves are not kept, but for jobs that hear of new ones: they
// must know which they have heard of (by key and etag).
import * as v from 'valibot';
import { cutMessages, type PhotoName } from './message.ts';
import { JobParameters, takes } from './parameters.ts';

/** The rate is that of this long, in steps of a tenth of it. */
const RATE_MS = 60_000;
const STEP_MS = RATE_MS / 10;

const SCHEMA = `
  CREATE TABLE facts (
    name TEXT NOT NULL, parameters TEXT NOT NULL, created INTEGER NOT NULL, finished INTEGER, cancelled INTEGER NOT NULL DEFAULT 0,
    listing INTEGER NOT NULL, cursor TEXT, next_part INTEGER NOT NULL DEFAULT 0, problem TEXT,
    listed INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE unsent (part INTEGER PRIMARY KEY, photos TEXT NOT NULL);
  CREATE TABLE heard (key TEXT, etag TEXT, PRIMARY KEY (key, etag)) WITHOUT ROWID;
  CREATE TABLE waiting (number INTEGER PRIMARY KEY, photos TEXT NOT NULL, count INTEGER NOT NULL);
  CREATE TABLE parts (part INTEGER PRIMARY KEY, done INTEGER NOT NULL, failed INTEGER NOT NULL);
  CREATE TABLE pace (step INTEGER PRIMARY KEY, photos INTEGER NOT NULL);`;

const Facts = v.object({
  name: v.string(),
  parameters: v.pipe(v.string(), v.parseJson(), JobParameters),
  created: v.number(),
  finished: v.nullable(v.number()),
  cancelled: v.number(),
  listing: v.number(),
  cursor: v.nullable(v.string()),
  next_part: v.number(),
  problem: v.nullable(v.string()),
  listed: v.number(),
  sent: v.number(),
  done: v.number(),
  failed: v.number(),
});
export type Facts = v.InferOutput<typeof Facts>;
const Photos = v.pipe(
  v.string(),
  v.parseJson(),
  v.array(v.object({ key: v.string(), etag: v.optional(v.string()) })),
);
const Unsent = v.object({ part: v.number(), photos: Photos });
const Waiting = v.object({ number: v.number(), photos: Photos });
const Counts = v.object({ done: v.number(), failed: v.number() });
const Sum = v.object({ sum: v.nullable(v.number()) });

export interface PartReport {
  part: number;
  done: number;
  failed: number;
}

export class Ledger {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  get #sql(): SqlStorage {
    return this.#storage.sql;
  }

  /** Undefined where no job was made: nothing is stored then. */
  facts(): Facts | undefined {
    const [table] = this.#sql.exec("SELECT name FROM sqlite_master WHERE name = 'facts'").toArray();
    if (!table) return undefined;
    return v.parse(Facts, this.#sql.exec('SELECT * FROM facts').one());
  }

  create(name: string, parameters: JobParameters, now: number): void {
    this.#storage.transactionSync(() => {
      if (this.facts()) return;
      this.#sql.exec(SCHEMA);
      this.#sql.exec(
        'INSERT INTO facts (name, parameters, created, listing) VALUES (?, ?, ?, ?)',
        name,
        JSON.stringify(parameters),
        now,
        parameters.on === 'new' ? 0 : 1,
      );
    });
  }

  /** Takes a page of the bucket's listing, which began at `from`. A page that was taken before changes nothing. */
  takePage(photos: readonly Required<PhotoName>[], from: string | null, next: string | null): void {
    this.#storage.transactionSync(() => {
      const facts = this.facts();
      if (!facts || facts.cancelled || !facts.listing || facts.cursor !== from) return;
      const { parameters } = facts;
      const own = photos.filter(({ key }) => takes(parameters, key));
      const fresh =
        parameters.on === 'existing'
          ? own.map(({ key }) => ({ key }))
          : own.filter((photo) => this.#hear(photo));
      this.#sql.exec('UPDATE facts SET cursor = ?, listing = ?', next, next === null ? 0 : 1);
      this.#cut(facts, fresh, fresh.length);
    });
  }

  /** Takes objects that were announced; those that it has heard of change nothing. @returns how many are new */
  hear(objects: readonly (Required<PhotoName> & { bucket: string })[]): number {
    return this.#storage.transactionSync(() => {
      const facts = this.facts();
      if (!facts || facts.cancelled || facts.parameters.on === 'existing') return 0;
      const { parameters } = facts;
      const fresh = objects.filter(
        (object) =>
          (parameters.bucket === undefined || parameters.bucket === object.bucket) &&
          takes(parameters, object.key) &&
          this.#hear(object),
      );
      if (fresh.length === 0) return 0;
      // A row for each call, not for each photo: rows are what a ledger costs.
      const names = JSON.stringify(fresh.map(({ key, etag }) => ({ key, etag })));
      this.#sql.exec('INSERT INTO waiting (photos, count) VALUES (?, ?)', names, fresh.length);
      this.#sql.exec('UPDATE facts SET listed = listed + ?', fresh.length);
      return fresh.length;
    });
  }

  /** Makes messages of objects that were announced, of so many announcements. */
  cutWaiting(limit: number): void {
    this.#storage.transactionSync(() => {
      const facts = this.facts();
      if (!facts || facts.cancelled) return;
      const rows = this.#sql
        .exec('SELECT number, photos FROM waiting ORDER BY number LIMIT ?', limit)
        .toArray()
        .map((row) => v.parse(Waiting, row));
      for (const { number } of rows) this.#sql.exec('DELETE FROM waiting WHERE number = ?', number);
      const photos = rows.flatMap((row) => row.photos);
      this.#cut(facts, photos, 0);
    });
  }

  get waiting(): number {
    const [row] = this.#sql.exec('SELECT SUM(count) AS sum FROM waiting').toArray();
    return v.parse(Sum, row).sum ?? 0;
  }

  /** Messages that are to be sent, the oldest first. */
  unsent(limit: number): { part: number; photos: PhotoName[] }[] {
    const rows = this.#sql.exec('SELECT part, photos FROM unsent ORDER BY part LIMIT ?', limit).toArray();
    return rows.map((row) => v.parse(Unsent, row));
  }

  markSent(messages: readonly { part: number; photos: PhotoName[] }[]): void {
    this.#storage.transactionSync(() => {
      for (const { part, photos } of messages) {
        const { rowsWritten } = this.#sql.exec('DELETE FROM unsent WHERE part = ?', part);
        if (rowsWritten > 0) this.#sql.exec('UPDATE facts SET sent = sent + ?', photos.length);
      }
    });
  }

  /** How parts stand; the same report twice changes nothing. */
  report(reports: readonly PartReport[], now: number): void {
    this.#storage.transactionSync(() => {
      const facts = this.facts();
      if (!facts) return;
      let { done, failed } = facts;
      for (const report of reports) {
        const [row] = this.#sql.exec('SELECT done, failed FROM parts WHERE part = ?', report.part).toArray();
        const before = row ? v.parse(Counts, row) : { done: 0, failed: 0 };
        // Of two reports that overtake each other, the later one knows of more photos.
        if (report.done + report.failed <= before.done + before.failed) continue;
        done += report.done - before.done;
        failed += report.failed - before.failed;
        this.#sql.exec(
          'INSERT OR REPLACE INTO parts (part, done, failed) VALUES (?, ?, ?)',
          report.part,
          report.done,
          report.failed,
        );
      }
      const answered = done + failed - facts.done - facts.failed;
      if (answered === 0) return;
      this.#sql.exec('UPDATE facts SET done = ?, failed = ?', done, failed);
      const step = Math.floor(now / STEP_MS);
      this.#sql.exec('DELETE FROM pace WHERE step < ?', step - RATE_MS / STEP_MS);
      this.#sql.exec(
        'INSERT INTO pace (step, photos) VALUES (?, ?) ON CONFLICT (step) DO UPDATE SET photos = photos + ?',
        step,
        answered,
        answered,
      );
      if (!facts.listing && facts.parameters.on === 'existing' && done + failed === facts.listed)
        this.#sql.exec('UPDATE facts SET finished = ?', now);
    });
  }

  /** Photos a second: of the last minute, or of the whole time of a job that is finished. */
  rate({ created, finished, done, failed }: Facts, now: number): number {
    if (finished !== null) return (done + failed) / (Math.max(finished - created, 1) / 1000);
    const since = Math.floor(now / STEP_MS) - RATE_MS / STEP_MS;
    const [row] = this.#sql.exec('SELECT SUM(photos) AS sum FROM pace WHERE step > ?', since).toArray();
    const spanMs = Math.min(Math.max(now - created, 1000), RATE_MS);
    return (v.parse(Sum, row).sum ?? 0) / (spanMs / 1000);
  }

  /** Nothing more is listed or sent. */
  cancel(now: number): void {
    this.#storage.transactionSync(() => {
      if (!this.facts()) return;
      this.#sql.exec('DELETE FROM unsent');
      this.#sql.exec('DELETE FROM heard');
      this.#sql.exec('DELETE FROM waiting');
      this.#sql.exec('UPDATE facts SET cancelled = 1, finished = COALESCE(finished, ?)', now);
    });
  }

  /** What stands in the way of listing or sending; null: nothing. */
  note(problem: string | null): void {
    this.#sql.exec('UPDATE facts SET problem = ?', problem);
  }

  /** Whether a photo had not been heard of. */
  #hear({ key, etag }: Required<PhotoName>): boolean {
    const { rowsWritten } = this.#sql.exec(
      'INSERT OR IGNORE INTO heard (key, etag) VALUES (?, ?)',
      key,
      etag ?? '',
    );
    return rowsWritten > 0;
  }

  #cut(facts: Facts, photos: readonly PhotoName[], listed: number): void {
    const { include, top_k } = facts.parameters;
    const long = include.length > 0 || top_k === 0 || top_k > 50;
    let part = facts.next_part;
    for (const message of cutMessages(photos, long))
      this.#sql.exec('INSERT INTO unsent (part, photos) VALUES (?, ?)', part++, JSON.stringify(message));
    this.#sql.exec('UPDATE facts SET next_part = ?, listed = listed + ?', part, listed);
  }
}
